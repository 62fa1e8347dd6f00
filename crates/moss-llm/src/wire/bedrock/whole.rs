//! An answer that came in one piece.

use moss_protocol::{JsonObject, ToolCallChunk};
use serde_json::Value;

use super::decode::server_tool;
use super::events::{beside, extra, finish_reason, part};
use super::fault::Fault;
use super::usage;
use crate::{ModelEvent, ReasoningForm, ResponseInfo};

/// Blocks that are parts of the answer as they are: Bedrock's name, and the part's type, which is LangChain's.
pub(super) const BLOCKS: &[(&str, &str)] = &[
    ("audio", "audio"),
    ("cachePoint", "cache_point"),
    ("citationsContent", "citations_content"),
    ("document", "document"),
    ("guardContent", "guard_content"),
    ("image", "image"),
    ("searchResult", "search_result"),
    ("toolResult", "tool_result"),
    ("video", "video"),
];

pub(super) fn read(text: &str) -> Result<Vec<ModelEvent>, Fault> {
    let mut answer: JsonObject = serde_json::from_str(text)?;
    let Some(Value::Object(mut output)) = answer.shift_remove("output") else {
        return Err(Fault::Order("it has no output"));
    };
    let Some(Value::Object(mut message)) = output.shift_remove("message") else {
        return Err(Fault::Order("it has no message"));
    };
    let Some(Value::Array(blocks)) = message.shift_remove("content") else {
        return Err(Fault::Order("its message has no content"));
    };
    if message.get("role").is_some_and(|role| role == "assistant") {
        message.shift_remove("role");
    }
    let mut events = vec![ModelEvent::Started(ResponseInfo::default())];
    let is_text = blocks.len() == 1 && blocks[0].get("text").is_some();
    for (index, block) in (0..).zip(blocks) {
        let Value::Object(block) = block else {
            return Err(Fault::Order("a block of its content is no object"));
        };
        for (name, value) in block {
            self::block(index, name, value, is_text, &mut events)?;
        }
    }
    if let Some(raw) = answer.get("stopReason").and_then(Value::as_str) {
        events.push(ModelEvent::Finished { reason: finish_reason(raw), raw: raw.to_owned() });
    }
    let usage = answer.get("usage").and_then(usage::read);
    events.extend(usage.map(ModelEvent::Usage));
    beside("output.message", message, &mut events);
    beside("output", output, &mut events);
    for (name, value) in answer {
        if !value.is_null() {
            extra(name, value, &mut events);
        }
    }
    Ok(events)
}

fn block(
    index: u32,
    name: String,
    value: Value,
    is_only_text: bool,
    events: &mut Vec<ModelEvent>,
) -> Result<(), Fault> {
    match (name.as_str(), value) {
        (_, Value::Null) => {}
        ("text", Value::String(text)) => {
            if !text.is_empty() {
                let index = (!is_only_text).then_some(index);
                events.push(ModelEvent::Text { text, index });
            }
        }
        ("reasoningContent", Value::Object(reasoning)) => reasoning_block(index, reasoning, events),
        ("toolUse", Value::Object(tool)) => tool_use(index, tool, events)?,
        (name, value) => match BLOCKS.iter().find(|(known, _)| *known == name) {
            Some((name, kind)) => part(index, kind, name, value, events),
            None => {
                let block = JsonObject::from_iter([(name.to_owned(), value)]);
                part(index, "non_standard", "value", Value::Object(block), events);
            }
        },
    }
    Ok(())
}

fn reasoning_block(index: u32, reasoning: JsonObject, events: &mut Vec<ModelEvent>) {
    for (name, value) in reasoning {
        match (name.as_str(), value) {
            ("reasoningText", Value::Object(mut text)) => {
                if let Some(Value::String(text)) = text.shift_remove("text")
                    && !text.is_empty()
                {
                    let form = ReasoningForm::ReasoningContent;
                    let index = Some(index);
                    events.push(ModelEvent::Reasoning { text, form, index, details: None });
                }
                text.retain(|_, value| !value.is_null());
                if !text.is_empty() {
                    let text = Value::Object(text);
                    part(index, "reasoning_content", "reasoningText", text, events);
                }
            }
            (_, Value::Null) => {}
            (name, value) => part(index, "reasoning_content", name, value, events),
        }
    }
}

fn tool_use(index: u32, mut tool: JsonObject, events: &mut Vec<ModelEvent>) -> Result<(), Fault> {
    if let Some(kind) = server_tool(&tool) {
        let kind = kind.to_owned();
        part(index, &kind, "toolUse", Value::Object(tool), events);
        return Ok(());
    }
    let mut text = |name: &str| match tool.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(Fault::Order("a tool call has no id or no name")),
    };
    let (id, name) = (text("toolUseId")?, text("name")?);
    let args = match tool.shift_remove("input") {
        None | Some(Value::Null) => None,
        Some(input) => Some(input.to_string()),
    };
    let (id, name, index_of) = (Some(id), Some(name), Some(index));
    let chunk = ToolCallChunk { id, name, args, index: index_of, ..ToolCallChunk::default() };
    events.push(ModelEvent::ToolCall(chunk));
    beside(&format!("output.message.content.{index}.toolUse"), tool, events);
    Ok(())
}
