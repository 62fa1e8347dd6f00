//! `moss doctor`.

use std::env;
use std::io::{self, IsTerminal};

use moss_agent::{AgentRuntime, CallOptions};
use moss_llm::{Transport, model_from_options};
use moss_protocol::{JsonObject, Message, Provider};

use crate::cli::written;
use crate::exit::{Exit, Failure, chain};
use crate::model_name::key_variables;
use crate::setup::demo_agent;
use crate::terminal::{Terminal, one_line};

/// What a check found.
enum Finding {
    Ok(String),
    /// Runs work, and something may surprise.
    Warning(String),
    /// Runs cannot work.
    Failed(String),
}

use Finding::{Failed, Ok as Fine, Warning};

/// Checks what runs need, and says what it found, a line for each. Shows names of variables, never values.
pub fn run(terminal: &mut Terminal) -> Result<Exit, Failure> {
    let checks = [
        ("version", version()),
        ("terminal", streams(terminal)),
        ("proxies", proxies()),
        ("keys", keys()),
        ("tls", tls()),
        ("run", demo_run()),
    ];
    let mut report = String::new();
    let mut healthy = true;
    for (name, finding) in checks {
        let (label, text) = match finding {
            Fine(text) => ("ok", text),
            Warning(text) => ("warn", text),
            Failed(text) => {
                healthy = false;
                ("FAILED", text)
            }
        };
        report.push_str(&format!("{label:<8}{name:<10}{}\n", one_line(&text)));
    }
    written(terminal.text(&report))?;
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

fn version() -> Finding {
    Fine(format!("moss {} on {} {}", env!("CARGO_PKG_VERSION"), env::consts::OS, env::consts::ARCH))
}

fn streams(terminal: &Terminal) -> Finding {
    let kind = |is_terminal: bool| if is_terminal { "a terminal" } else { "no terminal" };
    Fine(format!(
        "standard output is {}, standard error is {}, colours are {}",
        kind(io::stdout().is_terminal()),
        kind(io::stderr().is_terminal()),
        if terminal.is_colored() { "on" } else { "off" },
    ))
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.to_string_lossy().trim().is_empty())
}

fn proxies() -> Finding {
    const VARIABLES: [&str; 8] = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ];
    let set: Vec<&str> = VARIABLES.into_iter().filter(|name| is_set(name)).collect();
    if set.is_empty() {
        return Fine("none: providers are reached directly".to_owned());
    }
    Fine(format!(
        "set: {}. They are used for providers that are not on this machine",
        set.join(", ")
    ))
}

fn keys() -> Finding {
    let variables = key_variables();
    let names = |set: bool| {
        let names = variables.iter().map(|(_, variable)| *variable);
        names.filter(|name| is_set(name) == set).collect::<Vec<_>>().join(", ")
    };
    let (set, missing) = (names(true), names(false));
    if set.is_empty() {
        return Warning(format!(
            "none is set, so only the demo model answers. Looked for: {missing}"
        ));
    }
    Fine(format!("set: {set}"))
}

/// Makes a client as a run would, and sends nothing.
fn tls() -> Finding {
    let mut options = JsonObject::new();
    for (name, value) in
        [("model", "none"), ("apiKey", "none"), ("baseURL", "https://example.invalid")]
    {
        options.insert(name.to_owned(), value.into());
    }
    match model_from_options(Provider::OpenAi, &options, &Transport::default(), |_| None) {
        Ok(_) => Fine("ready, root certificates are built in".to_owned()),
        Err(error) => Failed(chain(&error)),
    }
}

/// Runs the demo, which needs no network.
fn demo_run() -> Finding {
    match demo_answer() {
        Ok(answer) if answer.contains("3367") => {
            Fine("the demo model called the calculator: 37 * 91 is 3367".to_owned())
        }
        Ok(answer) => Failed(format!("the demo run came to another end: {answer}")),
        Err(error) => Failed(chain(error.as_ref())),
    }
}

fn demo_answer() -> anyhow::Result<String> {
    let agent = demo_agent()?;
    let run = AgentRuntime::builder("doctor", agent).create()?;
    let question = vec![Message::human("What is 37 * 91?")];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(run.process_stream(question, CallOptions::default()))?;
    Ok(outcome.answer().unwrap_or_default())
}
