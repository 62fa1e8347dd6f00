//! `moss models ls PROVIDER`: which models a provider has.

use moss_llm::{ListedModel, ModelListError, Transport, list_models};
use moss_protocol::JsonObject;
use serde_json::{Value, json};

use super::{Document, block_on, variable};
use crate::args::ListArgs;
use crate::cli::written;
use crate::exit::{Exit, Failure};
use crate::failure;
use crate::model_name::{provider_named, written as written_name};
use crate::setup;
use crate::terminal::{Terminal, one_line};

pub(super) fn show(
    provider: &str,
    args: &ListArgs,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let provider = provider_named(provider)?;
    let name = written_name(provider);
    let mut options = JsonObject::new();
    if let Some(url) = &args.base_url {
        options.insert("baseURL".to_owned(), url.clone().into());
    }
    let asked = list_models(provider, &options, Transport::shared(), variable);
    let Some(models) = block_on(asked)? else { return Ok(Exit::Interrupted) };
    let models = models.map_err(|error| match error {
        ModelListError::NoList { .. } => Failure::new(Exit::Usage, error),
        ModelListError::Setup(error) => {
            let command = format!("moss models ls {name}");
            setup::model_failure(error, args.base_url.is_some(), &command)
        }
        ModelListError::Model(error) => failure::model_failure(error, &name),
    })?;
    if args.json {
        let models: Vec<Value> = models.iter().map(object).collect();
        let content = json!({ "provider": provider, "models": models });
        return written(terminal.text(&Document::line("models", content)));
    }
    let lines: String = models.iter().map(|model| line(&name, model)).collect();
    written(terminal.text(&lines))
}

fn object(model: &ListedModel) -> Value {
    let ListedModel { id, name, context_window } = model;
    json!({ "id": id, "name": name, "context_window": context_window })
}

/// The model as other commands take it, and what the provider says of it.
fn line(provider: &str, model: &ListedModel) -> String {
    let mut line = format!("{provider}/{}", one_line(&model.id));
    if let Some(name) = &model.name {
        line.push_str(&format!("  {}", one_line(name)));
    }
    if let Some(tokens) = model.context_window {
        line.push_str(&format!("  {tokens} tokens"));
    }
    line.push('\n');
    line
}
