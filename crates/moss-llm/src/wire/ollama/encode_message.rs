//! One message of the conversation, as Ollama takes it.

use std::collections::HashMap;

use moss_protocol::{AiMessage, Content, ContentPart, Message};
use serde_json::{Map, Value, json};

use crate::wire::attachment::{Attachment, AttachmentKind, Source};
use crate::wire::unreadable;

/// The message. `names` are those of the tools, by the ids of their calls.
///
/// # Errors
/// In words, where a part has no form on the wire.
pub(super) fn encoded(message: &Message, names: &HashMap<String, String>) -> Result<Value, String> {
    let role = match message {
        Message::System(_) => "system",
        Message::Human(_) => "user",
        Message::Ai(_) => "assistant",
        Message::Tool(_) => "tool",
    };
    let mut object = Map::new();
    object.insert("role".to_owned(), role.into());
    let Said { text, images } = match message {
        Message::Ai(_) => answered(message.content()),
        Message::System(_) | Message::Human(_) | Message::Tool(_) => said(message.content())?,
    };
    object.insert("content".to_owned(), text.into());
    if !images.is_empty() {
        object.insert("images".to_owned(), images.into());
    }
    match message {
        Message::Ai(message) => {
            if let Some(thinking) = reasoning(message) {
                object.insert("thinking".to_owned(), thinking.into());
            }
            let calls = calls(message);
            if !calls.is_empty() {
                object.insert("tool_calls".to_owned(), calls.into());
            }
        }
        Message::Tool(message) => {
            let name = message.name.as_ref().or_else(|| names.get(&message.tool_call_id));
            if let Some(name) = name {
                object.insert("tool_name".to_owned(), name.as_str().into());
            }
        }
        Message::System(_) | Message::Human(_) => {}
    }
    Ok(Value::Object(object))
}

#[derive(Default)]
struct Said {
    text: String,
    images: Vec<Value>,
}

impl Said {
    fn text(&mut self, text: &str) {
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }
}

fn said(content: &Content) -> Result<Said, String> {
    let mut said = Said::default();
    let parts = match content {
        Content::Text(text) => {
            said.text(text);
            return Ok(said);
        }
        Content::Parts(parts) => parts,
    };
    for part in parts {
        if let ContentPart::Text { text, .. } = part {
            said.text(text);
            continue;
        }
        let attachment = Attachment::of(part)
            .ok_or_else(|| format!("Ollama has no form for a part of type `{}`", part.kind()))?;
        match (attachment.kind, attachment.source) {
            (AttachmentKind::Image, Source::Base64(data)) => said.images.push(data.into()),
            (AttachmentKind::Image, Source::Url(_) | Source::Id(_) | Source::Text(_)) => {
                return Err(
                    "its image is given by a URL or an id, which Ollama does not fetch; give the data"
                        .to_owned(),
                );
            }
            (AttachmentKind::File, Source::Text(text)) => said.text(text),
            (AttachmentKind::Audio | AttachmentKind::Video | AttachmentKind::File, _) => {
                return Err("Ollama takes images, and files as text, and no others".to_owned());
            }
        }
    }
    Ok(said)
}

/// What an assistant said. Its answers hold many parts that are for other providers alone.
fn answered(content: &Content) -> Said {
    let mut said = Said::default();
    match content {
        Content::Text(text) => said.text(text),
        // One text that a provider cut into blocks.
        Content::Parts(_) => said.text = content.text(),
    }
    said
}

/// The reasoning of a message: as the provider sent it, or from its `think` parts.
fn reasoning(message: &AiMessage) -> Option<String> {
    for key in ["reasoning_content", "reasoning"] {
        if let Some(text) = message.additional_kwargs.get(key).and_then(Value::as_str) {
            return Some(text.to_owned());
        }
    }
    let Content::Parts(parts) = &message.content else { return None };
    let thoughts = parts.iter().filter_map(|part| match part {
        ContentPart::Think { think, .. } => Some(think.as_str()),
        ContentPart::Text { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_)
        | ContentPart::Other(_) => None,
    });
    Some(thoughts.collect::<String>()).filter(|text| !text.is_empty())
}

fn calls(message: &AiMessage) -> Vec<Value> {
    let call = |name: &str, arguments: Value| json!({"type": "function", "function": {"name": name, "arguments": arguments}});
    let valid = message.tool_calls.iter().map(|it| call(&it.name, it.args.clone().into()));
    let invalid = message
        .invalid_tool_calls
        .iter()
        .map(|it| call(&it.name, unreadable::within_object(&it.args).into()));
    valid.chain(invalid).collect()
}
