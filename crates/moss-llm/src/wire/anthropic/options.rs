//! Options that become fields of the request body, or steer the wire.

use moss_protocol::JsonObject;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{Anthropic, AnthropicDialect, CacheTtl, thinking};
use crate::ModelSetupError;
use crate::options::{HostOptions, Reader};

/// Names that hosts write, then the provider's name of the field.
const FIELDS: &[(&[&str], &str)] = &[
    (&["maxTokens", "max_tokens", "maxTokensToSample", "maxOutputTokens"], "max_tokens"),
    (&["temperature"], "temperature"),
    (&["topP", "top_p"], "top_p"),
    (&["topK", "top_k"], "top_k"),
    (&["stop", "stopSequences", "stop_sequences"], "stop_sequences"),
    (&["thinking"], "thinking"),
    (&["toolChoice", "tool_choice"], "tool_choice"),
    (&["outputConfig", "output_config"], "output_config"),
    (&["contextManagement", "context_management"], "context_management"),
    (&["container"], "container"),
    (&["mcpServers", "mcp_servers"], "mcp_servers"),
    (&["serviceTier", "service_tier"], "service_tier"),
    (&["inferenceGeo", "inference_geo"], "inference_geo"),
    (&["speed"], "speed"),
    (&["cacheControl", "cache_control"], "cache_control"),
];

/// The header that asks for beta features.
pub(super) const BETA_HEADER: &str = "anthropic-beta";

impl Anthropic {
    /// The wire as a host's options want it for a model, and the fields of the request's body that they set. Takes
    /// `anthropic-beta` out of the host's own headers: the wire sends it, with what each request needs beside.
    ///
    /// As LangChain's client does: `-1` is no limit and no sampling parameter, a text as the tool choice is a
    /// way to choose or a tool's name, and what a thinking model would refuse is refused here.
    ///
    /// # Errors
    /// [`ModelSetupError::InvalidOption`] where an option cannot be used.
    pub(crate) fn from_options(
        dialect: AnthropicDialect,
        options: &mut HostOptions<'_>,
        model: &str,
    ) -> Result<(Self, JsonObject), ModelSetupError> {
        let mut betas = texts(&mut options.top, "betas")?;
        for beta in asked_in_headers(&mut options.common.headers) {
            if !betas.contains(&beta) {
                betas.push(beta);
            }
        }
        let read = &mut options.top;
        let mut fields = read.fields(FIELDS);
        for name in ["max_tokens", "temperature", "top_p", "top_k"] {
            if fields.get(name).and_then(Value::as_i64) == Some(-1) {
                fields.shift_remove(name);
            }
        }
        if let Some(Value::String(one)) = fields.get("stop_sequences") {
            let list = json!([one]);
            fields.insert("stop_sequences".to_owned(), list);
        }
        output(read, &mut fields)?;
        let budget = read.count(&["thinkingBudget", "thinking_budget"])?.map(u64::from);
        thinking::settle(&mut fields, budget, model, &betas)?;
        choice(read, &mut fields)?;
        // What streams is said by `streaming`.
        read.value(&["stream"]);
        let prompt_cache = prompt_cache(read)?;
        Ok((Self { dialect, prompt_cache, betas }, fields))
    }
}

fn prompt_cache(read: &mut Reader<'_>) -> Result<Option<CacheTtl>, ModelSetupError> {
    let wanted = read.flag(&["promptCache", "prompt_cache"])?;
    let ttl = match read.text(&["promptCacheTtl", "prompt_cache_ttl"])? {
        None | Some("1h") => CacheTtl::OneHour,
        Some("5m") => CacheTtl::FiveMinutes,
        Some(_) => {
            return Err(ModelSetupError::option("promptCacheTtl", "is neither `5m` nor `1h`"));
        }
    };
    Ok((wanted == Some(true)).then_some(ttl))
}

/// The effort and the shape of the answer, which the provider takes in one object.
fn output(read: &mut Reader<'_>, fields: &mut JsonObject) -> Result<(), ModelSetupError> {
    let effort = read.text(&["effort"])?.map(Value::from);
    let format = read.object(&["outputFormat", "output_format"])?.cloned().map(Value::Object);
    if effort.is_none() && format.is_none() {
        return Ok(());
    }
    let config = fields.entry("output_config").or_insert_with(|| json!({}));
    if let Some(config) = config.as_object_mut() {
        for (name, value) in [("effort", effort), ("format", format)] {
            if let Some(value) = value
                && !config.contains_key(name)
            {
                config.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// The tool choice as an object, with the wish that the model calls one tool at a time.
fn choice(read: &mut Reader<'_>, fields: &mut JsonObject) -> Result<(), ModelSetupError> {
    if let Some(Value::String(choice)) = fields.get("tool_choice") {
        let choice = match choice.as_str() {
            "required" => json!({"type": "any"}),
            "any" | "auto" | "none" => json!({"type": choice}),
            name => json!({"type": "tool", "name": name}),
        };
        fields.insert("tool_choice".to_owned(), choice);
    }
    let disabled = read.flag(&["disableParallelToolUse", "disable_parallel_tool_use"])?;
    let parallel = read.flag(&["parallelToolCalls", "parallel_tool_calls"])?;
    let disabled = disabled.or_else(|| parallel.map(|parallel| !parallel)).unwrap_or(false);
    if disabled {
        let choice = fields.entry("tool_choice").or_insert_with(|| json!({"type": "auto"}));
        if let Some(choice) = choice.as_object_mut() {
            choice.insert("disable_parallel_tool_use".to_owned(), true.into());
        }
    }
    Ok(())
}

fn texts(read: &mut Reader<'_>, name: &str) -> Result<Vec<String>, ModelSetupError> {
    let list = match read.value(&[name]) {
        None => return Ok(Vec::new()),
        Some((_, Value::Array(list))) => list,
        Some((_, Value::String(text))) => return Ok(split(text).collect()),
        Some(_) => return Err(ModelSetupError::option(name, "is not a list of texts")),
    };
    list.iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| ModelSetupError::option(name, "is not a list of texts"))
}

fn asked_in_headers(headers: &mut HeaderMap) -> Vec<String> {
    let asked = headers.remove(BETA_HEADER);
    asked
        .and_then(|value| value.to_str().map(|text| split(text).collect()).ok())
        .unwrap_or_default()
}

fn split(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned)
}
