//! An earlier answer, as it goes back to the provider.

use std::borrow::Cow;

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject};
use serde_json::{Value, json};

use super::encode_input::{output_of, tool_outputs};
use super::input::{InputContent, InputItem, InputPart};
use super::output::text_of;
use super::{CALL_IDS, ResponsesDialect};

/// How earlier answers go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replay<'a> {
    pub(super) dialect: &'a ResponsesDialect,
    /// Whether the provider keeps what it answered: else the ids of items mean nothing to it.
    pub(super) is_stored: bool,
}

/// Items whose id may be left out, and has to be where they are not stored.
const NAMELESS: &[&str] = &[
    "message",
    "reasoning",
    "function_call",
    "custom_tool_call",
    "web_search_call",
    "local_shell_call",
];

impl Replay<'_> {
    /// The items of an answer: those of which it was made, where they were kept and still say the same; else what
    /// can be made of the message.
    pub(super) fn answer<'m>(&self, message: &'m AiMessage, items: &mut Vec<InputItem<'m>>) {
        let source = text_of(&message.response_metadata, "model_provider");
        let is_own = self.dialect.made(source);
        let output: Vec<&JsonObject> = output_of(message).collect();
        if is_own && is_output(&output) && output_text(&output) == message.content.text() {
            self.output(message, &output, items);
        } else {
            self.rebuilt(message, is_own, items);
        }
    }

    /// The output at its recorded positions, without calls that the host has taken out of the message, and without
    /// the reasoning that led to them: neither may stand alone. Calls that the host added follow.
    fn output<'m>(
        &self,
        message: &'m AiMessage,
        output: &[&'m JsonObject],
        items: &mut Vec<InputItem<'m>>,
    ) {
        let is_kept = |item: &JsonObject| match text_of(item, "type") {
            Some("function_call" | "custom_tool_call" | "computer_call") => {
                text_of(item, "call_id").or(text_of(item, "id")).is_some_and(|id| {
                    message.tool_calls.iter().any(|call| call.id == id)
                        || message.invalid_tool_calls.iter().any(|call| call.id == id)
                })
            }
            _ => true,
        };
        let is_reasoning = |item: &JsonObject| text_of(item, "type") == Some("reasoning");
        for (position, item) in output.iter().enumerate() {
            let kept = if is_reasoning(item) {
                let next = output[position + 1..].iter().find(|item| !is_reasoning(item));
                next.is_none_or(|next| is_kept(next))
            } else {
                is_kept(item)
            };
            if kept {
                items.extend(self.item(item));
            }
        }
        let is_new = |id: &str| {
            !output
                .iter()
                .any(|item| text_of(item, "call_id") == Some(id) || text_of(item, "id") == Some(id))
        };
        self.calls(message, true, is_new, items);
    }

    /// An item as the provider takes it back.
    fn item<'m>(&self, item: &'m JsonObject) -> Option<InputItem<'m>> {
        if self.is_stored {
            return Some(InputItem::Verbatim(Cow::Borrowed(item)));
        }
        let kind = text_of(item, "type").unwrap_or_default();
        let is_empty =
            |name: &str| item.get(name).is_none_or(|value| value.is_null() || value == &json!([]));
        if kind == "reasoning" && is_empty("encrypted_content") && is_empty("content") {
            return None;
        }
        if !NAMELESS.contains(&kind) || !item.contains_key("id") {
            return Some(InputItem::Verbatim(Cow::Borrowed(item)));
        }
        let mut item = item.clone();
        item.shift_remove("id");
        Some(InputItem::Verbatim(Cow::Owned(item)))
    }

    /// What can be made of the message alone.
    fn rebuilt<'m>(&self, message: &'m AiMessage, is_own: bool, items: &mut Vec<InputItem<'m>>) {
        let start = items.len();
        if is_own {
            items.extend(self.reasoning(message));
            let is_call = |item: &&JsonObject| {
                matches!(text_of(item, "type"), Some("custom_tool_call" | "computer_call"))
            };
            items.extend(
                tool_outputs(message).filter(|item| !is_call(item)).filter_map(|it| self.item(it)),
            );
        }
        let reasoning = items.len();
        items.extend(self.said(message, is_own));
        self.calls(message, is_own, |_| true, items);
        // Reasoning that led to nothing is refused.
        if items.len() == reasoning && reasoning == start + 1 {
            let is_reasoning = |item: &InputItem<'_>| matches!(item, InputItem::Verbatim(item) if text_of(item, "type") == Some("reasoning"));
            items.pop_if(|item| is_reasoning(item));
        }
    }

    /// The last item of reasoning, where the provider can read it: sealed, or stored.
    fn reasoning<'m>(&self, message: &'m AiMessage) -> Option<InputItem<'m>> {
        let kept = message.additional_kwargs.get("reasoning")?.as_object()?;
        let is_sealed = text_of(kept, "encrypted_content").is_some();
        let status = text_of(&message.response_metadata, "status");
        let was_stored = self.is_stored && !matches!(status, Some("in_progress" | "queued"));
        let has_id = text_of(kept, "id").is_some();
        if !(is_sealed || (has_id && was_stored)) {
            return None;
        }
        let mut item = kept.clone();
        item.insert("summary".to_owned(), Value::Array(summary(kept)));
        if !self.is_stored {
            item.shift_remove("id");
        }
        Some(InputItem::Verbatim(Cow::Owned(item)))
    }

    /// What the message says, or what it declines.
    fn said<'m>(&self, message: &'m AiMessage, is_own: bool) -> Option<InputItem<'m>> {
        let refusal = text_of(&message.additional_kwargs, "refusal");
        let content = match (&message.content, refusal) {
            (Content::Text(text), None) if text.is_empty() => return None,
            (Content::Text(text), None) => InputContent::Text(Cow::Borrowed(text)),
            (said, refusal) => {
                let mut parts = spoken(said);
                parts.extend(refusal.map(|refusal| InputPart::Refusal { refusal }));
                if parts.is_empty() {
                    return None;
                }
                InputContent::Parts(parts)
            }
        };
        let is_item = |id: &&str| id.starts_with("msg_") && is_own && self.is_stored;
        let id = message.id.as_deref().filter(is_item);
        Some(InputItem::Message { id, role: "assistant", content })
    }

    /// The calls of a message that are wanted.
    fn calls<'m>(
        &self,
        message: &'m AiMessage,
        is_own: bool,
        is_wanted: impl Fn(&str) -> bool,
        items: &mut Vec<InputItem<'m>>,
    ) {
        let ids = message.additional_kwargs.get(CALL_IDS).filter(|_| is_own && self.is_stored);
        let item_id = |call: &str| ids?.get(call)?.as_str();
        for call in message.tool_calls.iter().filter(|call| is_wanted(&call.id)) {
            let known =
                tool_outputs(message).find(|item| text_of(item, "call_id") == Some(&call.id));
            match known.and_then(|item| Some((item, text_of(item, "type")?))) {
                Some((item, "computer_call")) if is_own => {
                    items.push(InputItem::Verbatim(Cow::Borrowed(item)));
                }
                Some((item, "custom_tool_call")) => items.push(InputItem::CustomToolCall {
                    call_id: &call.id,
                    name: &call.name,
                    input: Cow::Borrowed(text_of(item, "input").unwrap_or_default()),
                }),
                _ => items.push(InputItem::FunctionCall {
                    id: item_id(&call.id),
                    call_id: &call.id,
                    name: &call.name,
                    arguments: Cow::Owned(Value::Object(call.args.clone()).to_string()),
                }),
            }
        }
        for call in message.invalid_tool_calls.iter().filter(|call| is_wanted(&call.id)) {
            items.push(InputItem::FunctionCall {
                id: item_id(&call.id),
                call_id: &call.id,
                name: &call.name,
                arguments: Cow::Borrowed(&call.args),
            });
        }
    }
}

