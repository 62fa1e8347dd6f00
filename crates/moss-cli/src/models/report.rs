//! What a trial showed, check by check.

use moss_llm::ModelError;
use serde_json::{Value, json};

use super::trial::{TOOL, Trial};
use crate::exit::chain;
use crate::seconds;
use crate::terminal::{one_line, shortened};

/// How much of arguments and answers a line shows.
const LONGEST: usize = 120;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    Works(String),
    /// The model can be used, and something may surprise.
    Odd(String),
    /// The model cannot be used as it is.
    Broken(String),
}

use Finding::{Broken, Odd, Works};

/// The checks, in the order in which a call goes.
pub(super) fn checks(trial: &Trial) -> Vec<(&'static str, Finding)> {
    let Some(first) = trial.first else {
        let why = trial.error.as_ref().map_or("no answer came".to_owned(), said);
        return vec![("connects", Broken(why))];
    };
    let model = trial.model.as_deref().map(|model| format!(" by {model}")).unwrap_or_default();
    let mut checks = vec![
        ("connects", Works(format!("an answer began after {}{model}", seconds::shown(first)))),
        ("streams", streams(trial)),
        ("tools", tools(trial)),
        ("usage", usage(trial)),
    ];
    let end = match (&trial.error, trial.finish) {
        (Some(error), _) => Broken(said(error)),
        (None, Some(_)) => {
            Works(format!("the answer ended after {}", seconds::shown(trial.duration)))
        }
        (None, None) => Odd(format!(
            "the answer ended after {}, without a reason",
            seconds::shown(trial.duration)
        )),
    };
    checks.push(("ends", end));
    checks
}

fn said(error: &ModelError) -> String {
    chain(error)
}

fn streams(trial: &Trial) -> Finding {
    match trial.chunks {
        0 => Odd("the answer says nothing".to_owned()),
        1 => Odd("the answer came in one piece".to_owned()),
        chunks => Works(format!("the answer came in {chunks} pieces")),
    }
}

fn tools(trial: &Trial) -> Finding {
    let Some(call) = trial.calls.first() else {
        return Odd(match trial.text.trim() {
            "" => "no tool was called".to_owned(),
            text => format!("no tool was called. The model said: {}", shortened(text, LONGEST)),
        });
    };
    let (name, args) = (one_line(&call.name), shortened(&call.args, LONGEST));
    if name != TOOL {
        return Broken(format!("the model called `{name}`, which was not offered"));
    }
    match call.object() {
        Some(_) => Works(format!("the model called {name} {args}")),
        None => Broken(format!("the model called {name} {args}, which is no JSON object")),
    }
}

fn usage(trial: &Trial) -> Finding {
    match &trial.usage {
        Some(usage) => Works(format!(
            "{} tokens ({} in, {} out)",
            usage.total_tokens, usage.input_tokens, usage.output_tokens
        )),
        None => Odd("the provider did not say what the call took".to_owned()),
    }
}

/// The trial as JSON.
pub(super) fn json(model: &str, trial: &Trial, checks: &[(&'static str, Finding)]) -> Value {
    let millis =
        |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let checks: Vec<Value> = checks
        .iter()
        .map(|(check, finding)| {
            let (result, text) = match finding {
                Works(text) => ("ok", text),
                Odd(text) => ("warn", text),
                Broken(text) => ("failed", text),
            };
            json!({ "check": check, "result": result, "text": text })
        })
        .collect();
    let call = trial.calls.first();
    let error = trial.error.as_ref();
    json!({
        "model": model,
        "answered_by": trial.model,
        "checks": checks,
        "chunks": trial.chunks,
        "tool_call": call.map(|call| json!({ "name": call.name, "args": call.args })),
        "text": trial.text,
        "usage": trial.usage,
        "first_ms": trial.first.map(millis),
        "duration_ms": millis(trial.duration),
        "error": error.map(|error| json!({ "code": error.code().as_str(), "message": error.to_string() })),
    })
}
