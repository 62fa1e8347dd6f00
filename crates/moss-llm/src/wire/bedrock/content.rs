//! Parts of a message become blocks of Converse.

use moss_protocol::{AiMessage, ContentPart, ImageUrl, JsonObject};
use serde_json::{Value, json};

use super::BedrockDialect;
use super::dialect::House;
use super::document::{self, Names};
use super::media::{self, plain_bytes};
use super::turns::blank;
use super::whole::BLOCKS;

/// The blocks of one message.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<Value>);

impl Blocks {
    /// A text. Converse refuses blank ones.
    pub(super) fn text(&mut self, text: &str) {
        if !blank(text) {
            self.0.push(json!({"text": text}));
        }
    }

    pub(super) fn push(&mut self, block: Value) {
        if !block.is_null() {
            self.0.push(block);
        }
    }

    /// A tool call, unless it is there already.
    pub(super) fn call(&mut self, id: &str, name: &str, input: Value) {
        let same = |block: &Value| block.pointer("/toolUse/toolUseId").is_some_and(|it| it == id);
        if !self.0.iter().any(same) {
            let call = json!({"toolUseId": id, "name": name, "input": input});
            self.0.push(json!({"toolUse": call}));
        }
    }

    /// White space at the end of the text before a tool call is refused by some models.
    pub(super) fn trim_last_text(&mut self) {
        let last = self.0.iter_mut().rev().find(|block| block.get("toolUse").is_none());
        if let Some(Value::String(text)) = last.and_then(|block| block.get_mut("text")) {
            text.truncate(text.trim_end().len());
        }
    }

    /// Reasoning: pieces that belong together become one block, since a signature is of the whole.
    fn reasoning(&mut self, text: &JsonObject) {
        let last = self.0.last_mut();
        let last = last.and_then(|block| block.pointer_mut("/reasoningContent/reasoningText"));
        match last {
            Some(Value::Object(known)) if !known.contains_key("signature") => {
                for (name, value) in text {
                    match (known.get_mut(name), value) {
                        (Some(Value::String(known)), Value::String(more)) => known.push_str(more),
                        _ => {
                            known.insert(name.clone(), value.clone());
                        }
                    }
                }
            }
            _ => self.0.push(json!({"reasoningContent": {"reasoningText": text}})),
        }
    }

    /// The citations of the text that was said last, in Converse's own form.
    fn cite(&mut self, citations: &[Value]) {
        let Some(last) = self.0.last_mut() else { return };
        if let Some(text) = last.get("text") {
            let content = json!({"content": [{"text": text}], "citations": citations});
            *last = json!({"citationsContent": content});
        }
    }

    /// Leaves out reasoning that the model would refuse: such without its text, and for Claude such without its
    /// signature.
    pub(super) fn drop_refused_reasoning(&mut self, house: House) {
        self.0.retain(|block| {
            let Some(reasoning) = block.pointer("/reasoningContent/reasoningText") else {
                return true;
            };
            let says = |name| reasoning.get(name).is_some_and(|text| text != "" && !text.is_null());
            says("text") && (house != House::Claude || says("signature"))
        });
    }

    pub(super) fn finish(self) -> Vec<Value> {
        self.0
    }
}

/// Parts of an assistant's message that mean something only to the provider that made them.
const FOREIGN: &[&str] = &[
    // Reasoning of Anthropic, Google, OpenAI and OpenRouter.
    "thinking",
    "redacted_thinking",
    "reasoning",
    // Tools that a provider ran.
    "server_tool_use",
    "mcp_tool_use",
    "toolCall",
    "toolResponse",
    "executableCode",
    "codeExecutionResult",
    // A call that was cut off.
    "input_json_delta",
];

/// A part of an assistant's message.
pub(super) fn said(
    dialect: &BedrockDialect,
    message: &AiMessage,
    part: &ContentPart,
    names: &mut Names,
    blocks: &mut Blocks,
) -> Result<(), String> {
    match part {
        ContentPart::Text { text, extra } => {
            blocks.text(text);
            let citations = extra.get("citations").and_then(Value::as_array);
            if let Some(citations) = citations.filter(|list| list.iter().all(is_own_citation)) {
                blocks.cite(citations);
            }
        }
        ContentPart::Think { .. } => {}
        ContentPart::ToolCall(call) => {
            let known = message.tool_calls.iter().any(|it| it.id == call.id())
                || message.invalid_tool_calls.iter().any(|it| it.id == call.id());
            if !known {
                return Err(unlisted_call(call.id()));
            }
        }
        ContentPart::Image { .. } => blocks.push(block(part, names)?),
        ContentPart::Other(object) => match (part.kind(), own_block(object)) {
            ("reasoning_content", _) => reasoning(dialect.house, object, blocks),
            (_, Some(own)) => blocks.push(own),
            ("tool_use", None) => tool_use(message, object, blocks),
            (kind, None) if FOREIGN.contains(&kind) || kind.ends_with("_tool_result") => {}
            _ => blocks.push(block(part, names)?),
        },
    }
    Ok(())
}

