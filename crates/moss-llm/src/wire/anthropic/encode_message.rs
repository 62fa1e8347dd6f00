//! One message of the conversation as content blocks.

use moss_protocol::{
    AiMessage, Content, ContentPart, JsonObject, Message, ToolMessage, ToolStatus,
};
use serde_json::Value;

use super::block::{Block, CACHE_CONTROL, Member};
use super::{ids, media};

/// The ids of calls that Anthropic's servers ran themselves begin so.
const SERVER_CALL: &str = "srvtoolu_";

/// Blocks of an assistant's message that go back as they came. What other providers' wires keep under types of
/// their own is not sent.
const ASSISTANT: &[&str] = &[
    "redacted_thinking",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "container_upload",
    "compaction",
    "fallback",
    "document",
    "search_result",
];

/// The blocks of any message but a system message's.
pub(super) fn blocks(message: &Message) -> Result<Vec<Block<'_>>, String> {
    let mut blocks = match message {
        Message::System(message) => parts(&message.content)?,
        Message::Human(message) => parts(&message.content)?,
        Message::Ai(message) => assistant(message)?,
        Message::Tool(message) => vec![tool_result(message)?],
    };
    blocks.retain(|block| !block.is_blank_text());
    Ok(blocks)
}

/// Content that is not an assistant's.
fn parts(content: &Content) -> Result<Vec<Block<'_>>, String> {
    match content {
        Content::Text(text) => Ok(vec![Block::text(text)]),
        Content::Parts(parts) => parts.iter().map(part).collect(),
    }
}

fn part(part: &ContentPart) -> Result<Block<'_>, String> {
    match part {
        ContentPart::Text { text, extra } => {
            Ok(Block::text(text).with_members(extra, &["citations", CACHE_CONTROL]))
        }
        ContentPart::Image { image_url, extra } => media::image_url(image_url, extra),
        ContentPart::Think { .. } => {
            Err("it has a `think` part, and is not an assistant's".to_owned())
        }
        ContentPart::ToolCall(call) => Err(unlisted(call.id())),
        ContentPart::Other(object) => {
            let mut block = match media::standard(part.kind(), object)? {
                Some(block) => block,
                None => Block::verbatim(object),
            };
            if block.kind() == "tool_result"
                && let Some(id) = object.get("tool_use_id").and_then(Value::as_str)
            {
                block.set("tool_use_id", Member::Text(ids::safe(id)));
            }
            Ok(block)
        }
    }
}

fn assistant(message: &AiMessage) -> Result<Vec<Block<'_>>, String> {
    let is_claudes = message
        .response_metadata
        .get("model_provider")
        .is_some_and(|provider| provider == "anthropic");
    let mut blocks = Vec::new();
    let mut written = Vec::new();
    match &message.content {
        Content::Text(text) => blocks.push(Block::text(text)),
        Content::Parts(parts) => {
            for one in parts {
                match one {
                    ContentPart::Text { .. } | ContentPart::Image { .. } => {
                        blocks.push(part(one)?);
                    }
                    // Reasoning without a signature is no thinking of Claude's.
                    ContentPart::Think { .. } => {}
                    ContentPart::ToolCall(call) => {
                        let block = listed(message, call.id());
                        blocks.push(block.ok_or_else(|| unlisted(call.id()))?);
                        written.push(call.id());
                    }
                    ContentPart::Other(object) => {
                        if let Some(block) = own(message, one.kind(), object, is_claudes) {
                            written.extend(object.get("id").and_then(Value::as_str));
                            blocks.push(block);
                        }
                    }
                }
            }
        }
    }
    let listed = message.tool_calls.iter().map(|call| call.id.as_str());
    let invalid = message.invalid_tool_calls.iter().map(|call| call.id.as_str());
    let missing = listed.chain(invalid).filter(|id| !written.contains(id));
    // A server's call without its block was not kept whole, and its result is nowhere.
    let missing = missing.filter(|id| !id.starts_with(SERVER_CALL));
    blocks.extend(missing.filter_map(|id| self::listed(message, id)));
    Ok(blocks)
}

/// A call that the message lists, as a block.
fn listed<'a>(message: &'a AiMessage, id: &str) -> Option<Block<'a>> {
    let call = |id: &'a str, name: &'a str, input| {
        Block::new("tool_use")
            .with("id", Member::Text(ids::safe(id)))
            .with("name", Member::Text(name.into()))
            .with("input", input)
    };
    let valid = message.tool_calls.iter().find(|call| call.id == id);
    if let Some(found) = valid {
        return Some(call(&found.id, &found.name, Member::Object(&found.args)));
    }
    // The provider takes objects only. What was wrong with the arguments is in the call's result.
    let found = message.invalid_tool_calls.iter().find(|call| call.id == id)?;
    Some(call(&found.id, &found.name, Member::Owned(Value::Object(JsonObject::new()))))
}

