//! The conversation as items of the input.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject, Message, ToolMessage};
use serde_json::Value;

use super::encode_content::{content, part};
use super::input::{Image, InputContent, InputItem, InputPart};
use super::output::text_of;
use super::replay::Replay;

/// How a conversation is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) system_role: &'static str,
    pub(super) replay: Replay<'a>,
}

impl Input<'_> {
    pub(super) fn items<'m>(&self, messages: &'m [Arc<Message>]) -> Vec<InputItem<'m>> {
        let calls = Calls::of(messages);
        let mut items = Vec::new();
        for message in messages {
            match &**message {
                Message::System(message) => said(self.system_role, &message.content, &mut items),
                Message::Human(message) => said("user", &message.content, &mut items),
                Message::Ai(message) => self.replay.answer(message, &mut items),
                Message::Tool(message) => items.push(result(message, &calls)),
            }
        }
        items
    }
}

/// Parts of a user's content that are items of their own: consent, and results that the host writes itself.
const ITEMS: &[&str] = &[
    "mcp_approval_response",
    "item_reference",
    "function_call_output",
    "custom_tool_call_output",
    "computer_call_output",
    "local_shell_call_output",
    "shell_call_output",
    "apply_patch_call_output",
    "tool_search_output",
    "compaction",
    "compaction_trigger",
];

fn said<'m>(role: &'static str, said: &'m Content, items: &mut Vec<InputItem<'m>>) {
    let parts = match said {
        Content::Text(_) => {
            items.push(InputItem::Message { id: None, role, content: content(said) });
            return;
        }
        Content::Parts(parts) => parts,
    };
    let mut sent = Vec::new();
    for it in parts {
        match it {
            ContentPart::Other(object) if ITEMS.contains(&it.kind()) => {
                items.push(InputItem::Verbatim(Cow::Borrowed(object)));
            }
            _ => sent.extend(part(it)),
        }
    }
    if !sent.is_empty() {
        items.push(InputItem::Message { id: None, role, content: InputContent::Parts(sent) });
    }
}

/// The result of a call.
fn result<'m>(message: &'m ToolMessage, calls: &Calls<'_>) -> InputItem<'m> {
    let call_id = message.tool_call_id.as_str();
    let kwargs = &message.additional_kwargs;
    let is_computer =
        text_of(kwargs, "type") == Some("computer_call_output") || calls.computer.contains(call_id);
    if is_computer && let Some(output) = screenshot(&message.content) {
        let acknowledged_safety_checks = kwargs.get("acknowledged_safety_checks");
        return InputItem::ComputerCallOutput { call_id, output, acknowledged_safety_checks };
    }
    let output = match &message.content {
        Content::Parts(parts) => match &parts[..] {
            [ContentPart::Text { text, .. }] => InputContent::Text(Cow::Borrowed(text)),
            _ => content(&message.content),
        },
        Content::Text(_) => content(&message.content),
    };
    if kwargs.contains_key("customTool") || calls.custom.contains(call_id) {
        return InputItem::CustomToolCallOutput { call_id, output };
    }
    InputItem::FunctionCallOutput { call_id, output }
}

/// The picture that computer use answers with.
fn screenshot(said: &Content) -> Option<InputPart<'_>> {
    let url = |url| InputPart::InputImage(Image { image_url: Some(url), ..Image::default() });
    match said {
        Content::Text(text) => Some(url(Cow::Borrowed(text))),
        Content::Parts(parts) => parts.iter().find_map(|it| match it {
            ContentPart::Other(object) if it.kind() == "computer_screenshot" => {
                Some(InputPart::Verbatim(object))
            }
            it => match part(it)? {
                InputPart::InputImage(Image { image_url: Some(image), .. }) => Some(url(image)),
                InputPart::Verbatim(object) if text_of(object, "type") == Some("input_image") => {
                    Some(InputPart::Verbatim(object))
                }
                _ => None,
            },
        }),
    }
}

/// Calls that were none of functions, by their ids.
#[derive(Debug, Default)]
struct Calls<'m> {
    custom: HashSet<&'m str>,
    computer: HashSet<&'m str>,
}

impl<'m> Calls<'m> {
    fn of(messages: &'m [Arc<Message>]) -> Self {
        let mut calls = Self::default();
        for message in messages {
            let Message::Ai(message) = &**message else { continue };
            for item in output_of(message).chain(tool_outputs(message)) {
                let Some(id) = text_of(item, "call_id") else { continue };
                match text_of(item, "type") {
                    Some("custom_tool_call") => drop(calls.custom.insert(id)),
                    Some("computer_call") => drop(calls.computer.insert(id)),
                    _ => {}
                }
            }
        }
        calls
    }
}

/// The output of which an answer was made, where it was kept.
pub(super) fn output_of(message: &AiMessage) -> impl Iterator<Item = &JsonObject> {
    objects(message.response_metadata.get("output"))
}

/// What the provider's own tools did in an answer.
pub(super) fn tool_outputs(message: &AiMessage) -> impl Iterator<Item = &JsonObject> {
    objects(message.additional_kwargs.get("tool_outputs"))
}

fn objects(list: Option<&Value>) -> impl Iterator<Item = &JsonObject> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
