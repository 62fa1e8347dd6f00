//! What a message costs.

use std::collections::HashSet;

use moss_protocol::{Content, ContentPart, ImageUrl, JsonObject, Message};
use serde_json::Value;

use crate::Encoding;
use crate::media::{document_tokens, image_tokens, timed_tokens, with_margin};

/// What surrounds each message.
const FRAME: u64 = 3;

/// What an answer begins with.
const ANSWER: u64 = 3;

/// How many tokens a message has, as `getTokenCountForMessage` of the Run interface counts: 3 for the frame, the texts of
/// its content, JSON of what is no text, and of an answer its tool calls by name and arguments, unless the content holds
/// them already. Media are estimated, with 5 % on top.
///
/// One thing is counted better: a text is counted whole, where the Run interface counts stretches of 8192 characters
/// with 4 tokens more for each.
#[must_use]
pub fn count_message(encoding: Encoding, message: &Message) -> u64 {
    let mut counter = Counter { encoding, tokens: FRAME, calls: HashSet::new() };
    match message.content() {
        Content::Text(text) => counter.text(text),
        Content::Parts(parts) => parts.iter().for_each(|part| counter.part(part)),
    }
    if let Message::Ai(answer) = message {
        for call in &answer.tool_calls {
            if !counter.calls.contains(&call.id) {
                counter.text(&call.name);
                counter.json(&call.args);
            }
        }
        if answer.tool_calls.is_empty() {
            counter.raw_calls(&answer.additional_kwargs);
        }
        if let Some(call) = answer.additional_kwargs.get("function_call")
            && !call.is_null()
        {
            counter.json(call);
        }
    }
    counter.tokens
}

/// How many tokens a conversation has: those of its messages ([`count_message`]), and the 3 with which the answer begins.
#[must_use]
pub fn count_conversation<'m>(
    encoding: Encoding,
    messages: impl IntoIterator<Item = &'m Message>,
) -> u64 {
    messages.into_iter().map(|message| count_message(encoding, message)).sum::<u64>() + ANSWER
}

struct Counter {
    encoding: Encoding,
    tokens: u64,
    /// The ids of the tool calls that the content holds.
    calls: HashSet<String>,
}

impl Counter {
    fn text(&mut self, text: &str) {
        self.tokens += self.encoding.count(text) as u64;
    }

    fn json(&mut self, value: &impl serde::Serialize) {
        // Values of JSON are JSON.
        self.text(&serde_json::to_string(value).unwrap_or_default());
    }

    fn part(&mut self, part: &ContentPart) {
        match part {
            ContentPart::Text { text, .. } | ContentPart::Think { think: text, .. } => {
                self.text(text)
            }
            ContentPart::Image {
                image_url: ImageUrl::Plain(url) | ImageUrl::Detailed { url, .. },
                ..
            } => self.image(url),
            ContentPart::ToolCall(call) => self.tool_call(&call.0),
            ContentPart::Other(object) => self.object(object),
        }
    }

    /// A part of any kind.
    fn object(&mut self, part: &JsonObject) {
        let Some(kind) = part.get("type").and_then(Value::as_str) else { return self.json(part) };
        match kind {
            "error" => {}
            "tool_call" | "tool_use" => {
                if let Some(id) = part.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
                {
                    self.calls.insert(id.to_owned());
                }
                match part.get("tool_call") {
                    Some(Value::Object(call)) if kind == "tool_call" => self.tool_call(call),
                    _ => self.member(part, kind),
                }
            }
            "image_url" | "image" | "input_image" | "computer_screenshot" => {
                self.image(crate::media::image_of(part));
            }
            "document" | "file" | "image_file" => {
                self.tokens += with_margin(document_tokens(part, self.encoding));
            }
            _ => match timed_tokens(part) {
                Some(tokens) => self.tokens += with_margin(tokens),
                None => self.member(part, kind),
            },
        }
    }

    /// The member that has the name of the part's type is what the part says; without one, all of it is.
    fn member(&mut self, part: &JsonObject, kind: &str) {
        match part.get(kind) {
            None | Some(Value::Null) => self.json(part),
            Some(value) => self.value(value),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.text(text),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => self.json(value),
            Value::Array(items) => {
                for item in items {
                    match item {
                        Value::Object(part) => self.object(part),
                        Value::Array(_) => {}
                        item => self.value(item),
                    }
                }
            }
        }
    }

    fn image(&mut self, image: &str) {
        let image = if image.starts_with("http") { "" } else { image };
        self.tokens += with_margin(image_tokens(image, self.encoding));
    }

    fn tool_call(&mut self, call: &JsonObject) {
        if let Some(id) = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            self.calls.insert(id.to_owned());
        }
        if let Some(name) = call.get("name").and_then(Value::as_str) {
            self.text(name);
        }
        match call.get("args") {
            None | Some(Value::Null) => {}
            Some(Value::String(args)) => self.text(args),
            Some(args) => self.json(args),
        }
        if let Some(output) = call.get("output") {
            self.value(output);
        }
    }

    /// Tool calls as OpenAI writes them, of a host that keeps them so.
    fn raw_calls(&mut self, kwargs: &JsonObject) {
        for call in kwargs.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let id = call.get("id").and_then(Value::as_str);
            if id.is_some_and(|id| self.calls.contains(id)) {
                continue;
            }
            let function = |member: &str| call.get("function")?.get(member)?.as_str();
            let args = function("arguments").map(serde_json::from_str::<JsonObject>);
            match (function("name"), args) {
                (Some(name), Some(Ok(args))) => {
                    self.text(name);
                    self.json(&args);
                }
                // What is no function with whole arguments travels as it is.
                _ => self.json(call),
            }
        }
    }
}
