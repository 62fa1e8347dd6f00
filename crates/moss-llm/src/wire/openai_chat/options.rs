//! Options that become fields of the request body.

use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use super::ChatDialect;
use super::cache_marks::CacheTtl;
use crate::ModelSetupError;
use crate::options::Reader;

/// Names that hosts write, then the provider's name of the field.
const FIELDS: &[(&[&str], &str)] = &[
    (&["temperature"], "temperature"),
    (&["topP", "top_p"], "top_p"),
    (&["topK", "top_k"], "top_k"),
    (&["minP", "min_p"], "min_p"),
    (&["topA", "top_a"], "top_a"),
    (&["maxTokens", "max_tokens"], "max_tokens"),
    (&["maxCompletionTokens", "max_completion_tokens"], "max_completion_tokens"),
    (&["frequencyPenalty", "frequency_penalty"], "frequency_penalty"),
    (&["presencePenalty", "presence_penalty"], "presence_penalty"),
    (&["repetitionPenalty", "repetition_penalty"], "repetition_penalty"),
    (&["n", "numCompletions"], "n"),
    (&["seed"], "seed"),
    (&["randomSeed", "random_seed"], "random_seed"),
    (&["safePrompt", "safe_prompt"], "safe_prompt"),
    (&["stop", "stopSequences", "stop_sequences"], "stop"),
    (&["logprobs"], "logprobs"),
    (&["topLogprobs", "top_logprobs"], "top_logprobs"),
    (&["logitBias", "logit_bias"], "logit_bias"),
    (&["user"], "user"),
    (&["parallelToolCalls", "parallel_tool_calls"], "parallel_tool_calls"),
    (&["toolChoice", "tool_choice"], "tool_choice"),
    (&["serviceTier", "service_tier"], "service_tier"),
    (&["reasoningEffort", "reasoning_effort"], "reasoning_effort"),
    (&["reasoning"], "reasoning"),
    (&["includeReasoning", "include_reasoning"], "include_reasoning"),
    (&["thinking"], "thinking"),
    (&["verbosity"], "verbosity"),
    (&["responseFormat", "response_format"], "response_format"),
    (&["modalities"], "modalities"),
    (&["audio"], "audio"),
    (&["prediction"], "prediction"),
    (&["store"], "store"),
    (&["streamOptions", "stream_options"], "stream_options"),
    (&["webSearchOptions", "web_search_options"], "web_search_options"),
    // xAI.
    (&["searchParameters", "search_parameters"], "search_parameters"),
    (&["deferred"], "deferred"),
    // Mistral.
    (&["promptMode", "prompt_mode"], "prompt_mode"),
    (&["promptCacheKey", "prompt_cache_key"], "prompt_cache_key"),
    (&["promptCacheRetention", "prompt_cache_retention"], "prompt_cache_retention"),
    (&["safetyIdentifier", "safety_identifier"], "safety_identifier"),
    (&["plugins"], "plugins"),
    (&["transforms"], "transforms"),
    (&["models"], "models"),
    (&["route"], "route"),
];

/// Takes the body fields out of a host's options, as the dialect takes them for a model.
///
/// As LangChain's client does: the limit of tokens goes under the name that the model takes, and of
/// `reasoning` only the effort is sent, as `reasoning_effort`. OpenRouter takes the whole object.
pub(crate) fn parameters(read: &mut Reader<'_>, dialect: &ChatDialect, model: &str) -> JsonObject {
    let mut parameters = read.fields(FIELDS);
    // `usage: true`: the host counts on usage in the way of OpenRouter, which is asked in its own words.
    let usage = matches!(read.value(&["usage"]), Some((_, Value::Bool(true))));
    // `-1` is how LangChain says "no limit".
    if parameters.get("max_tokens").and_then(Value::as_i64).is_some_and(|tokens| tokens < 0) {
        parameters.shift_remove("max_tokens");
    }
    let limit = dialect.max_tokens_field(model);
    if limit != "max_tokens" {
        let plain = parameters.shift_remove("max_tokens");
        if let Some(tokens) = plain
            && !parameters.contains_key(limit)
        {
            parameters.insert(limit.to_owned(), tokens);
        }
    }
    if dialect.provider == Provider::OpenRouter {
        if usage {
            parameters.insert("usage".to_owned(), json!({"include": true}));
        }
        reason_as_openrouter(&mut parameters);
        return parameters;
    }
    let effort = parameters
        .shift_remove("reasoning")
        .and_then(|mut reasoning| reasoning.get_mut("effort").map(Value::take));
    if let Some(effort) = effort
        && !effort.is_null()
        && !parameters.contains_key("reasoning_effort")
    {
        parameters.insert("reasoning_effort".to_owned(), effort);
    }
    parameters
}

/// OpenRouter has one object for all that is to be said about reasoning.
fn reason_as_openrouter(parameters: &mut JsonObject) {
    let Some(effort) = parameters.shift_remove("reasoning_effort") else { return };
    let reasoning = parameters.entry("reasoning").or_insert_with(|| json!({}));
    if let Some(reasoning) = reasoning.as_object_mut() {
        reasoning.entry("effort").or_insert(effort);
    }
}

/// For how long prompts are to be kept, where the messages have to say so: of the models behind OpenRouter those
/// of Anthropic and Google keep only what is marked. All others keep prompts unasked.
///
/// | option | meaning | default |
/// |---|---|---|
/// | `promptCache` | whether prompts are kept | no |
/// | `promptCacheTtl` | `5m` or `1h` | `5m` |
pub(crate) fn cache_marks(
    read: &mut Reader<'_>,
    dialect: &ChatDialect,
    model: &str,
) -> Result<Option<CacheTtl>, ModelSetupError> {
    let marks = ["anthropic/", "~anthropic/", "google/", "~google/"];
    let has_to_say = dialect.provider == Provider::OpenRouter
        && marks.iter().any(|vendor| model.starts_with(vendor));
    if !has_to_say {
        // Followed without being told.
        read.value(&["promptCache", "prompt_cache"]);
        read.value(&["promptCacheTtl", "prompt_cache_ttl"]);
        return Ok(None);
    }
    let wanted = read.flag(&["promptCache", "prompt_cache"])?.unwrap_or(false);
    let ttl = match read.text(&["promptCacheTtl", "prompt_cache_ttl"])? {
        None | Some("5m") => CacheTtl::FiveMinutes,
        Some("1h") => CacheTtl::OneHour,
        Some(_) => {
            return Err(ModelSetupError::option("promptCacheTtl", "is neither `5m` nor `1h`"));
        }
    };
    Ok(wanted.then_some(ttl))
}
