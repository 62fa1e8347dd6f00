//! Holds the JSON of a frame, or of a whole message, against the events made of it.

use std::collections::BTreeMap;

use moss_llm::{ModelChunk, ModelEvent};
use moss_protocol::Usage;
use serde_json::{Value, json};

use super::leaves::{Silent, flat, leaves, matches};

/// What an answer's events have said so far.
#[derive(Default)]
pub(super) struct Account {
    /// Usage, by its path: told once, repeated by the provider.
    usage: BTreeMap<String, Value>,
    /// Leaves of blocks that have begun, by their index: the block is told when it ends.
    pending: BTreeMap<u64, Vec<(String, Value)>>,
    /// Pieces of their input.
    inputs: BTreeMap<u64, String>,
}

/// Leaves that say nothing and become no event. `*` in a pattern is one step, a last `**` all below.
const SILENT: &[Silent] = &[
    ("**", Value::is_null, "null is how the provider writes that there is nothing"),
    ("type", Value::is_string, "the kind of the frame is the kind of its events"),
    ("index", Value::is_u64, "it is each event's own"),
    ("delta.type", Value::is_string, "the kind of the piece is the kind of its event"),
    ("content_block.type", |kind| kind == "text" || kind == "thinking", "so is a block's"),
    ("content.*.type", |kind| kind == "text" || kind == "thinking", "so is a block's"),
    ("content_block.*", |value| value == "", "an empty text is no text"),
    ("content.*.*", |value| value == "", "an empty text is no text"),
    ("delta.*", |value| value == "", "an empty text is no text"),
    ("usage.*", |value| *value == 0, "a count of nothing, or less than was counted before"),
    ("message.usage.*", |value| *value == 0, "a count of nothing"),
];

fn is_silent(path: &str, leaf: &Value) -> bool {
    SILENT.iter().any(|(pattern, is, _)| matches(pattern, path) && is(leaf))
}

