//! Options that become fields of the request body.

use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use super::ClientOptions;
use super::reader::Reader;
use crate::wire::openai_chat::ChatDialect;

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
    (&["n"], "n"),
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
    (&["webSearchOptions", "web_search_options"], "web_search_options"),
    (&["promptCacheKey", "prompt_cache_key"], "prompt_cache_key"),
    (&["promptCacheRetention", "prompt_cache_retention"], "prompt_cache_retention"),
    (&["safetyIdentifier", "safety_identifier"], "safety_identifier"),
    (&["plugins"], "plugins"),
    (&["transforms"], "transforms"),
    (&["models"], "models"),
    (&["route"], "route"),
];

/// Options of the JavaScript clients that mean nothing to a request, or that whoever makes the client
/// follows (`fallbacks`): read, and not sent.
const IGNORED: &[&str] = &[
    "provider",
    "verbose",
    "callbacks",
    "callbackManager",
    "cache",
    "tags",
    // LangChain's tracing metadata; the provider's goes into `modelKwargs`.
    "metadata",
    "name",
    "runName",
    "fallbacks",
    "maxConcurrency",
    "onFailedAttempt",
    "supportsStrictToolCalling",
    "__includeRawResponse",
    "_lc_stream_delay",
    "dangerouslyAllowBrowser",
    "maxContextTokens",
    "promptCache",
];

/// Takes the body fields out of the options.
pub(super) fn read(read: &mut Reader<'_>) -> JsonObject {
    let mut parameters = JsonObject::new();
    for (names, field) in FIELDS {
        if let Some((_, value)) = read.value(names) {
            parameters.insert((*field).to_owned(), value.clone());
        }
    }
    for name in IGNORED {
        read.value(&[name]);
    }
    // `-1` is how LangChain says "no limit".
    if parameters.get("max_tokens").and_then(Value::as_i64).is_some_and(|tokens| tokens < 0) {
        parameters.shift_remove("max_tokens");
    }
    parameters
}

impl ClientOptions {
    /// The fields of the request body as a provider takes them for a model.
    ///
    /// As LangChain's client does: the limit of tokens goes under the name that the model takes, and of
    /// `reasoning` only the effort is sent, as `reasoning_effort`. OpenRouter takes the whole object.
    #[must_use]
    pub fn parameters_for(&self, dialect: &ChatDialect, model: &str) -> JsonObject {
        let mut parameters = self.parameters.clone();
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
            if self.usage {
                parameters.insert("usage".to_owned(), json!({"include": true}));
            }
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
}
