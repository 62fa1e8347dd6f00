//! Options that become fields of the request body.

use moss_protocol::JsonObject;
use serde_json::{Value, json};

use crate::options::Reader;

/// Names that hosts write, then the provider's name of the member of `generationConfig`.
const GENERATION: &[(&[&str], &str)] = &[
    (&["temperature"], "temperature"),
    (&["topP", "top_p"], "topP"),
    (&["topK", "top_k"], "topK"),
    (&["maxOutputTokens", "max_output_tokens", "maxTokens", "max_tokens"], "maxOutputTokens"),
    (&["stopSequences", "stop_sequences", "stop"], "stopSequences"),
    (&["candidateCount", "candidate_count", "n"], "candidateCount"),
    (&["seed"], "seed"),
    (&["presencePenalty", "presence_penalty"], "presencePenalty"),
    (&["frequencyPenalty", "frequency_penalty"], "frequencyPenalty"),
    (&["responseMimeType", "response_mime_type"], "responseMimeType"),
    (&["responseSchema", "response_schema"], "responseSchema"),
    (&["responseJsonSchema", "response_json_schema"], "responseJsonSchema"),
    (&["responseModalities", "response_modalities"], "responseModalities"),
    (&["speechConfig", "speech_config"], "speechConfig"),
    (&["imageConfig", "image_config"], "imageConfig"),
    (&["mediaResolution", "media_resolution"], "mediaResolution"),
    (&["audioTimestamp", "audio_timestamp"], "audioTimestamp"),
    (&["routingConfig", "routing_config"], "routingConfig"),
    (&["modelSelectionConfig", "model_selection_config"], "modelSelectionConfig"),
    (&["enableEnhancedCivicAnswers"], "enableEnhancedCivicAnswers"),
    (&["enableAffectiveDialog"], "enableAffectiveDialog"),
    (&["responseLogprobs", "response_logprobs"], "responseLogprobs"),
    (&["thinkingConfig", "thinking_config"], "thinkingConfig"),
];

/// The same of `generationConfig.thinkingConfig`.
const THINKING: &[(&[&str], &str)] = &[
    (&["thinkingBudget", "maxReasoningTokens"], "thinkingBudget"),
    (&["thinkingLevel", "reasoningLevel"], "thinkingLevel"),
    (&["includeThoughts"], "includeThoughts"),
];

/// The same of the body itself.
const BODY: &[(&[&str], &str)] = &[
    (&["safetySettings", "safety_settings"], "safetySettings"),
    (&["cachedContent", "cached_content"], "cachedContent"),
    (&["labels"], "labels"),
    (&["serviceTier", "service_tier"], "serviceTier"),
    (&["store"], "store"),
    (&["modelArmorConfig"], "modelArmorConfig"),
    (&["toolConfig", "tool_config"], "toolConfig"),
    (&["generationConfig", "generation_config"], "generationConfig"),
];

/// Takes the body fields out of a host's options.
///
/// Options that stand by themselves win over the same ones in `generationConfig`. Of a thinking level and a budget,
/// which Google does not take together, the level counts.
pub(crate) fn parameters(read: &mut Reader<'_>) -> JsonObject {
    let mut body = read.fields(BODY);
    let mut generation = match body.shift_remove("generationConfig") {
        Some(Value::Object(generation)) => generation,
        _ => JsonObject::new(),
    };
    generation.extend(read.fields(GENERATION));
    // LangChain's: whether the answer is to be JSON.
    if matches!(read.value(&["json"]), Some((_, Value::Bool(true)))) {
        let _ = generation.entry("responseMimeType").or_insert_with(|| "application/json".into());
    }
    logprobs(read, &mut generation);
    thinking(read, &mut generation);
    if !generation.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(generation));
    }
    // Vertex AI's.
    if let Some((_, flag)) = read.value(&["streamFunctionCallArguments"]) {
        let config = body.entry("toolConfig").or_insert_with(|| json!({}));
        if let Some(config) = config.as_object_mut() {
            let calling = config.entry("functionCallingConfig").or_insert_with(|| json!({}));
            if let Some(calling) = calling.as_object_mut() {
                calling.insert("streamFunctionCallArguments".to_owned(), flag.clone());
            }
        }
    }
    body
}

/// OpenAI's `logprobs: true` with `topLogprobs: n`, as LangChain has them, or Google's number.
fn logprobs(read: &mut Reader<'_>, generation: &mut JsonObject) {
    let wanted = read.value(&["logprobs"]).map(|(_, value)| value.clone());
    let top = read.value(&["topLogprobs", "top_logprobs"]).map(|(_, value)| value.clone());
    match wanted {
        Some(Value::Bool(wanted)) => {
            generation.insert("responseLogprobs".to_owned(), wanted.into());
        }
        Some(count) => {
            generation.insert("logprobs".to_owned(), count);
        }
        None => {}
    }
    if let Some(top) = top {
        generation.insert("logprobs".to_owned(), top);
    }
}

fn thinking(read: &mut Reader<'_>, generation: &mut JsonObject) {
    let own = read.fields(THINKING);
    let mut thinking = match generation.shift_remove("thinkingConfig") {
        Some(Value::Object(thinking)) => thinking,
        _ => JsonObject::new(),
    };
    thinking.extend(own);
    if thinking.contains_key("thinkingLevel") {
        thinking.shift_remove("thinkingBudget");
    }
    if !thinking.is_empty() {
        generation.insert("thinkingConfig".to_owned(), Value::Object(thinking));
    }
}