/// The texts of an answer, with what they cite. Reasoning and calls have items of their own.
fn spoken(content: &Content) -> Vec<InputPart<'_>> {
    let parts = match content {
        Content::Text(said) if said.is_empty() => return Vec::new(),
        Content::Text(said) => {
            return vec![InputPart::OutputText { text: said, annotations: Cow::default() }];
        }
        Content::Parts(parts) => parts,
    };
    parts.iter().filter_map(spoken_part).collect()
}

fn spoken_part(part: &ContentPart) -> Option<InputPart<'_>> {
    match part {
        ContentPart::Text { text, .. } if text.is_empty() => None,
        ContentPart::Text { text, extra } => {
            let annotations = extra.get("annotations").and_then(Value::as_array);
            let annotations = annotations.map_or_else(Cow::default, Cow::from);
            Some(InputPart::OutputText { text, annotations })
        }
        ContentPart::Other(object) => {
            matches!(text_of(object, "type"), Some("output_text" | "refusal"))
                .then_some(InputPart::Verbatim(object))
        }
        ContentPart::Think { .. } | ContentPart::Image { .. } | ContentPart::ToolCall(_) => None,
    }
}

/// A summary as the provider wrote it: pieces of one index joined, and without the texts that are the reasoning
/// itself, which the item holds too.
fn summary(reasoning: &JsonObject) -> Vec<Value> {
    let list = |name: &str| reasoning.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut joined: Vec<(Option<&Value>, String)> = Vec::new();
    for piece in list("summary") {
        let text = piece.get("text").and_then(Value::as_str).unwrap_or_default();
        let index = piece.get("index");
        match joined.last_mut() {
            Some((known, so_far)) if index.is_some() && *known == index => so_far.push_str(text),
            _ => joined.push((index, text.to_owned())),
        }
    }
    let is_content =
        |text: &str| list("content").any(|part| part.get("text").is_some_and(|it| it == text));
    let parts = joined.into_iter().filter(|(_, text)| !is_content(text));
    parts.map(|(_, text)| json!({"type": "summary_text", "text": text})).collect()
}

/// Whether a list is an output, and not a field of another protocol of the same name.
fn is_output(output: &[&JsonObject]) -> bool {
    !output.is_empty() && output.iter().all(|item| text_of(item, "type").is_some())
}

/// All text of an output, to tell whether the host has changed that of the message.
fn output_text(output: &[&JsonObject]) -> String {
    let text = |part: &Value| match part {
        Value::String(text) => Some(text.clone()),
        Value::Object(part) => match text_of(part, "type") {
            Some("output_text" | "text") => text_of(part, "text").map(str::to_owned),
            _ => None,
        },
        _ => None,
    };
    let contents = output.iter().filter_map(|item| item.get("content"));
    let parts = contents.flat_map(|content| match content {
        Value::Array(parts) => &parts[..],
        content => std::slice::from_ref(content),
    });
    parts.filter_map(text).collect()
}
