//! Options that become fields of the request body, or that the wire follows.

use moss_protocol::JsonObject;
use serde_json::{Value, json};

use super::{BedrockDialect, CacheTtl};
use crate::options::Reader;
use crate::{ModelSetupError, ToolChoice};

/// Names that hosts write, then the field of `inferenceConfig`.
const INFERENCE: &[(&[&str], &str)] = &[
    (&["maxTokens", "max_tokens"], "maxTokens"),
    (&["temperature"], "temperature"),
    (&["topP", "top_p"], "topP"),
    (&["stop", "stopSequences", "stop_sequences"], "stopSequences"),
];

/// Names that hosts write, then the field of the body.
const FIELDS: &[(&[&str], &str)] = &[
    (&["guardrailConfig", "guardrail_config"], "guardrailConfig"),
    (
        &["additionalModelResponseFieldPaths", "additional_model_response_field_paths"],
        "additionalModelResponseFieldPaths",
    ),
    (&["performanceConfig", "performance_config"], "performanceConfig"),
    (&["serviceTier", "service_tier"], "serviceTier"),
    (&["requestMetadata", "request_metadata"], "requestMetadata"),
    (&["outputConfig", "output_config"], "outputConfig"),
    (&["promptVariables", "prompt_variables"], "promptVariables"),
];

/// Names that hosts write, then the model's own field, within `additionalModelRequestFields`.
const ADDITIONAL: &[(&[&str], &str)] = &[
    (&["thinking"], "thinking"),
    (&["topK", "top_k"], "top_k"),
    (&["anthropicBeta", "anthropic_beta"], "anthropic_beta"),
    (&["reasoningConfig", "reasoning_config"], "reasoning_config"),
    (&["reasoningEffort", "reasoning_effort"], "reasoning_effort"),
];

/// What a host wants of the wire, for a model.
///
/// `promptCache` marks the ends of the instructions, of the tools and of the conversation, for an hour as
/// LibreChat does, unless `promptCacheTtl` is `5m`.
pub(crate) fn dialect(
    read: &mut Reader<'_>,
    model: &str,
) -> Result<BedrockDialect, ModelSetupError> {
    let mut dialect = BedrockDialect::of(model);
    let ttl = match read.text(&["promptCacheTtl", "prompt_cache_ttl"])? {
        None | Some("1h") => CacheTtl::OneHour,
        Some("5m") => CacheTtl::FiveMinutes,
        Some(_) => {
            return Err(ModelSetupError::option("promptCacheTtl", "is neither `5m` nor `1h`"));
        }
    };
    let caches = read.flag(&["promptCache", "prompt_cache"])?.unwrap_or(false);
    dialect.prompt_cache = caches.then_some(ttl);
    if let Some((name, choice)) = read.value(&["toolChoice", "tool_choice"]) {
        dialect.tool_choice = tool_choice(choice).ok_or_else(|| {
            ModelSetupError::option(name, "is neither `auto`, `any`, `none` nor a tool's name")
        })?;
    }
    // Which choices a model takes, the provider judges.
    read.value(&["supportsToolChoiceValues"]);
    Ok(dialect)
}

/// A choice in the several ways in which hosts write it.
fn tool_choice(choice: &Value) -> Option<ToolChoice> {
    let name = |value: &Value| Some(ToolChoice::Tool(value.get("name")?.as_str()?.to_owned()));
    match choice {
        Value::String(choice) => Some(match choice.as_str() {
            "auto" => ToolChoice::Auto,
            "any" | "required" => ToolChoice::Required,
            "none" => ToolChoice::None,
            name => ToolChoice::Tool(name.to_owned()),
        }),
        Value::Object(choice) => {
            if let Some(tool) = choice.get("tool").or_else(|| choice.get("function")) {
                return name(tool);
            }
            if choice.contains_key("any") {
                return Some(ToolChoice::Required);
            }
            if choice.contains_key("auto") {
                return Some(ToolChoice::Auto);
            }
            match choice.get("type")?.as_str()? {
                "auto" => Some(ToolChoice::Auto),
                "any" => Some(ToolChoice::Required),
                "none" => Some(ToolChoice::None),
                "tool" => Some(ToolChoice::Tool(choice.get("name")?.as_str()?.to_owned())),
                _ => None,
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

/// Takes the body fields out of a host's options.
pub(crate) fn parameters(read: &mut Reader<'_>) -> Result<JsonObject, ModelSetupError> {
    let mut parameters = JsonObject::new();
    let mut inference = read.fields(INFERENCE);
    // `-1` is how LangChain says "no limit".
    if inference.get("maxTokens").and_then(Value::as_i64).is_some_and(|tokens| tokens < 0) {
        inference.shift_remove("maxTokens");
    }
    if let Some(stop) = inference.get_mut("stopSequences")
        && stop.is_string()
    {
        *stop = json!([stop.take()]);
    }
    if !inference.is_empty() {
        parameters.insert("inferenceConfig".to_owned(), Value::Object(inference));
    }
    let names = &["additionalModelRequestFields", "additional_model_request_fields"];
    let own = read.object(names)?;
    let mut additional = read.fields(ADDITIONAL);
    additional.extend(own.cloned().unwrap_or_default());
    if !additional.is_empty() {
        let additional = Value::Object(additional);
        parameters.insert("additionalModelRequestFields".to_owned(), additional);
    }
    parameters.extend(read.fields(FIELDS));
    if let Some(tier) = parameters.get_mut("serviceTier")
        && tier.is_string()
    {
        *tier = json!({"type": tier.take()});
    }
    Ok(parameters)
}
