//! What an assistant said, thought and called, as the wire takes it back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject, Provider};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ReasoningReplay;
use super::encode_message::WireMessage;
use super::foreign::is_foreign;
use crate::wire::unreadable;

impl WireMessage<'_> {
    /// Writes the members of an assistant's message behind its role and name.
    pub(super) fn assistant<M: SerializeMap>(
        &self,
        map: &mut M,
        message: &AiMessage,
    ) -> Result<(), M::Error> {
        let has_calls = !message.tool_calls.is_empty() || !message.invalid_tool_calls.is_empty();
        let reasoning = match self.dialect.reasoning {
            ReasoningReplay::ContentWithToolCalls if !has_calls => None,
            ReasoningReplay::ContentWithToolCalls
            | ReasoningReplay::Content
            | ReasoningReplay::ThinkingPart => reasoning(message),
            ReasoningReplay::Details | ReasoningReplay::Never => None,
        };
        let thinking = reasoning
            .as_deref()
            .filter(|_| matches!(self.dialect.reasoning, ReasoningReplay::ThinkingPart));
        said(map, &message.content, thinking, has_calls)?;
        if self.is_last && self.dialect.strict_tool_turns && !has_calls {
            map.serialize_entry("prefix", &true)?;
        }
        if let Some(refusal) = message.additional_kwargs.get("refusal").filter(|it| it.is_string())
        {
            map.serialize_entry("refusal", refusal)?;
        }
        // What was spoken is kept at the provider, and goes back by its id.
        let spoken = message.additional_kwargs.get("audio").and_then(|audio| audio.get("id"));
        let is_openai = matches!(self.dialect.provider, Provider::OpenAi | Provider::AzureOpenAi);
        if let Some(id) = spoken.filter(|id| id.is_string() && is_openai) {
            map.serialize_entry("audio", &BTreeMap::from([("id", id)]))?;
        }
        match &reasoning {
            Some(_) if thinking.is_some() => {}
            Some(reasoning) => map.serialize_entry("reasoning_content", reasoning)?,
            None if has_calls && self.dialect.reasoning_required => {
                map.serialize_entry("reasoning_content", "")?;
            }
            None => {}
        }
        if let (ReasoningReplay::Details, Some(details)) =
            (self.dialect.reasoning, message.additional_kwargs.get("reasoning_details"))
        {
            map.serialize_entry("reasoning_details", details)?;
        }
        if has_calls {
            map.serialize_entry("tool_calls", &Calls(message))?;
        }
        Ok(())
    }
}

/// Writes `content`: a text where there is nothing else, `null` where only tools are called.
fn said<M: SerializeMap>(
    map: &mut M,
    content: &Content,
    thinking: Option<&str>,
    has_calls: bool,
) -> Result<(), M::Error> {
    let whole;
    let parts: Vec<&ContentPart> = match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => {
            whole = ContentPart::text(text);
            vec![&whole]
        }
        Content::Parts(parts) => parts.iter().filter(|part| is_sent(part)).collect(),
    };
    match parts[..] {
        _ if thinking.is_some() => {
            map.serialize_entry("content", &Parts { thinking, said: &parts })
        }
        [] if has_calls => map.serialize_entry("content", &None::<()>),
        [] => map.serialize_entry("content", ""),
        [ContentPart::Text { text, .. }] => map.serialize_entry("content", text),
        _ => map.serialize_entry("content", &Parts { thinking, said: &parts }),
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
        ContentPart::Other(_) => !is_foreign(part),
    }
}

/// An assistant's parts. What else a text part carries (`citations`, a block's `index` …) is the answer's
/// bookkeeping, but for the mark that steers a prompt cache.
struct Parts<'a> {
    /// Mistral's part of reasoning, which stands first.
    thinking: Option<&'a str>,
    said: &'a [&'a ContentPart],
}

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
        let mut list = serializer.serialize_seq(None)?;
        if let Some(text) = self.thinking {
            let thought = [json!({"type": "text", "text": text})];
            list.serialize_element(&json!({"type": "thinking", "thinking": thought}))?;
        }
        for part in self.said {
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
            let arguments = serde_json::to_string(&unreadable::within_object(&it.args))
                .map_err(S::Error::custom)?;
            list.serialize_element(&call(&it.id, &it.name, &arguments))?;
        }
        list.end()
    }
}
