//! Agent files: Markdown with a front matter.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use moss_agent::nearest;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::exit::{Exit, Failure};

/// Instructions of this length fill the window of any model.
const MAX_FILE: u64 = 1 << 20;

/// An agent as its file describes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AgentFile {
    /// `name`, else the file's name without its ending.
    pub name: String,
    /// `model`: provider/model.
    pub model: Option<Located>,
    /// `tools`: names of built-in tools.
    pub tools: Vec<Located>,
    /// What follows the front matter.
    pub instructions: String,
}

/// A value of the front matter and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub value: String,
    /// `helper.md:3`.
    pub place: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: Option<String>,
    model: Option<Spanned<String>>,
    #[serde(default)]
    tools: Vec<Spanned<String>>,
}

const KEYS: &[&str] = &["name", "model", "tools"];

impl AgentFile {
    /// Reads an agent file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let unreadable = |error: std::io::Error| {
            let error = anyhow::Error::new(error);
            Failure::new(
                Exit::Usage,
                error.context(format!("cannot read the agent file `{shown}`")),
            )
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(Failure::usage(format!("the agent file `{shown}` has more than 1 MiB")));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage(format!("the agent file `{shown}` is not UTF-8 text")))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&text, &stem, &shown.to_string())
    }

    fn parse(text: &str, stem: &str, file: &str) -> Result<Self, Failure> {
        let text = text.trim_start_matches('\u{feff}');
        let Some((front, body)) = split(text, file)? else {
            let instructions = text.trim().to_owned();
            return Ok(Self { name: stem.to_owned(), instructions, ..Self::default() });
        };
        let front = serde_saphyr::from_str::<Option<FrontMatter>>(front)
            .map_err(|error| explain(&error, file))?
            .unwrap_or_default();
        let located = |spanned: Spanned<String>| Located {
            place: format!("{file}:{}", spanned.referenced.line() + 1),
            value: spanned.value,
        };
        Ok(Self {
            name: front.name.filter(|name| !name.trim().is_empty()).unwrap_or(stem.to_owned()),
            model: front.model.map(located),
            tools: front.tools.into_iter().map(located).collect(),
            instructions: body.trim().to_owned(),
        })
    }
}

/// The front matter, between two lines `---` at the beginning, and the rest. `None`: there is none.
fn split<'a>(text: &'a str, file: &str) -> Result<Option<(&'a str, &'a str)>, Failure> {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return Ok(None) };
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok(Some((&text[first.len()..end], &text[end + line.len()..])));
        }
        end += line.len();
    }
    Err(Failure::usage(format!("{file}:1: the front matter has no end"))
        .hint("end it with a line `---`"))
}

/// What is wrong with a front matter, where, and what would be right.
fn explain(error: &serde_saphyr::Error, file: &str) -> Failure {
    let error = error.without_snippet();
    // The front matter begins on the second line.
    let line = error.location().map_or(1, |location| location.line() + 1);
    let allowed = KEYS.join(", ");
    if let serde_saphyr::Error::SerdeUnknownField { field, .. } = error {
        let failure = Failure::usage(format!("{file}:{line}: unknown key `{field}`"));
        return match nearest(field, KEYS.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`? Allowed keys: {allowed}")),
            None => failure.hint(format!("allowed keys: {allowed}")),
        };
    }
    Failure::usage(format!("{file}:{line}: {error}")).hint(
        "a front matter looks like this: name: helper, model: openai/gpt-5-mini, tools: [calculator], each on a line of its own",
    )
}

#[cfg(test)]
mod tests {
    use super::{AgentFile, Located};

    fn parse(text: &str) -> Result<AgentFile, (String, Option<String>)> {
        AgentFile::parse(text, "helper", "helper.md")
            .map_err(|failure| (failure.error.to_string(), failure.hint))
    }

    fn located(value: &str, line: u32) -> Located {
        Located { value: value.to_owned(), place: format!("helper.md:{line}") }
    }

    #[test]
    fn a_whole_file() {
        let text = "\u{feff}---\r\nname: Moss helper\r\nmodel: openai/gpt-5-mini # small\r\ntools:\r\n  - calculator\r\n  - clock\r\n---\r\n\r\nYou help.\r\n";
        let agent = AgentFile {
            name: "Moss helper".to_owned(),
            model: Some(located("openai/gpt-5-mini", 3)),
            tools: vec![located("calculator", 5), located("clock", 6)],
            instructions: "You help.".to_owned(),
        };
        assert_eq!(parse(text), Ok(agent));
    }

    #[test]
    fn everything_but_the_instructions_may_be_absent() {
        let agent = AgentFile {
            name: "helper".to_owned(),
            instructions: "You help.".to_owned(),
            ..AgentFile::default()
        };
        for text in ["You help.", "---\n---\nYou help.", "---\n# nothing\n---\n\nYou help.\n"] {
            assert_eq!(parse(text).as_ref(), Ok(&agent), "{text:?}");
        }
    }

    #[test]
    fn a_rule_in_the_text_is_no_front_matter() {
        let text = "You help.\n---\nmodle: x\n---\n";
        assert_eq!(parse(text).unwrap().instructions, text.trim());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let (message, hint) = parse("---\nname: a\nmodle: openai/x\n---\n").unwrap_err();
        assert_eq!(message, "helper.md:3: unknown key `modle`");
        assert_eq!(hint.unwrap(), "did you mean `model`? Allowed keys: name, model, tools");

        let (message, hint) = parse("---\ntemperature: 1\n---\n").unwrap_err();
        assert_eq!(message, "helper.md:2: unknown key `temperature`");
        assert_eq!(hint.unwrap(), "allowed keys: name, model, tools");

        let (message, _) = parse("---\nname: a\n\ntools: calculator\n---\n").unwrap_err();
        assert!(message.starts_with("helper.md:4: "), "{message}");

        let (message, hint) = parse("---\nname: a\n").unwrap_err();
        assert_eq!(message, "helper.md:1: the front matter has no end");
        assert_eq!(hint.unwrap(), "end it with a line `---`");
    }
}
