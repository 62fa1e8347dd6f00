//! `moss models test`: one small call, and what works.

use moss_llm::{Transport, model_from_options};
use moss_protocol::{JsonObject, Provider};

use super::report::{Finding, checks, json};
use super::{Document, block_on, trial, variable};
use crate::args::TestArgs;
use crate::cli::written;
use crate::exit::{Exit, Failure};
use crate::failure;
use crate::model_name::ModelName;
use crate::setup::model_failure;
use crate::terminal::{Terminal, one_line};

pub(super) fn run(args: &TestArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let name = ModelName::parse(&args.model)?;
    if name.provider == Provider::Demo && args.base_url.is_some() {
        let failure = Failure::usage("--base-url is given, and no model of a provider");
        return Err(failure.hint("name one, such as openai/MODEL"));
    }
    let mut options = JsonObject::from_iter([("model".to_owned(), name.model.clone().into())]);
    if let Some(url) = &args.base_url {
        options.insert("baseURL".to_owned(), url.clone().into());
    }
    // What fails is to be seen at once, not after repetitions.
    options.insert("maxRetries".to_owned(), 0.into());
    let model = model_from_options(name.provider, &options, Transport::shared(), variable);
    let model = model.map_err(|error| {
        model_failure(error, args.base_url.is_some(), &format!("moss models test {name}"))
    })?;
    let Some(trial) = block_on(trial::make(model))? else { return Ok(Exit::Interrupted) };

    let checks = checks(&trial);
    if args.json {
        let content = json(&name.to_string(), &trial, &checks);
        written(terminal.text(&Document::line("model_test", content)))?;
    } else {
        let lines: String = checks.iter().map(|(check, finding)| line(check, finding)).collect();
        written(terminal.text(&lines))?;
    }
    if let Some(error) = trial.error {
        return Err(failure::model_failure(error, &name.to_string()));
    }
    let broken = checks.iter().any(|(_, finding)| matches!(finding, Finding::Broken(_)));
    Ok(if broken { Exit::Failed } else { Exit::Done })
}

fn line(check: &str, finding: &Finding) -> String {
    let (label, text) = match finding {
        Finding::Works(text) => ("ok", text),
        Finding::Odd(text) => ("warn", text),
        Finding::Broken(text) => ("FAILED", text),
    };
    format!("{label:<8}{check:<10}{}\n", one_line(text))
}