/// A part in a form of Anthropic's; `None` where it is not to be sent.
fn own<'a>(
    message: &'a AiMessage,
    kind: &str,
    object: &'a JsonObject,
    is_claudes: bool,
) -> Option<Block<'a>> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let signature = text("signature").filter(|signature| !signature.is_empty());
    match kind {
        // Google's thinking has the type and no signature.
        "thinking" => Some(thinking(text("thinking"), signature?)),
        // What newer clients make of it.
        "reasoning" if is_claudes => Some(thinking(text("reasoning"), signature?)),
        "tool_use" | "tool_call" => {
            let id = text("id")?;
            if id.starts_with(SERVER_CALL) {
                return Some(
                    with_input(Block::verbatim(object), object).with_kind("server_tool_use"),
                );
            }
            if kind == "tool_call" {
                return listed(message, id);
            }
            let mut block = with_input(Block::verbatim(object), object);
            block.set("id", Member::Text(ids::safe(id)));
            if let Some(input) = listed(message, id).and_then(|mut call| call.take("input")) {
                block.set("input", input);
            }
            Some(block)
        }
        "server_tool_use" | "mcp_tool_use" => Some(with_input(Block::verbatim(object), object)),
        "image" if object.contains_key("source") => Some(Block::verbatim(object)),
        // A piece of a call that is whole elsewhere.
        "input_json_delta" | "reasoning" | "reasoning_content" => None,
        kind if ASSISTANT.contains(&kind) || is_claudes => Some(Block::verbatim(object)),
        _ => None,
    }
}

fn thinking<'a>(text: Option<&'a str>, signature: &'a str) -> Block<'a> {
    // Models that do not show their thinking sign an empty one.
    Block::new("thinking")
        .with("thinking", Member::Text(text.unwrap_or_default().into()))
        .with("signature", Member::Text(signature.into()))
}

/// The block with an object as its input, whatever streaming and cutting left of it.
fn with_input<'a>(block: Block<'a>, object: &'a JsonObject) -> Block<'a> {
    let input = match object.get("input").or_else(|| object.get("args")) {
        Some(input @ Value::Object(_)) => Member::Value(input),
        Some(Value::String(text)) => {
            let parsed = serde_json::from_str::<JsonObject>(text).unwrap_or_default();
            Member::Owned(Value::Object(parsed))
        }
        _ => Member::Owned(Value::Object(JsonObject::new())),
    };
    block.with("input", input)
}

fn tool_result(message: &ToolMessage) -> Result<Block<'_>, String> {
    let mut result = Block::new("tool_result")
        .with("tool_use_id", Member::Text(ids::safe(&message.tool_call_id)));
    let mut cache_control = None;
    let mut is_error = message.status == Some(ToolStatus::Error);
    let mut inner = match &message.content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![Block::text(text)],
        Content::Parts(parts) => match nested_result(parts) {
            // A tool that answers in Anthropic's own form.
            Some(nested) => {
                cache_control = nested.get(CACHE_CONTROL).map(Member::Value);
                is_error |= nested.get("is_error").is_some_and(|error| *error == Value::Bool(true));
                if let Some(content) = nested.get("content") {
                    result.set("content", Member::Value(content));
                }
                Vec::new()
            }
            None => parts.iter().map(part).collect::<Result<_, _>>()?,
        },
    };
    // What a tool made for the model beside its answer: images, mostly.
    let artifact = message.artifact.as_ref().and_then(|artifact| artifact.get("content"));
    for made in artifact.and_then(Value::as_array).into_iter().flatten() {
        inner.extend(made.as_object().map(made_part).transpose()?);
    }
    inner.retain(|block| !block.is_blank_text());
    // The provider documents the mark on the result, not within it.
    for block in &mut inner {
        let mark = block.take(CACHE_CONTROL);
        cache_control = cache_control.or(mark);
    }
    match (&message.content, inner.is_empty()) {
        (_, true) => {}
        (Content::Text(text), false) if inner.len() == 1 && !text.trim().is_empty() => {
            result.set("content", Member::Text(text.into()));
        }
        (Content::Text(_) | Content::Parts(_), false) => {
            result.set("content", Member::Blocks(inner));
        }
    }
    if is_error {
        result.set("is_error", Member::Flag(true));
    }
    if let Some(mark) = cache_control {
        result.set(CACHE_CONTROL, mark);
    }
    Ok(result)
}

fn made_part(object: &JsonObject) -> Result<Block<'_>, String> {
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "image_url"
        && let Some(image) = object.get("image_url")
        && let Some(url) = image.get("url").unwrap_or(image).as_str()
    {
        return media::url(url, object);
    }
    Ok(media::standard(kind, object)?.unwrap_or_else(|| Block::verbatim(object)))
}

fn nested_result(parts: &[ContentPart]) -> Option<&JsonObject> {
    match parts {
        [only @ ContentPart::Other(object)] if only.kind() == "tool_result" => Some(object),
        _ => None,
    }
}

fn unlisted(id: &str) -> String {
    format!(
        "its content has the tool call `{id}`, which the message does not list in `tool_calls`; format the history so that it does, with the output in a tool message"
    )
}
