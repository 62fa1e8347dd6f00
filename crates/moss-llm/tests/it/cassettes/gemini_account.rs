//! Holds the JSON of a frame of Gemini's against the events made of it.

use std::collections::BTreeMap;

use moss_llm::{ModelChunk, ModelEvent};
use moss_protocol::{JsonObject, Usage};
use serde_json::Value;

use super::leaves::{Silent, flat, leaves, matches};

/// What an answer's events have said so far, by the path at which it stood.
#[derive(Default)]
pub(super) struct Account {
    known: BTreeMap<String, Value>,
}

/// Leaves that say nothing and become no event.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how providers write that there is nothing"),
    ("candidates.*.index", Value::is_u64, "0 is the answer; others are in the path of their Extra"),
    ("candidates.0.content.role", |value| value == "model", "answers are the model's"),
    ("candidates.0.content.parts.*.text", |value| value == "", "an empty text is no text"),
    ("candidates.0.content.parts.*.thought", |value| value == false, "most parts are no thoughts"),
];

/// What one frame's events say, each to be found once.
#[derive(Default)]
struct Said {
    texts: Vec<String>,
    thoughts: Vec<String>,
    parts: Vec<JsonObject>,
    calls: Vec<(Value, Value, Value)>,
    pieces: BTreeMap<String, Value>,
}

impl Account {
    /// Checks that each leaf of the frame is in its events, was said before, or says nothing. Gives how many
    /// leaves there were.
    pub(super) fn settle(&mut self, frame: &str, chunk: &ModelChunk) -> Result<usize, String> {
        let frame: Value = serde_json::from_str(frame).map_err(|error| error.to_string())?;
        let mut said = Said::default();
        for event in &chunk.events {
            self.note(event, &mut said);
        }
        let parts = frame["candidates"][0]["content"]["parts"].as_array().cloned();
        for part in parts.unwrap_or_default() {
            self.part(&part, &mut said)?;
        }
        if said.texts.len() + said.thoughts.len() + said.parts.len() + said.calls.len() > 0 {
            return Err("made events of nothing".to_owned());
        }
        let leaves = leaves(&frame);
        for (path, leaf) in &leaves {
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, path) && is(leaf));
            let in_part = path.starts_with("candidates.0.content.parts.");
            let known = said.pieces.get(path) == Some(leaf)
                || self.known.get(path) == Some(leaf)
                || path == "usageMetadata.promptTokenCount" && self.prompt() == leaf.as_u64();
            if !silent && !in_part && !known {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        Ok(leaves.len())
    }

    /// Finds the events of one part and takes them away.
    fn part(&self, part: &Value, said: &mut Said) -> Result<(), String> {
        let lost = || format!("lost {part}");
        let mut part = part.as_object().cloned().ok_or_else(lost)?;
        let thought = part.shift_remove("thought") == Some(Value::Bool(true));
        if let Some(call) = part.shift_remove("functionCall") {
            if said.calls.is_empty() {
                return Err(lost());
            }
            let (id, name, args) = said.calls.remove(0);
            let same_id = call.get("id").is_none_or(|own| *own == id);
            if name != call["name"] || args != call["args"] || !same_id {
                return Err(lost());
            }
            if let Some(signature) = part.get("thoughtSignature") {
                let told = self.known.iter().any(|(path, value)| {
                    path.starts_with("candidates.0.signatures.") && value == signature
                });
                return if told { Ok(()) } else { Err(lost()) };
            }
            return Ok(());
        }
        let text = part.shift_remove("text");
        if let Some(text) = text.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty()) {
            let texts = if thought { &mut said.thoughts } else { &mut said.texts };
            let found = texts.iter().position(|known| known == text).ok_or_else(lost)?;
            texts.remove(found);
        }
        if part.is_empty() {
            return Ok(());
        }
        let is = |known: &JsonObject| {
            let marked = known.get("thought") == Some(&Value::Bool(true))
                || known.get("type") == Some(&Value::from("reasoning"));
            let rest =
                |name: &String| !matches!(name.as_str(), "type" | "thought" | "text" | "reasoning");
            marked == thought
                && known.keys().filter(|name| rest(name)).count() == part.len()
                && part.iter().all(|(name, value)| known.get(name) == Some(value))
        };
        let found = said.parts.iter().position(is).ok_or_else(lost)?;
        said.parts.remove(found);
        Ok(())
    }

    fn note(&mut self, event: &ModelEvent, said: &mut Said) {
        match event {
            ModelEvent::Started(info) => {
                self.known.insert("responseId".to_owned(), info.id.clone().into());
                self.known.insert("modelVersion".to_owned(), info.model.clone().into());
                self.keep("", &Value::Object(info.extra.clone()));
            }
            ModelEvent::Text { text, .. } => said.texts.push(text.clone()),
            ModelEvent::Reasoning { text, .. } => said.thoughts.push(text.clone()),
            ModelEvent::Part { part, .. } => said.parts.push(part.clone()),
            ModelEvent::ToolCall(call) => {
                let args = call.args.as_deref().map(|args| serde_json::from_str(args).unwrap());
                said.calls.push((
                    call.id.clone().into(),
                    call.name.clone().into(),
                    args.unwrap_or_default(),
                ));
            }
            ModelEvent::Usage(usage) => self.usage(usage),
            ModelEvent::Finished { raw, .. } => {
                self.known.insert("candidates.0.finishReason".to_owned(), raw.clone().into());
            }
            ModelEvent::Kwarg { name, value } => self.keep(&format!("candidates.0.{name}"), value),
            ModelEvent::Extra { path, value } if path.starts_with("candidates.0.content") => {
                said.pieces.extend(flat(path.clone(), value));
            }
            // Whole, since its leaves are not the answer's.
            ModelEvent::Extra { path, value } if path.starts_with("candidates.") => {
                said.pieces.extend(flat(path.clone(), value));
            }
            ModelEvent::Extra { path, value } => self.keep(path, value),
            ModelEvent::Refusal { .. } | ModelEvent::Fallback(_) => panic!("{event:?}"),
        }
    }

    fn keep(&mut self, path: &str, value: &Value) {
        self.known.extend(flat(path.to_owned(), value));
    }

    /// The input without what the provider's own tools added to it.
    fn prompt(&self) -> Option<u64> {
        let count = |path: &str| self.known.get(path).and_then(Value::as_u64);
        let tools = count("usageMetadata.toolUsePromptTokenCount").unwrap_or_default();
        count("usage.input")?.checked_sub(tools)
    }

    fn usage(&mut self, usage: &Usage) {
        let Usage { input_token_details: input, output_token_details: output, .. } = usage;
        let reasoning = output.reasoning.unwrap_or_default();
        for (field, count) in [
            ("totalTokenCount", Some(usage.total_tokens)),
            ("candidatesTokenCount", Some(usage.output_tokens - reasoning)),
            ("thoughtsTokenCount", output.reasoning),
            ("cachedContentTokenCount", input.cache_read),
        ] {
            self.known.insert(format!("usageMetadata.{field}"), count.into());
        }
        self.known.insert("usage.input".to_owned(), usage.input_tokens.into());
    }
}
