//! Content blocks and their pieces, as parts of the answer's content.

use moss_protocol::JsonObject;
use serde_json::Value;

use super::decode::extra;
use crate::{ModelEvent, ReasoningForm};

/// What of a block that began is to be kept until it ends.
pub(super) enum Begun {
    /// Nothing: its pieces say all.
    Told,
    /// Its type, in case that input comes after all.
    Kind(JsonObject),
    /// All of it: its input is still to come.
    Waits(JsonObject),
}

/// Tells a block that begins, or a whole one, unless it has to wait for its input.
pub(super) fn begun(mut block: JsonObject, index: u32, events: &mut Vec<ModelEvent>) -> Begun {
    match kind(&block) {
        "text" => {
            text(&block, Some(index), events);
            // `citations: []` begins a text that will cite.
            block.retain(|name, value| name != "text" && !says_nothing(value));
            part(block, index, events);
            Begun::Told
        }
        "thinking" => {
            let said = block.get("thinking").and_then(Value::as_str).unwrap_or_default();
            if !said.is_empty() {
                events.push(ModelEvent::Reasoning {
                    text: said.to_owned(),
                    form: ReasoningForm::Thinking,
                    index: Some(index),
                    details: None,
                });
            }
            block.retain(|name, value| name != "thinking" && !says_nothing(value));
            part(block, index, events);
            Begun::Told
        }
        // llama.cpp leaves the empty input out.
        "tool_use" | "server_tool_use" | "mcp_tool_use" => Begun::Waits(block),
        _ if block.contains_key("input") => Begun::Waits(block),
        // A block that is whole when it begins, and what this version does not know.
        _ => {
            let kind = block.get("type").cloned();
            part(block, index, events);
            Begun::Kind(kind.map(|kind| ("type".to_owned(), kind)).into_iter().collect())
        }
    }
}

/// Tells a piece of an open block. `block` is the block's type.
pub(super) fn delta(
    mut delta: JsonObject,
    index: u32,
    block: Option<&str>,
    events: &mut Vec<ModelEvent>,
) {
    let kind = kind(&delta).to_owned();
    let mut told = JsonObject::new();
    let own: &[&str] = match kind.as_str() {
        "text_delta" => {
            text(&delta, Some(index), events);
            delta.shift_remove("text");
            &[]
        }
        "thinking_delta" => {
            if let Some(Value::String(said)) = delta.shift_remove("thinking")
                && !said.is_empty()
            {
                events.push(ModelEvent::Reasoning {
                    text: said,
                    form: ReasoningForm::Thinking,
                    index: Some(index),
                    details: None,
                });
            }
            &[]
        }
        "input_json_delta" => &[],
        "signature_delta" => {
            told.insert("type".to_owned(), "thinking".into());
            &["signature"]
        }
        "citations_delta" => {
            told.insert("type".to_owned(), "text".into());
            if let Some(citation) = delta.shift_remove("citation") {
                told.insert("citations".to_owned(), Value::Array(vec![citation]));
            }
            &[]
        }
        "compaction_delta" => {
            told.insert("type".to_owned(), block.unwrap_or("compaction").into());
            &["content", "encrypted_content"]
        }
        _ => {
            extra(format!("content.{index}.delta"), Value::Object(delta), events);
            return;
        }
    };
    delta.shift_remove("type");
    for name in own {
        if let Some(value) = delta.shift_remove(*name)
            && !value.is_null()
        {
            told.insert((*name).to_owned(), value);
        }
    }
    part(told, index, events);
    for (name, value) in delta {
        extra(format!("content.{index}.delta.{name}"), value, events);
    }
}

/// Whether a block is a text and nothing else.
pub(super) fn is_plain_text(block: &JsonObject) -> bool {
    kind(block) == "text"
        && block.iter().all(|(name, value)| name == "type" || name == "text" || says_nothing(value))
}

/// Tells the text of a block.
pub(super) fn text(block: &JsonObject, index: Option<u32>, events: &mut Vec<ModelEvent>) {
    if let Some(Value::String(text)) = block.get("text")
        && !text.is_empty()
    {
        events.push(ModelEvent::Text { text: text.clone(), index });
    }
}

/// A part, if it has more than its type.
fn part(part: JsonObject, index: u32, events: &mut Vec<ModelEvent>) {
    if part.keys().any(|name| name != "type") {
        events.push(ModelEvent::Part { index: Some(index), part });
    }
}

fn kind(object: &JsonObject) -> &str {
    object.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}
