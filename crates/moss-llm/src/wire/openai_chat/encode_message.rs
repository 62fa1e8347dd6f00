//! One message of the conversation, as the wire takes it.

use std::borrow::Cow;

use moss_protocol::{AiMessage, Content, ContentPart, Message};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ChatDialect;

pub(super) struct WireMessage<'a> {
    pub(super) dialect: &'a ChatDialect,
    pub(super) system_role: &'static str,
    pub(super) message: &'a Message,
    /// Whether it ends the conversation.
    pub(super) is_last: bool,
}

/// Whether each part has a form on the wire; what is wrong, where one has none.
pub(in crate::wire) fn check(message: &Message) -> Result<(), String> {
    let Content::Parts(parts) = message.content() else { return Ok(()) };
    for part in parts {
        match (part, message) {
            (ContentPart::ToolCall(call), Message::Ai(ai)) if has_call(ai, call.id()) => {}
            (ContentPart::ToolCall(call), _) => {
                return Err(format!(
                    "its content has the tool call `{}`, which the message does not list in `tool_calls`; format the history so that it does, with the output in a tool message",
                    call.id()
                ));
            }
            (ContentPart::Think { .. }, Message::Ai(_)) => {}
            (ContentPart::Think { .. }, _) => {
                return Err("it has a `think` part, and is not an assistant's".to_owned());
            }
            (ContentPart::Text { .. } | ContentPart::Image { .. } | ContentPart::Other(_), _) => {}
        }
    }
    Ok(())
}

fn has_call(message: &AiMessage, id: &str) -> bool {
    message.tool_calls.iter().any(|call| call.id == id)
        || message.invalid_tool_calls.iter().any(|call| call.id == id)
}

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.message {
            Message::System(message) => {
                map.serialize_entry("role", self.system_role)?;
                map.serialize_entry("content", &message.content)?;
                self.name(&mut map, message.name.as_deref())?;
            }
            Message::Human(message) => {
                map.serialize_entry("role", "user")?;
                map.serialize_entry("content", &message.content)?;
                self.name(&mut map, message.name.as_deref())?;
            }
            Message::Ai(message) => {
                map.serialize_entry("role", "assistant")?;
                self.name(&mut map, message.name.as_deref())?;
                self.assistant(&mut map, message)?;
            }
            Message::Tool(message) => {
                map.serialize_entry("role", "tool")?;
                map.serialize_entry("tool_call_id", &message.tool_call_id)?;
                // Every dialect takes the name here.
                if let Some(name) = &message.name {
                    map.serialize_entry("name", &safe_name(name))?;
                }
                map.serialize_entry("content", &message.content)?;
            }
        }
        map.end()
    }
}

impl WireMessage<'_> {
    fn name<M: SerializeMap>(&self, map: &mut M, name: Option<&str>) -> Result<(), M::Error> {
        match name {
            Some(name) if self.dialect.message_names && !name.is_empty() => {
                map.serialize_entry("name", &safe_name(name))
            }
            _ => Ok(()),
        }
    }
}

/// A name as OpenAI takes it: without white space and `<|\/>`.
fn safe_name(name: &str) -> Cow<'_, str> {
    let refused = |char: char| char.is_whitespace() || "<|\\/>".contains(char);
    if name.contains(refused) {
        Cow::Owned(name.replace(refused, "_"))
    } else {
        Cow::Borrowed(name)
    }
}
