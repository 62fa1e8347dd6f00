//! Options that become fields of the request body, and options that only Responses can follow.

use moss_protocol::{JsonObject, ToolDefinition};
use serde_json::{Value, json};

use crate::ModelRequest;
use crate::options::Reader;

/// Names that hosts write, then the provider's name of the field.
const FIELDS: &[(&[&str], &str)] = &[
    (&["instructions"], "instructions"),
    (&["temperature"], "temperature"),
    (&["topP", "top_p"], "top_p"),
    (
        &[
            "maxTokens",
            "max_tokens",
            "maxCompletionTokens",
            "max_completion_tokens",
            "maxOutputTokens",
            "max_output_tokens",
        ],
        "max_output_tokens",
    ),
    (&["maxToolCalls", "max_tool_calls"], "max_tool_calls"),
    (&["topLogprobs", "top_logprobs"], "top_logprobs"),
    (&["parallelToolCalls", "parallel_tool_calls"], "parallel_tool_calls"),
    (&["toolChoice", "tool_choice"], "tool_choice"),
    (&["reasoning"], "reasoning"),
    (&["text"], "text"),
    (&["include"], "include"),
    (&["truncation"], "truncation"),
    (&["previousResponseId", "previous_response_id"], "previous_response_id"),
    (&["conversation"], "conversation"),
    (&["prompt"], "prompt"),
    (&["contextManagement", "context_management"], "context_management"),
    (&["store"], "store"),
    (&["background"], "background"),
    (&["serviceTier", "service_tier"], "service_tier"),
    (&["safetyIdentifier", "safety_identifier"], "safety_identifier"),
    (&["promptCacheKey", "prompt_cache_key"], "prompt_cache_key"),
    (&["promptCacheRetention", "prompt_cache_retention"], "prompt_cache_retention"),
    (&["promptCacheOptions", "prompt_cache_options"], "prompt_cache_options"),
    (&["streamOptions", "stream_options"], "stream_options"),
    (&["user"], "user"),
];

/// Options whose presence tells that a host means Responses: chat completions have nothing like them.
const FORCING: &[&[&str]] =
    &[&["text"], &["include"], &["truncation"], &["previousResponseId", "previous_response_id"]];

/// Parts of the names of models that chat completions do not serve, beside the `pro` ones.
const MODELS: &[&str] = &["codex", "o1-pro", "o3-pro", "deep-research", "computer-use-preview"];

/// Whether a host's options ask for what only Responses can do, by the rules of LangChain's client.
pub(crate) fn forces(read: &mut Reader<'_>, model: &str) -> bool {
    let summary = read.value(&["reasoning"]).and_then(|(_, reasoning)| reasoning.get("summary"));
    summary.is_some_and(|summary| !summary.is_null())
        || FORCING.iter().any(|names| read.value(names).is_some())
        || MODELS.iter().any(|part| model.contains(part))
        || (model.contains("gpt-5") && model.contains("-pro"))
}

/// Whether a request has tools that only Responses knows: the provider's own, and those whose input is any text.
pub(crate) fn needed(request: &ModelRequest) -> bool {
    let is_custom =
        |tool: &ToolDefinition| tool.extras.get("type").is_some_and(|kind| kind == "custom");
    let is_built_in = |tool: &JsonObject| tool.get("type").is_some_and(|kind| kind != "function");
    request.server_tools.iter().any(is_built_in) || request.tools.iter().any(is_custom)
}

/// Takes the body fields out of a host's options.
///
/// Options of chat completions that Responses has under another roof move there: the effort of reasoning, the
/// verbosity and the format of the text, and the wish for log probabilities.
pub(crate) fn parameters(read: &mut Reader<'_>) -> JsonObject {
    let mut fields = read.fields(FIELDS);
    // `-1` is how LangChain says "no limit".
    if fields.get("max_output_tokens").and_then(Value::as_i64).is_some_and(|tokens| tokens < 0) {
        fields.shift_remove("max_output_tokens");
    }
    if matches!(read.value(&["zdrEnabled"]), Some((_, Value::Bool(true)))) {
        fields.entry("store").or_insert(Value::Bool(false));
    }
    if let Some(choice) = fields.get_mut("tool_choice") {
        flatten(choice, &["function", "custom", "allowed_tools"]);
        if choice == "any" {
            *choice = "required".into();
        }
    }
    let mut move_to = |names: &[&str], roof: &str, member: &str| {
        let Some((_, value)) = read.value(names) else { return };
        let roof = fields.entry(roof).or_insert_with(|| json!({}));
        if let Value::Object(roof) = roof {
            let mut value = value.clone();
            flatten(&mut value, &["json_schema"]);
            roof.entry(member).or_insert(value);
        }
    };
    move_to(&["reasoningEffort", "reasoning_effort"], "reasoning", "effort");
    move_to(&["reasoningSummary", "reasoning_summary"], "reasoning", "summary");
    move_to(&["verbosity"], "text", "verbosity");
    move_to(&["responseFormat", "response_format"], "text", "format");
    if matches!(read.value(&["logprobs"]), Some((_, Value::Bool(true))))
        && let Value::Array(include) = fields.entry("include").or_insert_with(|| json!([]))
    {
        let logprobs = Value::from("message.output_text.logprobs");
        if !include.contains(&logprobs) {
            include.push(logprobs);
        }
    }
    // Responses tell their usage, cache prompts and may be streamed unasked.
    read.value(&["usage"]);
    read.value(&["promptCache"]);
    fields
}

/// Chat completions keep one level below what Responses keep beside the `type`.
fn flatten(value: &mut Value, nested: &[&str]) {
    let Value::Object(object) = value else { return };
    for name in nested {
        if let Some(Value::Object(inner)) = object.get(*name).cloned() {
            object.shift_remove(*name);
            object.extend(inner);
        }
    }
}
