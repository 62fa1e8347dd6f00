//! What the user asks, and whom.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// More than any model takes.
const MAX_STDIN: u64 = 16 << 20;

const QUOTES: &str = "put the question in quotes: moss run \"What is 37 * 91?\"";

/// Tells agent file and question apart: the first word is an agent file when it ends in `.md`, or when a
/// file of that name exists. Without a question, or with `-`, standard input is read.
pub fn agent_and_question(words: Vec<String>) -> Result<(Option<PathBuf>, String), Failure> {
    let mut words = words.into_iter().peekable();
    let agent = words.next_if(|word| is_agent_file(word)).map(PathBuf::from);
    let question = words.next();
    if let Some(word) = words.next() {
        let message = match (&agent, question.as_deref()) {
            (None, Some(first)) if words.peek().is_none() && !first.contains(' ') => {
                format!(
                    "`{first}` is no agent file: there is no such file, and it does not end in `.md`"
                )
            }
            _ => format!("there is more than one question: `{word}` is left over"),
        };
        return Err(Failure::usage(message).hint(QUOTES));
    }
    let question = match question {
        Some(text) if text != "-" => text,
        dash => stdin(dash.is_some())?,
    };
    if question.trim().is_empty() {
        return Err(Failure::usage("the question is empty").hint("moss run \"What is 37 * 91?\""));
    }
    Ok((agent, question))
}

fn is_agent_file(word: &str) -> bool {
    let path = Path::new(word);
    let markdown = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
    // "Summarise README.md" is a question.
    (markdown && !word.contains(char::is_whitespace)) || path.is_file()
}

/// What standard input has. A terminal is read only on demand: otherwise the command would seem to hang.
fn stdin(on_demand: bool) -> Result<String, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() && !on_demand {
        return Err(Failure::usage("nothing is asked").hint(
            "moss run \"What is 37 * 91?\", or pipe the question in, or type it after `moss run -`",
        ));
    }
    piped()
}

/// All of standard input, as text.
pub fn piped() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_STDIN + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > MAX_STDIN {
        let most = MAX_STDIN >> 20;
        return Err(Failure::usage(format!("standard input has more than {most} MiB")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8 text"))
}
