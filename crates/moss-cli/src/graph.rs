//! `moss graph`: pictures of graphs.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use moss_agent::AgentRuntime;
use moss_graph::json::definition::{DefinitionError, GraphDefinition};
use moss_graph::{DrawFormat, Drawing};
use serde_json::Value;

use crate::agent_file::AgentFile;
use crate::args::{GraphArgs, GraphFormat};
use crate::cli::written;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::setup::drawn_agent;
use crate::terminal::Terminal;

/// More than any graph that somebody could look at.
const MAX_FILE: u64 = 16 << 20;

const FORMS: &str =
    "a graph definition is an object in JSON or YAML, and an agent file ends in `.md`";

/// Draws the graph of a file.
pub fn run(args: &GraphArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let drawing =
        if is_agent_file(&args.file) { of_agent(&args.file)? } else { of_definition(&args.file)? };
    let format = match args.format {
        GraphFormat::Text => DrawFormat::Text,
        GraphFormat::Mermaid => DrawFormat::Mermaid,
        GraphFormat::Dot => DrawFormat::Dot,
    };
    written(terminal.text(&drawing.write(format)))
}

fn is_agent_file(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"))
}

/// The graph that the agent of a file runs as.
fn of_agent(path: &Path) -> Result<Drawing, Failure> {
    let agent = drawn_agent(AgentFile::read(path)?)?;
    let runtime = AgentRuntime::builder("graph", agent).create();
    let drawing = runtime.and_then(|runtime| runtime.drawing());
    drawing.map_err(|error| Failure::new(Exit::Failed, error))
}

/// The graph that a definition makes.
fn of_definition(path: &Path) -> Result<Drawing, Failure> {
    let (text, name) = if path == Path::new("-") {
        (input::piped()?, "standard input".to_owned())
    } else {
        (read(path)?, path.display().to_string())
    };
    let drawing = GraphDefinition::from_json(parse(&text, &name)?)
        .and_then(|definition| definition.drawing());
    drawing.map_err(|error| {
        let hint = hint(&error);
        let failure = Failure::new(Exit::Usage, anyhow::Error::new(error).context(name));
        Failure { hint: hint.map(str::to_owned), ..failure }
    })
}

const fn hint(error: &DefinitionError) -> Option<&'static str> {
    match error {
        DefinitionError::MissingVersion => Some("begin a graph definition with `version: 1`"),
        DefinitionError::NotAnObject { .. } => Some(FORMS),
        _ => None,
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        let error = anyhow::Error::new(error);
        let context = format!("cannot read the graph definition `{shown}`");
        Failure::new(Exit::Usage, error.context(context))
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        let most = MAX_FILE >> 20;
        return Err(Failure::usage(format!(
            "the graph definition `{shown}` has more than {most} MiB"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("the graph definition `{shown}` is not UTF-8 text")))
}

/// JSON where it begins as such, otherwise YAML.
fn parse(text: &str, name: &str) -> Result<Value, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |line: u64, problem: String| {
        Failure::usage(format!("{name}:{line}: {problem}")).hint(FORMS)
    };
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| wrong(error.line() as u64, error.to_string()));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map_or(1, |location| location.line());
        wrong(line, error.to_string())
    })
}