/// Converse's citations have no type, as Anthropic's have.
fn is_own_citation(citation: &Value) -> bool {
    citation.get("type").is_none()
        && (citation.get("location").is_some() || citation.get("sourceContent").is_some())
}

fn reasoning(house: House, part: &JsonObject, blocks: &mut Blocks) {
    if house == House::Other {
        return;
    }
    if let Some(Value::Object(text)) = part.get("reasoningText") {
        blocks.reasoning(text);
    }
    if let Some(redacted) = part.get("redactedContent").filter(|it| **it != "" && !it.is_null()) {
        let mut block = json!({"reasoningContent": {"redactedContent": redacted}});
        plain_bytes(&mut block);
        blocks.push(block);
    }
}

/// A call as Anthropic's wire keeps it among the content.
fn tool_use(message: &AiMessage, part: &JsonObject, blocks: &mut Blocks) {
    let text = |name: &str| part.get(name).and_then(Value::as_str);
    let (Some(id), Some(name)) = (text("id"), text("name")) else { return };
    let listed = message.tool_calls.iter().find(|call| call.id == id);
    let input = match (listed, part.get("input")) {
        (Some(call), _) => Value::Object(call.args.clone()),
        (None, Some(input @ Value::Object(_))) => input.clone(),
        (None, Some(Value::String(input))) => match serde_json::from_str(input) {
            Ok(input @ Value::Object(_)) => input,
            _ => json!({}),
        },
        _ => json!({}),
    };
    blocks.call(id, name, input);
}

/// A part of any message that is not a text.
pub(super) fn block(part: &ContentPart, names: &mut Names) -> Result<Value, String> {
    match part {
        ContentPart::Text { text, .. } => Ok(json!({"text": text})),
        ContentPart::Image { image_url, .. } => {
            let (ImageUrl::Plain(url) | ImageUrl::Detailed { url, .. }) = image_url;
            media::image_url(url)
        }
        ContentPart::Think { .. } => {
            Err("it has a `think` part, and is not an assistant's".to_owned())
        }
        ContentPart::ToolCall(call) => Err(unlisted_call(call.id())),
        ContentPart::Other(object) => {
            if let Some(own) = own_block(object) {
                names.note(&own);
                return Ok(own);
            }
            match part.kind() {
                "image" | "input_image" => media::image(object),
                "video" => media::video(object),
                "audio" | "input_audio" => media::audio(object),
                "file" | "document" | "input_file" | "text-plain" => document::block(object, names),
                kind => Err(format!(
                    "its content has a part of the kind `{kind}`, for which Converse has no form"
                )),
            }
        }
    }
}

/// A part of a tool's result. What is no text and no medium goes as the JSON that it is.
pub(super) fn result(
    part: &ContentPart,
    names: &mut Names,
    failed: &mut bool,
    inside: &mut Vec<Value>,
) -> Result<(), String> {
    let ContentPart::Other(object) = part else {
        inside.push(block(part, names)?);
        return Ok(());
    };
    match part.kind() {
        // Anthropic's way to wrap one.
        "tool_result" if !object.contains_key("toolResult") => {
            *failed |= object.get("is_error") == Some(&Value::Bool(true));
            match object.get("content") {
                Some(Value::Array(parts)) => {
                    for inner in parts {
                        match serde_json::from_value::<ContentPart>(inner.clone()) {
                            // One level, as Anthropic has it.
                            Ok(part) if part.kind() != "tool_result" => {
                                result(&part, names, failed, inside)?;
                            }
                            Ok(_) | Err(_) => inside.push(json!({"json": inner})),
                        }
                    }
                }
                Some(Value::String(text)) => inside.push(json!({"text": text})),
                Some(other) if !other.is_null() => inside.push(json!({"text": other.to_string()})),
                _ => {}
            }
        }
        "json" if object.contains_key("json") => {
            inside.push(json!({"json": object.get("json")}));
        }
        _ => match block(part, names) {
            Ok(block) => inside.push(block),
            Err(problem) if MEDIA.contains(&part.kind()) => return Err(problem),
            Err(_) => inside.push(json!({"json": object})),
        },
    }
    Ok(())
}

const MEDIA: &[&str] =
    &["image", "input_image", "video", "audio", "input_audio", "file", "document"];

/// A block in Converse's own form: as hosts write them, and as this wire decodes them.
pub(super) fn own_block(part: &JsonObject) -> Option<Value> {
    let kind = part.get("type").and_then(Value::as_str);
    if kind == Some("non_standard") {
        return part.get("value").filter(|value| value.is_object()).cloned();
    }
    let name = BLOCKS.iter().map(|(name, _)| *name).chain(["toolUse"]);
    let (name, value) = name
        .filter_map(|name| part.get(name).map(|value| (name, value)))
        .find(|(_, value)| value.is_object())?;
    let mut block = json!({name: value});
    plain_bytes(&mut block);
    Some(block)
}

fn unlisted_call(id: &str) -> String {
    format!(
        "its content has the tool call `{id}`, which the message does not list in `tool_calls`; format the history so that it does, with the output in a tool message"
    )
}