impl Account {
    /// Checks that each leaf of a frame is in its events, was said before, or says nothing. Gives how many leaves
    /// there were.
    pub(super) fn settle(&mut self, frame: &str, chunk: &ModelChunk) -> Result<usize, String> {
        let frame: Value = serde_json::from_str(frame).map_err(|error| error.to_string())?;
        let mut said = Vec::new();
        for event in &chunk.events {
            self.note(event, &mut said);
        }
        let index = frame["index"].as_u64().unwrap_or_default();
        let kind = frame["type"].as_str().unwrap_or_default();
        if kind == "content_block_stop" {
            self.ended(index, chunk)?;
        }
        let waits = kind == "content_block_start" && frame["content_block"].get("input").is_some();
        let is_call = waits && frame["content_block"]["type"] == "tool_use";
        let leaves = leaves(&frame);
        for (path, leaf) in &leaves {
            let is_said = said.iter().any(|(at, value)| at == path && value == leaf);
            if waits && let Some(own) = path.strip_prefix("content_block.") {
                self.pending.entry(index).or_default().push((own.to_owned(), leaf.clone()));
                if !is_call || !matches!(own, "id" | "name") {
                    continue;
                }
            }
            if path == "delta.partial_json"
                && let Some(piece) = leaf.as_str()
            {
                self.inputs.entry(index).or_default().push_str(piece);
                let is_call = self
                    .pending
                    .get(&index)
                    .is_some_and(|leaves| leaves.contains(&("type".to_owned(), json!("tool_use"))));
                if !is_call {
                    continue;
                }
            }
            if !is_said && !is_silent(path, leaf) && self.usage.get(path) != Some(leaf) {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        finished(&frame["delta"], chunk)?;
        Ok(leaves.len())
    }

    /// A block that waited is told as it began, with its whole input.
    fn ended(&mut self, index: u64, chunk: &ModelChunk) -> Result<(), String> {
        let Some(pending) = self.pending.remove(&index) else { return Ok(()) };
        let part = chunk.events.iter().find_map(|event| match event {
            ModelEvent::Part { index: Some(at), part } if u64::from(*at) == index => Some(part),
            _ => None,
        });
        let part = part.ok_or("a block ended untold")?;
        let told = leaves(&Value::Object(part.clone()));
        for leaf in pending {
            if !told.contains(&leaf) && !leaf.1.is_null() {
                return Err(format!("lost content_block.{}: {}", leaf.0, leaf.1));
            }
        }
        let input = self.inputs.remove(&index).filter(|input| !input.is_empty());
        let whole = input.map(|input| serde_json::from_str::<Value>(&input).unwrap());
        match whole {
            Some(input) if Some(&input) != part.get("input") => Err(format!("lost {input}")),
            _ => Ok(()),
        }
    }

    /// Whether all blocks were told.
    pub(super) fn closed(&self) -> Result<(), String> {
        match self.pending.first_key_value() {
            Some((index, _)) => Err(format!("block {index} was never told")),
            None => Ok(()),
        }
    }

    /// The same for an answer in one piece.
    pub(super) fn settle_whole(&mut self, body: &str, chunk: &ModelChunk) -> Result<usize, String> {
        let message: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let mut said = Vec::new();
        for event in &chunk.events {
            self.note(event, &mut said);
            match event {
                ModelEvent::Text { text, index } => {
                    said.push((format!("content.{}.text", index.unwrap_or(0)), json!(text)));
                }
                ModelEvent::Reasoning { text, index, .. } => {
                    said.push((format!("content.{}.thinking", index.unwrap()), json!(text)));
                }
                ModelEvent::Part { index, part } => {
                    let part = Value::Object(part.clone());
                    said.extend(flat(format!("content.{}", index.unwrap()), &part));
                }
                _ => {}
            }
        }
        let leaves = leaves(&message);
        for (path, leaf) in &leaves {
            let top = format!("message.{path}");
            let is_said =
                said.iter().any(|(at, value)| (at == path || *at == top) && value == leaf);
            let counted = self.usage.get(path) == Some(leaf);
            // The message's own type and its maker's role are members, too.
            let silent = is_silent(path, leaf) && path != "type";
            if !is_said && !counted && !silent {
                return Err(format!("lost {path}: {leaf}"));
            }
        }
        for key in ["id", "model"] {
            let started = chunk.events.iter().any(|event| match event {
                ModelEvent::Started(info) => {
                    let said = if key == "id" { &info.id } else { &info.model };
                    said.as_deref() == message[key].as_str()
                }
                _ => false,
            });
            if !started {
                return Err(format!("did not start with {key}"));
            }
        }
        calls(&message, chunk)?;
        finished(&message, chunk)?;
        Ok(leaves.len())
    }

    /// Where in a frame an event's values may stand.
    fn note(&mut self, event: &ModelEvent, said: &mut Vec<(String, Value)>) {
        let mut say = |path: &str, value: &Value| said.extend(flat(path.to_owned(), value));
        match event {
            ModelEvent::Started(_) | ModelEvent::Finished { .. } => {}
            ModelEvent::Text { text, .. } => {
                say("content_block.text", &json!(text));
                say("delta.text", &json!(text));
            }
            ModelEvent::Reasoning { text, .. } => {
                say("content_block.thinking", &json!(text));
                say("delta.thinking", &json!(text));
            }
            ModelEvent::Part { part, .. } => {
                say("content_block", &Value::Object(part.clone()));
                say("delta", &Value::Object(part.clone()));
                say("delta.citation", &part.get("citations").unwrap_or(&Value::Null)[0]);
            }
            ModelEvent::Kwarg { name, value } => {
                say(&format!("message.{name}"), value);
                say(&format!("delta.{name}"), value);
            }
            ModelEvent::ToolCall(call) => {
                say("content_block.id", &json!(call.id));
                say("content_block.name", &json!(call.name));
                say("delta.partial_json", &json!(call.args));
            }
            ModelEvent::Usage(usage) => self.count(usage),
            ModelEvent::Extra { path, value } if path.starts_with("usage.") => {
                for (path, value) in flat(path.clone(), value) {
                    self.usage.insert(format!("message.{path}"), value.clone());
                    self.usage.insert(path, value);
                }
            }
            ModelEvent::Extra { path, value } => {
                say(path, value);
                if let Some((_, own)) = path.split_once(".delta") {
                    say(&format!("delta{own}"), value);
                }
            }
            ModelEvent::Refusal { .. } | ModelEvent::Fallback(_) => panic!("{event:?}"),
        }
    }

    fn count(&mut self, usage: &Usage) {
        let Usage { input_token_details: input, output_token_details: output, .. } = usage;
        let cached = input.cache_read.unwrap_or(0) + input.cache_creation.unwrap_or(0);
        for prefix in ["usage", "message.usage"] {
            for (field, count) in [
                ("input_tokens", Some(usage.input_tokens - cached)),
                ("output_tokens", Some(usage.output_tokens)),
                ("cache_read_input_tokens", input.cache_read),
                ("cache_creation_input_tokens", input.cache_creation),
                ("cache_creation.ephemeral_5m_input_tokens", input.ephemeral_5m_input_tokens),
                ("cache_creation.ephemeral_1h_input_tokens", input.ephemeral_1h_input_tokens),
                ("output_tokens_details.thinking_tokens", output.reasoning),
            ] {
                self.usage.insert(format!("{prefix}.{field}"), count.into());
            }
        }
    }
}

/// A stop reason is told as one, beside being a member of the message.
fn finished(message: &Value, chunk: &ModelChunk) -> Result<(), String> {
    let Some(reason) = message["stop_reason"].as_str() else { return Ok(()) };
    let told = chunk
        .events
        .iter()
        .any(|event| matches!(event, ModelEvent::Finished { raw, .. } if raw == reason));
    told.then_some(()).ok_or_else(|| format!("lost the end: {reason}"))
}

/// A call is told as one, beside being a part of the content.
fn calls(message: &Value, chunk: &ModelChunk) -> Result<(), String> {
    let blocks = message["content"].as_array().unwrap();
    for (index, block) in blocks.iter().enumerate().filter(|(_, it)| it["type"] == "tool_use") {
        let pieces = chunk.events.iter().filter_map(|event| match event {
            ModelEvent::ToolCall(call) if call.index == u32::try_from(index).ok() => Some(call),
            _ => None,
        });
        let (mut id, mut name, mut args) = (None, None, String::new());
        for piece in pieces {
            id = id.or(piece.id.as_deref());
            name = name.or(piece.name.as_deref());
            args.push_str(piece.args.as_deref().unwrap_or_default());
        }
        let args = if args.is_empty() { "{}" } else { &args };
        let same = id == block["id"].as_str()
            && name == block["name"].as_str()
            && serde_json::from_str::<Value>(args).is_ok_and(|args| args == block["input"]);
        if !same {
            return Err(format!("lost the call {block}"));
        }
    }
    Ok(())
}
