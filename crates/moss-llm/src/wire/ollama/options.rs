//! Options that become fields of the request body.

use moss_protocol::JsonObject;
use serde_json::Value;

use crate::ModelSetupError;
use crate::options::Reader;

/// Names that hosts write, then Ollama's name of the field.
const FIELDS: &[(&[&str], &str)] = &[
    (&["format"], "format"),
    (&["keepAlive", "keep_alive"], "keep_alive"),
    (&["think"], "think"),
    (&["logprobs"], "logprobs"),
    (&["topLogprobs", "top_logprobs"], "top_logprobs"),
    (&["truncate"], "truncate"),
    (&["shift"], "shift"),
];

/// The same for the fields of `options`, which steer the model.
const MODEL_OPTIONS: &[(&[&str], &str)] = &[
    (&["numKeep", "num_keep"], "num_keep"),
    (&["seed"], "seed"),
    (&["numPredict", "num_predict", "maxTokens", "max_tokens"], "num_predict"),
    (&["topK", "top_k"], "top_k"),
    (&["topP", "top_p"], "top_p"),
    (&["minP", "min_p"], "min_p"),
    (&["tfsZ", "tfs_z"], "tfs_z"),
    (&["typicalP", "typical_p"], "typical_p"),
    (&["repeatLastN", "repeat_last_n"], "repeat_last_n"),
    (&["temperature"], "temperature"),
    (&["repeatPenalty", "repeat_penalty"], "repeat_penalty"),
    (&["presencePenalty", "presence_penalty"], "presence_penalty"),
    (&["frequencyPenalty", "frequency_penalty"], "frequency_penalty"),
    (&["mirostat"], "mirostat"),
    (&["mirostatTau", "mirostat_tau"], "mirostat_tau"),
    (&["mirostatEta", "mirostat_eta"], "mirostat_eta"),
    (&["penalizeNewline", "penalize_newline"], "penalize_newline"),
    (&["stop", "stopSequences", "stop_sequences"], "stop"),
    (&["numa"], "numa"),
    (&["numCtx", "num_ctx"], "num_ctx"),
    (&["numBatch", "num_batch"], "num_batch"),
    (&["numGpu", "num_gpu"], "num_gpu"),
    (&["mainGpu", "main_gpu"], "main_gpu"),
    (&["lowVram", "low_vram"], "low_vram"),
    (&["f16Kv", "f16_kv"], "f16_kv"),
    (&["logitsAll", "logits_all"], "logits_all"),
    (&["vocabOnly", "vocab_only"], "vocab_only"),
    (&["useMmap", "use_mmap"], "use_mmap"),
    (&["useMlock", "use_mlock"], "use_mlock"),
    (&["embeddingOnly", "embedding_only"], "embedding_only"),
    (&["numThread", "num_thread"], "num_thread"),
];

/// Takes the body fields out of a host's options: the names are those of LangChain's client, of Ollama, and those
/// that all providers share. What stands in `options` itself wins.
///
/// How a model reasons is `think`: a flag, or `low`, `medium` or `high`; `reasoningEffort` says the same, with
/// `none` for not at all.
pub(crate) fn parameters(read: &mut Reader<'_>) -> Result<JsonObject, ModelSetupError> {
    let mut parameters = read.fields(FIELDS);
    if let Some((_, effort)) = read.value(&["reasoningEffort", "reasoning_effort"])
        && !parameters.contains_key("think")
    {
        let think = match effort.as_str() {
            Some("none") => Value::Bool(false),
            Some("minimal") => "low".into(),
            _ => effort.clone(),
        };
        parameters.insert("think".to_owned(), think);
    }
    let mut options = read.fields(MODEL_OPTIONS);
    options.extend(read.object(&["options"])?.cloned().unwrap_or_default());
    if !options.is_empty() {
        parameters.insert("options".to_owned(), Value::Object(options));
    }
    // Whether the server has the model is its answer's to say; usage comes unasked.
    for name in ["checkOrPullModel", "usage"] {
        read.value(&[name]);
    }
    Ok(parameters)
}
