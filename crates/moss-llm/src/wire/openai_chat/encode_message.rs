//! One message of the conversation, as the wire takes it.

use std::borrow::Cow;

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject, Message};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{ChatDialect, ReasoningReplay};

pub(super) struct WireMessage<'a> {
    pub(super) dialect: &'a ChatDialect,
    pub(super) system_role: &'static str,
    pub(super) message: &'a Message,
}

/// Parts of an assistant's message in which other providers' wires keep reasoning.
const FOREIGN_REASONING: &[&str] =
    &["thinking", "redacted_thinking", "reasoning", "reasoning_content"];

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

    fn assistant<M: SerializeMap>(&self, map: &mut M, message: &AiMessage) -> Result<(), M::Error> {
        let has_calls = !message.tool_calls.is_empty() || !message.invalid_tool_calls.is_empty();
        match &message.content {
            Content::Text(text) if text.is_empty() && has_calls => {
                map.serialize_entry("content", &None::<()>)?;
            }
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(parts) => {
                let sent: Vec<&ContentPart> = parts.iter().filter(|part| is_sent(part)).collect();
                match sent[..] {
                    [] if has_calls => map.serialize_entry("content", &None::<()>)?,
                    [] => map.serialize_entry("content", "")?,
                    [ContentPart::Text { text, .. }] => map.serialize_entry("content", text)?,
                    _ => map.serialize_entry("content", &Parts(&sent))?,
                }
            }
        }
        if let Some(refusal) = message.additional_kwargs.get("refusal").filter(|it| it.is_string())
        {
            map.serialize_entry("refusal", refusal)?;
        }
        match self.dialect.reasoning {
            ReasoningReplay::ContentWithToolCalls if !has_calls => {}
            ReasoningReplay::ContentWithToolCalls | ReasoningReplay::Content => {
                if let Some(reasoning) = reasoning(message) {
                    map.serialize_entry("reasoning_content", &reasoning)?;
                }
            }
            ReasoningReplay::Details => {
                if let Some(details) = message.additional_kwargs.get("reasoning_details") {
                    map.serialize_entry("reasoning_details", details)?;
                }
            }
            ReasoningReplay::Never => {}
        }
        if has_calls {
            map.serialize_entry("tool_calls", &Calls(message))?;
        }
        Ok(())
    }
}

/// The reasoning of a message: as the provider sent it, or from its `think` parts.
fn reasoning(message: &AiMessage) -> Option<Cow<'_, str>> {
    for key in ["reasoning_content", "reasoning"] {
        if let Some(text) = message.additional_kwargs.get(key).and_then(Value::as_str) {
            return Some(Cow::Borrowed(text));
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
    Some(thoughts.collect::<String>()).filter(|text| !text.is_empty()).map(Cow::Owned)
}

/// Whether a part of an assistant's content goes into `content`.
fn is_sent(part: &ContentPart) -> bool {
    match part {
        ContentPart::Text { text, .. } => !text.is_empty(),
        ContentPart::Image { .. } => true,
        ContentPart::Think { .. } | ContentPart::ToolCall(_) => false,
        // Anthropic's calls are in `tool_calls` as well.
        ContentPart::Other(_) => {
            part.kind() != "tool_use" && !FOREIGN_REASONING.contains(&part.kind())
        }
    }
}

/// An assistant's parts. What else a text part carries (`citations`, a block's `index` …) is the answer's
/// bookkeeping, but for the mark that steers a prompt cache.
struct Parts<'a>(&'a [&'a ContentPart]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct TextPart<'a> {
            text: &'a str,
            extra: &'a JsonObject,
        }
        impl Serialize for TextPart<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", self.text)?;
                if let Some(mark) = self.extra.get("cache_control") {
                    map.serialize_entry("cache_control", mark)?;
                }
                map.end()
            }
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for part in self.0 {
            match part {
                ContentPart::Text { text, extra } => {
                    list.serialize_element(&TextPart { text, extra })?;
                }
                ContentPart::Think { .. }
                | ContentPart::Image { .. }
                | ContentPart::ToolCall(_)
                | ContentPart::Other(_) => list.serialize_element(part)?,
            }
        }
        list.end()
    }
}

struct Calls<'a>(&'a AiMessage);

impl Serialize for Calls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'a> {
            name: &'a str,
            arguments: &'a str,
        }
        #[derive(Serialize)]
        struct Call<'a> {
            id: &'a str,
            r#type: &'static str,
            function: Function<'a>,
        }
        fn call<'a>(id: &'a str, name: &'a str, arguments: &'a str) -> Call<'a> {
            Call { id, r#type: "function", function: Function { name, arguments } }
        }
        let mut list = serializer.serialize_seq(None)?;
        for it in &self.0.tool_calls {
            let arguments = serde_json::to_string(&it.args).map_err(S::Error::custom)?;
            list.serialize_element(&call(&it.id, &it.name, &arguments))?;
        }
        for it in &self.0.invalid_tool_calls {
            list.serialize_element(&call(&it.id, &it.name, &it.args))?;
        }
        list.end()
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
