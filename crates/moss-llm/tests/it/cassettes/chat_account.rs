//! Holds the JSON of a frame against the events made of it.

use std::collections::BTreeMap;

use super::leaves::{Silent, flat, leaves, matches};
use moss_llm::{ModelChunk, ModelEvent, ReasoningForm};
use moss_protocol::Usage;
use serde_json::Value;

/// What an answer's events have said so far, by the path at which it stood.
pub(super) struct Account {
    said: &'static str,
    known: BTreeMap<String, Value>,
}

/// Leaves that say nothing and become no event. `*` in a pattern is one step, a last `**` all below.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how providers write that there is nothing"),
    ("choices.*.index", Value::is_u64, "0 is the answer; others are in the path of their Extra"),
    ("choices.0.*.role", |value| value == "assistant", "answers are the assistant's"),
    ("choices.0.*.content", |value| value == "", "an empty text is no text"),
    ("choices.0.*.reasoning", |value| value == "", "an empty text is no text"),
    ("choices.0.*.reasoning_content", |value| value == "", "an empty text is no text"),
    ("choices.0.*.refusal", |value| value == "", "an empty text is no text"),
    (
        "choices.0.*.tool_calls.*.type",
        |value| value == "function",
        "the only kind with a form of its own",
    ),
    ("obfuscation", Value::is_string, "padding of OpenAI"),
    ("p", Value::is_string, "padding of Mistral"),
];

impl Account {
    pub(super) fn stream() -> Self {
        Self { said: "delta", known: BTreeMap::new() }
    }

    pub(super) fn whole() -> Self {
        Self { said: "message", known: BTreeMap::new() }
    }

    /// Checks that each leaf of the frame is in its events, was said before, or says nothing. Gives how many
    /// leaves there were.
    pub(super) fn settle(&mut self, frame: &str, chunk: &ModelChunk) -> Result<usize, String> {
        let frame: Value = serde_json::from_str(frame).map_err(|error| error.to_string())?;
        let mut pieces = BTreeMap::new();
        let mut calls = Vec::new();
        for event in &chunk.events {
            self.note(event, &mut pieces, &mut calls);
        }
        let leaves = leaves(&frame);
        let mut call = 0;
        for (path, leaf) in &leaves {
            // Calls come in their order; their events have no path.
            let said = |field: &str| {
                path.starts_with(&format!("choices.0.{}.tool_calls.", self.said))
                    && path.ends_with(field)
            };
            if said(".function.name")
                || said(".function.arguments")
                || said(".id")
                || said(".index")
            {
                let found = calls.iter().any(|call: &[Value; 4]| call.contains(leaf));
                if !found {
                    return Err(format!("lost {path}: {leaf}"));
                }
                call += 1;
                continue;
            }
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, path) && is(leaf));
            if !silent && pieces.get(path) != Some(leaf) && self.known.get(path) != Some(leaf) {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        if call == 0 && !calls.is_empty() {
            return Err("made a tool call of nothing".to_owned());
        }
        Ok(leaves.len())
    }

    fn note(
        &mut self,
        event: &ModelEvent,
        pieces: &mut BTreeMap<String, Value>,
        calls: &mut Vec<[Value; 4]>,
    ) {
        let said = self.said;
        let at = |field: &str| format!("choices.0.{said}.{field}");
        match event {
            ModelEvent::Started(info) => {
                self.known.insert("id".to_owned(), info.id.clone().into());
                self.known.insert("model".to_owned(), info.model.clone().into());
                self.keep("", &Value::Object(info.extra.clone()));
            }
            ModelEvent::Text { text, .. } => {
                pieces.insert(at("content"), text.clone().into());
            }
            ModelEvent::Reasoning { text, form, details, .. } => {
                let ReasoningForm::Field(key) = form else { panic!("{form:?}") };
                let field = key.as_str();
                pieces.insert(at(field), text.clone().into());
                if let Some(details) = details {
                    pieces.extend(flat(at("reasoning_details"), details));
                }
            }
            ModelEvent::ToolCall(call) => calls.push([
                call.id.clone().into(),
                call.name.clone().into(),
                call.args.clone().into(),
                call.index.into(),
            ]),
            ModelEvent::Refusal { text } => {
                pieces.insert(at("refusal"), text.clone().into());
            }
            ModelEvent::Usage(usage) => self.usage(usage),
            ModelEvent::Finished { raw, .. } => {
                self.known.insert("choices.0.finish_reason".to_owned(), raw.clone().into());
            }
            ModelEvent::Part { part, .. } => {
                let known = pieces.keys().filter(|path| path.contains(".images."));
                let path = format!(
                    "{}.{}",
                    at("images"),
                    known.filter(|it| it.ends_with(".type")).count()
                );
                pieces.extend(flat(path, &Value::Object(part.clone())));
            }
            ModelEvent::Kwarg { .. } | ModelEvent::Fallback(_) => panic!("{event:?}"),
            // An envelope's field stays said; what stands in a choice is of its frame.
            ModelEvent::Extra { path, value } if path.starts_with("choices.") => {
                pieces.extend(flat(path.clone(), value));
            }
            ModelEvent::Extra { path, value } => self.keep(path, value),
        }
    }

    fn keep(&mut self, path: &str, value: &Value) {
        self.known.extend(flat(path.to_owned(), value));
    }

    fn usage(&mut self, usage: &Usage) {
        let Usage { input_token_details: input, output_token_details: output, .. } = usage;
        for path in ["usage", "x_groq.usage"] {
            for (field, count) in [
                ("prompt_tokens", Some(usage.input_tokens)),
                ("completion_tokens", Some(usage.output_tokens)),
                ("total_tokens", Some(usage.total_tokens)),
                ("prompt_cache_hit_tokens", input.cache_read),
                ("prompt_tokens_details.cached_tokens", input.cache_read),
                ("prompt_tokens_details.cache_write_tokens", input.cache_creation),
                ("prompt_tokens_details.audio_tokens", input.audio),
                ("completion_tokens_details.audio_tokens", output.audio),
                ("completion_tokens_details.reasoning_tokens", output.reasoning),
            ] {
                self.known.insert(format!("{path}.{field}"), count.into());
            }
        }
    }
}
