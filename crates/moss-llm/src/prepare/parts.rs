//! What the parts of messages are, as far as the rules care: each provider has its own words.

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject};
use serde_json::Value;

/// How the ids of calls begin that Anthropic's servers run themselves.
const SERVER_CALL: &str = "srvtoolu_";

/// Whether an id is that of a call that the provider runs itself.
pub(super) fn is_server_call(id: &str) -> bool {
    id.starts_with(SERVER_CALL)
}

/// A tool call that a part of the content writes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallPart<'a> {
    /// Google's have none.
    pub(super) id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) input: Option<&'a JsonObject>,
    /// What came of it, where the part tells that too.
    pub(super) output: Option<&'a str>,
}

/// The call of the host's tools that a part writes out: Anthropic's `tool_use`, Google's `functionCall`, Bedrock's
/// `toolUse`, a `tool_call` of the Run interface or of LangChain's standard blocks.
pub(super) fn call(part: &ContentPart) -> Option<CallPart<'_>> {
    match part {
        ContentPart::ToolCall(call) => Some(CallPart {
            id: Some(call.id()),
            name: call.name(),
            input: call.0.get("args").and_then(Value::as_object),
            output: call.output(),
        }),
        ContentPart::Other(object) => {
            let member = |name: &str| object.get(name).and_then(Value::as_object);
            let (call, id, input) = match object.get("type").and_then(Value::as_str) {
                Some("tool_use") => (object, "id", "input"),
                Some("tool_call") => (object, "id", "args"),
                _ => match (member("functionCall"), member("toolUse")) {
                    (Some(call), _) => (call, "id", "args"),
                    (None, Some(call)) => (call, "toolUseId", "input"),
                    (None, None) => return None,
                },
            };
            Some(CallPart {
                id: call.get(id).and_then(Value::as_str),
                name: call.get("name").and_then(Value::as_str).unwrap_or_default(),
                input: call.get(input).and_then(Value::as_object),
                output: None,
            })
        }
        ContentPart::Text { .. } | ContentPart::Think { .. } | ContentPart::Image { .. } => None,
    }
}

/// The id of the call that a part answers, as Anthropic writes results into a user's message.
pub(super) fn answered(part: &ContentPart) -> Option<&str> {
    match part {
        ContentPart::Other(object) if part.kind() == "tool_result" => {
            object.get("tool_use_id").and_then(Value::as_str)
        }
        ContentPart::Other(_)
        | ContentPart::Text { .. }
        | ContentPart::Think { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_) => None,
    }
}

/// Whether a part is reasoning.
pub(super) fn is_reasoning(part: &ContentPart) -> bool {
    match part {
        ContentPart::Think { .. } => true,
        ContentPart::Other(object) => {
            matches!(
                part.kind(),
                "thinking" | "redacted_thinking" | "reasoning" | "reasoning_content"
            ) || object.contains_key("reasoningContent")
        }
        ContentPart::Text { .. } | ContentPart::Image { .. } | ContentPart::ToolCall(_) => false,
    }
}

/// Whether a part is an image, a sound, a film or a file, in any provider's form.
pub(super) fn is_media(part: &ContentPart) -> bool {
    const KINDS: &[&str] = &[
        "image",
        "image_url",
        "input_image",
        "file",
        "input_file",
        "document",
        "document_url",
        "audio",
        "input_audio",
        "video",
        "video_url",
        "media",
    ];
    const BEDROCK: &[&str] = &["image", "document", "video"];
    match part {
        ContentPart::Image { .. } => true,
        ContentPart::Other(object) => match part.kind() {
            "" => {
                BEDROCK.iter().any(|kind| object.contains_key(*kind))
                    || ["inlineData", "fileData"].iter().any(|kind| object.contains_key(*kind))
            }
            kind => KINDS.contains(&kind),
        },
        ContentPart::Text { .. } | ContentPart::Think { .. } | ContentPart::ToolCall(_) => false,
    }
}

/// Whether a part is text or reasoning text with nothing but white space.
pub(super) fn is_blank(part: &ContentPart) -> bool {
    match part {
        // Google signs empty texts, and wants the signatures back.
        ContentPart::Text { text, extra } => {
            text.trim().is_empty() && !extra.contains_key("thoughtSignature")
        }
        ContentPart::Think { think, .. } => think.trim().is_empty(),
        ContentPart::Image { .. } | ContentPart::ToolCall(_) | ContentPart::Other(_) => false,
    }
}

/// Whether an assistant's message says or does anything, reasoning aside.
pub(super) fn says_something(message: &AiMessage) -> bool {
    let in_content = match &message.content {
        Content::Text(text) => !text.trim().is_empty(),
        Content::Parts(parts) => parts.iter().any(|part| !is_blank(part) && !is_reasoning(part)),
    };
    in_content || says_beside_content(message)
}

/// Whether an assistant's message calls tools, or says what stands beside its content.
pub(super) fn says_beside_content(message: &AiMessage) -> bool {
    !message.tool_calls.is_empty()
        || !message.invalid_tool_calls.is_empty()
        || ["refusal", "audio", "tool_outputs"]
            .iter()
            .any(|name| message.additional_kwargs.contains_key(*name))
}

/// The parts of a content; a text is one part, and none when it is empty.
pub(super) fn into_parts(content: Content) -> Vec<ContentPart> {
    match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![ContentPart::text(text)],
        Content::Parts(parts) => parts,
    }
}
