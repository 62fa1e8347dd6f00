//! From messages to the turns of a conversation.

use std::collections::HashMap;
use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, Message, ToolMessage, ToolStatus};
use serde_json::{Value, json};

use super::calls::is_made;
use super::media::{Media, media};
use super::model::ModelName;
use super::signatures::signatures;
use super::wire_part::{CallArgs, WireContent, WirePart, is_ours};

/// A conversation as the wire takes it.
#[derive(Debug, Default)]
pub(super) struct Contents<'a> {
    /// What the host instructs.
    pub(super) system: Vec<WirePart<'a>>,
    pub(super) turns: Vec<WireContent<'a>>,
}

/// Parts of an assistant's message in which other providers' wires keep reasoning, or what belongs to their own
/// tools, and what only mirrors the message's calls.
const FOREIGN: &[&str] = &[
    "thinking",
    "redacted_thinking",
    "reasoning_content",
    "tool_use",
    "input_json_delta",
    "functionCall",
];

impl<'a> Contents<'a> {
    /// Reads the messages in their order.
    ///
    /// # Errors
    /// The position of the first message that cannot be sent, and why.
    pub(super) fn read(
        messages: &'a [Arc<Message>],
        model: ModelName<'_>,
    ) -> Result<Self, (usize, String)> {
        let mut this = Self::default();
        let mut names = HashMap::new();
        let mut after_result = false;
        for (position, message) in messages.iter().enumerate() {
            let at = |problem| (position, problem);
            let is_result = matches!(**message, Message::Tool(_));
            let (role, parts) = match &**message {
                Message::System(message) => {
                    this.system.extend(hosts(&message.content).map_err(at)?);
                    continue;
                }
                Message::Human(message) => ("user", hosts(&message.content).map_err(at)?),
                Message::Ai(message) => {
                    names.extend(calls(message).map(|call| (call.id, call.name)));
                    ("model", answer(message, model).map_err(at)?)
                }
                Message::Tool(message) => ("user", vec![result(message, &names).map_err(at)?]),
            };
            match this.turns.last_mut() {
                // The results of one turn's calls have to stand together.
                Some(last) if is_result && after_result => last.parts.extend(parts),
                // The wire takes no turn without parts.
                _ if parts.is_empty() => {}
                _ => this.turns.push(WireContent { role, parts }),
            }
            after_result = is_result;
        }
        if model.refuses_own_turn_last() {
            let last = this.turns.iter().rposition(|turn| turn.role != "model").unwrap_or(0);
            this.turns.truncate(last + 1);
        }
        Ok(this)
    }
}

/// What a host wrote, as system or user.
fn hosts(content: &Content) -> Result<Vec<WirePart<'_>>, String> {
    let parts = match content {
        Content::Text(text) => return Ok(text_part(text).into_iter().collect()),
        Content::Parts(parts) => parts,
    };
    let mut sent = Vec::new();
    for part in parts {
        match part {
            ContentPart::Text { text, .. } => sent.extend(text_part(text)),
            ContentPart::Think { .. } => {
                return Err("it has a `think` part, and is not an assistant's".to_owned());
            }
            ContentPart::ToolCall(call) => return Err(unlisted(call.id())),
            ContentPart::Image { .. } | ContentPart::Other(_) => {
                let about = match part {
                    ContentPart::Other(object) => Some(object),
                    _ => None,
                };
                match (media(part)?, about) {
                    (Some(media), about) => sent.push(WirePart::Media { media, about }),
                    (None, Some(object)) if is_own(part) => sent.push(WirePart::Own(object)),
                    // A mark for another provider's cache.
                    (None, _) if part.kind() == "cachePoint" => {}
                    (None, _) => {
                        let kind = part.kind();
                        return Err(format!("Gemini has no form for its part of type `{kind}`"));
                    }
                }
            }
        }
    }
    Ok(sent)
}

/// What the model said earlier, here or at another provider.
fn answer<'a>(message: &'a AiMessage, model: ModelName<'_>) -> Result<Vec<WirePart<'a>>, String> {
    let mut sent = Vec::new();
    match &message.content {
        Content::Text(text) => sent.extend(text_part(text)),
        Content::Parts(parts) => {
            for part in parts {
                sent.extend(answer_part(part, message)?);
            }
        }
    }
    let signatures = signatures(message, model);
    for (call, signature) in calls(message).zip(signatures) {
        sent.push(WirePart::Call {
            name: call.name,
            id: given(call.id),
            args: call.args,
            signature,
        });
    }
    Ok(sent)
}

