//! What stands beside an answer's content and no other event tells, where hosts look for it.

use moss_protocol::JsonObject;
use serde_json::Value;

/// What of it is known so far.
#[derive(Debug, Default)]
pub(super) struct AnswerExtras {
    /// Members of `additional_kwargs`.
    kwargs: JsonObject,
    /// Members of `response_metadata`.
    metadata: JsonObject,
}

/// Members whose pieces add up over the frames of a stream, under the names that LangChain's clients give them.
/// All else is kept under its path, and a later value replaces an earlier one.
enum Place {
    /// OpenAI's spoken answer: `additional_kwargs.audio`.
    Audio,
    /// What the answer cites: `additional_kwargs.annotations`.
    Annotations,
    /// How likely each token was: `response_metadata.logprobs`.
    LogProbs,
    Path,
}

impl Place {
    fn of(path: &str) -> Self {
        match path {
            "choices.0.delta.audio" | "choices.0.message.audio" => Self::Audio,
            "choices.0.delta.annotations" | "choices.0.message.annotations" => Self::Annotations,
            // Ollama has no choices.
            "choices.0.logprobs" | "logprobs" => Self::LogProbs,
            _ => Self::Path,
        }
    }
}

impl AnswerExtras {
    pub(super) fn push(&mut self, path: String, value: Value) {
        match Place::of(&path) {
            Place::Audio => add(&mut self.kwargs, "audio".to_owned(), value),
            Place::Annotations => add(&mut self.kwargs, "annotations".to_owned(), value),
            Place::LogProbs => add(&mut self.metadata, "logprobs".to_owned(), value),
            Place::Path => {
                self.metadata.insert(path, value);
            }
        }
    }

    /// `additional_kwargs` and `response_metadata`.
    pub(super) fn into_parts(self) -> (JsonObject, JsonObject) {
        (self.kwargs, self.metadata)
    }
}

/// Adds a piece to a member: lists grow, the sound and its transcript are joined, other members are set.
fn add(object: &mut JsonObject, name: String, piece: Value) {
    match (object.get_mut(&name), piece) {
        (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
        (Some(Value::Object(known)), Value::Object(more)) => {
            more.into_iter().for_each(|(name, value)| add(known, name, value));
        }
        (Some(Value::String(known)), Value::String(more))
            if matches!(name.as_str(), "data" | "transcript") =>
        {
            known.push_str(&more);
        }
        (Some(_), Value::Null) => {}
        (_, piece) => {
            object.insert(name, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_add_up() {
        let mut extras = AnswerExtras::default();
        for (path, value) in [
            ("choices.0.logprobs", json!({"content": [{"token": "a"}], "refusal": null})),
            ("choices.0.delta.audio", json!({"id": "audio_1", "transcript": "He"})),
            ("choices.0.delta.audio", json!({"data": "AA", "transcript": "llo"})),
            ("choices.0.delta.audio", json!({"data": "BB", "expires_at": 1})),
            ("choices.0.logprobs", json!({"content": [{"token": "b"}]})),
            ("choices.0.delta.annotations", json!([{"type": "url_citation"}])),
            ("choices.0.delta.annotations", json!([{"type": "file"}])),
            ("citations", json!(["https://x"])),
            ("citations", json!(["https://x", "https://y"])),
        ] {
            extras.push(path.to_owned(), value);
        }
        let (kwargs, metadata) = extras.into_parts();
        assert_eq!(
            Value::Object(kwargs),
            json!({
                "audio": {"id": "audio_1", "transcript": "Hello", "data": "AABB", "expires_at": 1},
                "annotations": [{"type": "url_citation"}, {"type": "file"}],
            })
        );
        assert_eq!(
            Value::Object(metadata),
            json!({
                "logprobs": {"content": [{"token": "a"}, {"token": "b"}], "refusal": null},
                "citations": ["https://x", "https://y"],
            })
        );
    }
}
