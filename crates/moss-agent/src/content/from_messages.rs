//! Content parts from messages: what `processStream` returns.

use moss_protocol::{
    AiMessage, Content, ContentPart, JsonObject, Message, ToolCallPart, ToolMessage,
};
use serde_json::{Value, json};

/// The content of a run's messages: reasoning, text, and each tool call with its output. A model's text
/// beside tool calls names them in `tool_call_ids`; it is there, empty, even when the model wrote none. What
/// people and the host said is left out.
pub fn content_of_messages<'a>(
    messages: impl IntoIterator<Item = &'a Message>,
) -> Vec<ContentPart> {
    let mut parts = Vec::new();
    let mut calls: Vec<JsonObject> = Vec::new();
    for message in messages {
        match message {
            Message::Ai(message) => {
                answer_parts(message, &mut parts);
                calls.extend(calls_of(message));
            }
            Message::Tool(message) => parts.push(tool_part(message, &calls)),
            Message::System(_) | Message::Human(_) => {}
        }
    }
    parts
}

fn answer_parts(message: &AiMessage, parts: &mut Vec<ContentPart>) {
    parts.extend(reasoning_beside(message).map(ContentPart::think));
    let ids: Vec<Value> = calls_of(message).filter_map(|call| call.get("id").cloned()).collect();
    let calls = JsonObject::from_iter([("tool_call_ids".to_owned(), Value::Array(ids.clone()))]);
    match &message.content {
        Content::Text(text) if !ids.is_empty() => {
            parts.push(ContentPart::Text { text: text.clone(), extra: calls });
        }
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => parts.push(ContentPart::text(text)),
        Content::Parts(own) => parts.extend(own.iter().cloned()),
    }
}

/// The calls of an answer as a tool-call part shows them, without their output.
fn calls_of(message: &AiMessage) -> impl Iterator<Item = JsonObject> {
    let shown = |name: &str, args: Value, id: &str| {
        let call = json!({"name": name, "args": args, "id": id, "type": "tool_call"});
        call.as_object().cloned().unwrap_or_default()
    };
    let valid = message
        .tool_calls
        .iter()
        .map(move |call| shown(&call.name, Value::Object(call.args.clone()), &call.id));
    let invalid = message
        .invalid_tool_calls
        .iter()
        .map(move |call| shown(&call.name, Value::String(call.args.clone()), &call.id));
    valid.chain(invalid)
}

fn tool_part(message: &ToolMessage, calls: &[JsonObject]) -> ContentPart {
    let id = Value::from(message.tool_call_id.as_str());
    let call = calls.iter().rev().find(|call| call.get("id") == Some(&id));
    let mut part = call.cloned().unwrap_or_default();
    let output = match &message.content {
        Content::Text(text) => text.clone(),
        Content::Parts(_) => serde_json::to_string(&message.content).unwrap_or_default(),
    };
    part.insert("output".to_owned(), Value::String(output));
    ContentPart::ToolCall(ToolCallPart(part))
}

/// The reasoning that stands beside the content of an answer, in the fields of the several providers.
fn reasoning_beside(message: &AiMessage) -> Option<String> {
    let kwargs = &message.additional_kwargs;
    let text = ["reasoning_content", "reasoning"].iter().find_map(|key| kwargs.get(*key)?.as_str());
    if let Some(text) = text {
        return Some(text.to_owned());
    }
    let summaries = kwargs.get("reasoning")?.get("summary")?.as_array()?;
    let texts = summaries.iter().filter_map(|summary| summary.get("text")?.as_str());
    Some(texts.collect::<String>()).filter(|text| !text.is_empty())
}

/// The reasoning of an answer, beside its content or in it.
pub(crate) fn reasoning_of(message: &AiMessage) -> Option<String> {
    let beside = reasoning_beside(message);
    if beside.is_some() {
        return beside;
    }
    let Content::Parts(parts) = &message.content else { return None };
    let texts = parts.iter().filter_map(|part| match part {
        ContentPart::Think { think, .. } => Some(think.as_str()),
        ContentPart::Other(part) => match part.get("type").and_then(Value::as_str) {
            Some(kind @ ("thinking" | "reasoning")) => part.get(kind)?.as_str(),
            Some("reasoning_content") => part.get("reasoningText")?.get("text")?.as_str(),
            _ => None,
        },
        ContentPart::Text { .. } | ContentPart::Image { .. } | ContentPart::ToolCall(_) => None,
    });
    Some(texts.collect::<String>()).filter(|text| !text.is_empty())
}