fn answer_part<'a>(
    part: &'a ContentPart,
    message: &AiMessage,
) -> Result<Option<WirePart<'a>>, String> {
    Ok(match part {
        ContentPart::Text { text, extra } => {
            let signature = extra.get("thoughtSignature").and_then(Value::as_str);
            let says = !text.is_empty() || signature.is_some();
            says.then_some(WirePart::Text { text, thought: false, signature })
        }
        ContentPart::Think { .. } => None,
        ContentPart::ToolCall(call) if calls(message).any(|known| known.id == call.id()) => None,
        ContentPart::ToolCall(call) => return Err(unlisted(call.id())),
        ContentPart::Other(object) if part.kind() == "reasoning" => {
            let text = object.get("reasoning").and_then(Value::as_str).unwrap_or_default();
            let signature = object.get("thoughtSignature").and_then(Value::as_str);
            let says = !text.is_empty() || signature.is_some();
            says.then_some(WirePart::Text { text, thought: true, signature })
        }
        ContentPart::Other(_) if FOREIGN.contains(&part.kind()) => None,
        ContentPart::Other(object) if is_own(part) => Some(WirePart::Own(object)),
        ContentPart::Image { .. } | ContentPart::Other(_) => {
            // What is no media either belongs to another provider's own tools.
            media(part).ok().flatten().map(|media| WirePart::Media { media, about: None })
        }
    })
}

/// Whether a part is one of Google's own: its data stands under the name of its type, or it has no type and is
/// written as the wire has it.
fn is_own(part: &ContentPart) -> bool {
    const KINDS: &[&str] = &[
        "inlineData",
        "fileData",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
        "functionResponse",
    ];
    let ContentPart::Other(object) = part else { return false };
    let kind = part.kind();
    let is_data = |name: &str| KINDS.contains(&name) && object.contains_key(name);
    match kind {
        "" => object.keys().any(|name| is_data(name)),
        // Kinds to come are kept by the decoder in the same way. Others' types have underscores.
        kind => {
            is_data(kind)
                || object.get(kind).is_some_and(Value::is_object)
                    && !kind.contains('_')
                    && kind != "cachePoint"
                    && object.keys().all(|name| is_ours(name) || !name.contains('_'))
        }
    }
}

struct Call<'a> {
    id: &'a str,
    name: &'a str,
    args: CallArgs<'a>,
}

fn calls(message: &AiMessage) -> impl Iterator<Item = Call<'_>> {
    let valid = message.tool_calls.iter().map(|call| Call {
        id: &call.id,
        name: &call.name,
        args: CallArgs::Object(&call.args),
    });
    let invalid = message.invalid_tool_calls.iter().map(|call| Call {
        id: &call.id,
        name: &call.name,
        args: CallArgs::Unreadable(&call.args),
    });
    valid.chain(invalid)
}

/// What a tool answered: text as `result`, or as `error` where it failed, and media beside it.
fn result<'a>(
    message: &'a ToolMessage,
    names: &HashMap<&'a str, &'a str>,
) -> Result<WirePart<'a>, String> {
    let id = message.tool_call_id.as_str();
    let name = message.name.as_deref().filter(|name| !name.is_empty());
    let name = name.or_else(|| names.get(id).copied()).ok_or_else(|| {
        format!("Gemini wants the name of the tool that answers the call `{id}`; set `name`")
    })?;
    let mut texts = Vec::new();
    let mut files = Vec::new();
    match &message.content {
        Content::Text(text) => texts.push(text.as_str()),
        Content::Parts(parts) => {
            for part in parts {
                match (part, media(part)?) {
                    (ContentPart::Text { text, .. }, _) => texts.push(text),
                    (_, Some(Media::Text(text))) => texts.push(text),
                    (_, Some(media)) => files.push(media),
                    (_, None) => {
                        let kind = part.kind();
                        return Err(format!("Gemini has no form for its part of type `{kind}`"));
                    }
                }
            }
        }
    }
    let said = texts.join("\n");
    let response = match message.status {
        Some(ToolStatus::Error) => json!({"error": said}),
        Some(ToolStatus::Success) | None => json!({"result": said}),
    };
    Ok(WirePart::Response { name, id: given(id), response, media: files })
}

/// An id as the provider is to see it.
fn given(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty() && !is_made(id))
}

fn text_part(text: &str) -> Option<WirePart<'_>> {
    (!text.is_empty()).then_some(WirePart::Text { text, thought: false, signature: None })
}

fn unlisted(id: &str) -> String {
    format!(
        "its content has the tool call `{id}`, which the message does not list in `tool_calls`; format the history so that it does, with the output in a tool message"
    )
}
