//! Holds the JSON of Converse against the events made of it.
//!
//! Events are written back as what they were made of; what the JSON has beyond that was lost.

use std::collections::BTreeMap;

use moss_llm::{ModelChunk, ModelEvent};
use serde_json::{Value, json};

use super::leaves::{Silent, flat, leaves, matches};

/// What an answer has said so far: by block, what the wire sent and what the events say.
#[derive(Default)]
pub(super) struct Account {
    sent: BTreeMap<String, String>,
    told: BTreeMap<String, String>,
    leaves: usize,
}

/// Leaves that say nothing and become no event.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how providers write that there is nothing"),
    ("p", Value::is_string, "padding"),
    ("role", |value| value == "assistant", "answers are the assistant's"),
    ("output.message.role", |value| value == "assistant", "answers are the assistant's"),
    ("contentBlockIndex", Value::is_u64, "the index of the events"),
];

impl Account {
    /// Checks a whole answer. Gives how many leaves there were.
    pub(super) fn settle_whole(
        mut self,
        body: &Value,
        chunk: &ModelChunk,
    ) -> Result<usize, String> {
        let blocks = body["output"]["message"]["content"].as_array();
        for (index, block) in blocks.into_iter().flatten().enumerate() {
            let Some(block) = block.as_object() else { return Err("no block".to_owned()) };
            for (name, value) in block {
                self.send(index, name, value);
            }
        }
        let mut rest = body.clone();
        rest["output"]["message"]["content"] = Value::Null;
        self.tell(chunk, &rest)?;
        self.close()
    }

    /// Checks a frame of a stream.
    pub(super) fn settle_frame(
        &mut self,
        kind: &str,
        mut data: Value,
        chunk: &ModelChunk,
    ) -> Result<(), String> {
        let index = usize::try_from(data["contentBlockIndex"].as_u64().unwrap_or(0)).unwrap();
        for member in ["start", "delta"] {
            let Some(value) = data.get_mut(member).map(Value::take) else { continue };
            for (name, value) in value.as_object().into_iter().flatten() {
                match (name.as_str(), member) {
                    // A stream's reasoning lies one level higher than a whole answer's.
                    ("reasoningContent", "delta") if value.get("redactedContent").is_none() => {
                        self.send(index, name, &json!({"reasoningText": value}));
                    }
                    _ => self.send(index, name, value),
                }
            }
        }
        let prefix = format!("{kind}.");
        let named: BTreeMap<String, Value> = leaves(&data).into_iter().collect();
        let mut said = BTreeMap::new();
        for event in &chunk.events {
            if let ModelEvent::Extra { path, value } = event {
                said.extend(flat(path.clone(), value));
            }
        }
        for (path, leaf) in named {
            self.leaves += 1;
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, &path) && is(&leaf));
            if !silent && said.get(&format!("{prefix}{path}")) != Some(&leaf) {
                return Err(format!("lost {kind}.{path}: {leaf}"));
            }
        }
        self.note(chunk);
        Ok(())
    }

    /// Checks that the blocks were told as they were sent.
    pub(super) fn close(self) -> Result<usize, String> {
        if self.sent == self.told {
            return Ok(self.leaves);
        }
        let lost = self.sent.iter().find(|(path, said)| self.told.get(*path) != Some(said));
        Err(format!("lost {lost:?} of {:?}; told {:?}", self.sent, self.told))
    }

    fn tell(&mut self, chunk: &ModelChunk, rest: &Value) -> Result<(), String> {
        let mut said = BTreeMap::new();
        for event in &chunk.events {
            if let ModelEvent::Extra { path, value } = event {
                said.extend(flat(path.clone(), value));
            }
        }
        for (path, leaf) in leaves(rest) {
            if path == "output.message.content" {
                continue;
            }
            self.leaves += 1;
            let silent = SILENT.iter().any(|(pattern, is, _)| matches(pattern, &path) && is(&leaf));
            if !silent && said.get(&path) != Some(&leaf) {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        self.note(chunk);
        Ok(())
    }

    /// A member of a block, or a piece of one.
    fn send(&mut self, index: usize, name: &str, value: &Value) {
        // Arguments are a text in a stream and JSON in a whole answer.
        if let (Some(input), "toolUse") = (value.get("input"), name) {
            let args = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
            self.leaves += leaves(input).len();
            append(&mut self.sent, format!("{index}.toolUse.input"), &args);
            let mut rest = value.clone();
            rest.as_object_mut().unwrap().shift_remove("input");
            return self.send(index, name, &rest);
        }
        for (path, leaf) in flat(format!("{index}.{name}"), value) {
            self.leaves += 1;
            if !leaf.is_null() {
                append(&mut self.sent, path, &plain(&leaf));
            }
        }
    }

    /// What the events say, as the blocks that they were.
    fn note(&mut self, chunk: &ModelChunk) {
        for event in &chunk.events {
            match event {
                ModelEvent::Text { text, index } => {
                    append(&mut self.told, format!("{}.text", index.unwrap_or(0)), text);
                }
                ModelEvent::Reasoning { text, index, .. } => {
                    let path = format!("{}.reasoningContent.reasoningText.text", index.unwrap());
                    append(&mut self.told, path, text);
                }
                ModelEvent::ToolCall(call) => {
                    let index = call.index.unwrap();
                    for (name, value) in
                        [("toolUseId", &call.id), ("name", &call.name), ("input", &call.args)]
                    {
                        if let Some(value) = value {
                            append(&mut self.told, format!("{index}.toolUse.{name}"), value);
                        }
                    }
                }
                ModelEvent::Part { index, part } => {
                    for (name, value) in part.iter().filter(|(name, _)| *name != "type") {
                        let path = match (part["type"].as_str().unwrap(), name.as_str()) {
                            ("reasoning_content", _) => {
                                format!("{}.reasoningContent.{name}", index.unwrap())
                            }
                            ("non_standard", "value") => index.unwrap().to_string(),
                            _ => format!("{}.{name}", index.unwrap()),
                        };
                        for (path, leaf) in flat(path, value) {
                            append(&mut self.told, path, &plain(&leaf));
                        }
                    }
                }
                ModelEvent::Started(_)
                | ModelEvent::Usage(_)
                | ModelEvent::Finished { .. }
                | ModelEvent::Extra { .. } => {}
                ModelEvent::Refusal { .. } | ModelEvent::Kwarg { .. } | ModelEvent::Fallback(_) => {
                    panic!("{event:?}")
                }
            }
        }
    }
}

fn plain(leaf: &Value) -> String {
    leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned)
}

fn append(into: &mut BTreeMap<String, String>, path: String, text: &str) {
    if !text.is_empty() {
        into.entry(path).or_default().push_str(text);
    }
}
