//! From frames to events.

use moss_protocol::{JsonObject, Provider, ToolCallChunk};
use serde_json::{Value, json};

use super::blocks::{Blocks, Kind, append_base64};
use super::delta::{Delta, Rest};
use super::events::{beside, extra, finish_reason, part};
use super::fault::{Fault, protocol_error};
use super::{error, usage, whole};
use crate::wire::{Frame, WireDecoder};
use crate::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};

/// Decodes one Converse answer, streamed or not. What becomes what is told in the [module](super).
///
/// A stream whose frames contradict each other (a block that goes on after its end, a tool call that did not
/// begin) is an error. Neither damage nor malice makes it panic.
#[derive(Debug, Clone, Default)]
pub struct BedrockDecoder {
    started: bool,
    stopped: bool,
    has_metadata: bool,
    is_whole: bool,
    blocks: Blocks,
}

impl BedrockDecoder {
    /// A decoder for one answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes a message of the stream: its kind and its payload. `None` where it says nothing.
    ///
    /// # Errors
    /// The provider's own error, where the message is an exception; [`ModelErrorKind::Protocol`] where it is no
    /// message of Converse; [`ModelErrorKind::TooLarge`] for more blocks, or more of one, than is kept.
    pub fn decode_frame(
        &mut self,
        kind: &str,
        data: &[u8],
    ) -> Result<Option<ModelChunk>, ModelError> {
        if let Some(error) = error::in_stream(kind, data) {
            return Err(error);
        }
        let text = str::from_utf8(data)
            .map_err(|error| protocol_error(data, &format!("it is not UTF-8: {error}")))?;
        // Most frames say one thing.
        let mut events = Vec::with_capacity(1);
        self.read(kind, text, &mut events).map_err(|fault| fault.into_error(data))?;
        Ok((!events.is_empty()).then_some(ModelChunk { events }))
    }

    fn read(&mut self, kind: &str, text: &str, events: &mut Vec<ModelEvent>) -> Result<(), Fault> {
        if self.stopped && kind.starts_with("contentBlock") {
            return Err(Fault::Order("a block goes on after the answer's end"));
        }
        match kind {
            "contentBlockDelta" => self.delta(Delta::read(text)?, events),
            "" => Err(Fault::Order("a message has no type")),
            _ => {
                let mut object: JsonObject = serde_json::from_str(text)?;
                if object.get("p").is_some_and(Value::is_string) {
                    object.shift_remove("p");
                }
                match kind {
                    "messageStart" => self.message_start(object, events),
                    "contentBlockStart" => self.block_start(object, events),
                    "contentBlockStop" => self.block_stop(object, events),
                    "messageStop" => self.message_stop(object, events),
                    "metadata" => self.metadata(object, events),
                    _ => {
                        self.begin(JsonObject::new(), events);
                        extra(kind.to_owned(), Value::Object(object), events);
                        Ok(())
                    }
                }
            }
        }
    }

    fn begin(&mut self, extra: JsonObject, events: &mut Vec<ModelEvent>) {
        if !self.started {
            self.started = true;
            events.push(ModelEvent::Started(ResponseInfo { extra, ..ResponseInfo::default() }));
        }
    }

    fn message_start(
        &mut self,
        mut object: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        if self.started {
            return Err(Fault::Order("a second answer begins"));
        }
        if object.get("role").is_some_and(|role| role == "assistant") {
            object.shift_remove("role");
        }
        self.begin(object, events);
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>, events: &mut Vec<ModelEvent>) -> Result<(), Fault> {
        let Delta { index, text, thought, input, rest, beside } = delta;
        let index = index.ok_or(NO_INDEX)?;
        match &input {
            Some(_) => self.blocks.tool(index).map(drop)?,
            None if rest.iter().any(|(name, _)| name.starts_with("toolUse")) => {
                self.blocks.tool(index).map(drop)?;
            }
            None if text.is_some() || thought.is_some() || !rest.is_empty() => {
                self.blocks.plain(index).map(drop)?;
            }
            None => {}
        }
        self.begin(JsonObject::new(), events);
        if let Some(text) = thought {
            let (text, form) = (text.into_owned(), ReasoningForm::ReasoningContent);
            events.push(ModelEvent::Reasoning { text, form, index: Some(index), details: None });
        }
        if let Some(text) = text {
            let index = self.blocks.text_index(index);
            events.push(ModelEvent::Text { text: text.into_owned(), index });
        }
        if let Some(input) = input {
            self.input(index, &input, events)?;
        }
        if !rest.is_empty() {
            self.rest(index, rest, events)?;
        }
        for (name, raw) in beside {
            let value = serde_json::from_str(raw.get())?;
            extra(format!("contentBlockDelta.{index}.{name}"), value, events);
        }
        Ok(())
    }

    /// A piece of a tool's arguments.
    fn input(
        &mut self,
        index: u32,
        input: &str,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        if let Kind::ServerTool(_, known) = self.blocks.tool(index)? {
            known.push_str(input);
            return self.blocks.hold(input.len());
        }
        events.push(ModelEvent::ToolCall(ToolCallChunk {
            args: Some(input.to_owned()),
            index: Some(index),
            ..ToolCallChunk::default()
        }));
        Ok(())
    }

    /// All pieces but text, reasoning text and arguments.
    fn rest(
        &mut self,
        index: u32,
        rest: Rest<'_>,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        for (name, raw) in rest {
            let value: Value = serde_json::from_str(raw.get())?;
            match (&*name, value) {
                ("reasoningContent.signature", signature) => {
                    let text = json!({"signature": signature});
                    part(index, "reasoning_content", "reasoningText", text, events);
                }
                ("reasoningContent.redactedContent", Value::String(data)) => {
                    self.blocks.hold(data.len())?;
                    match self.blocks.plain(index)? {
                        Kind::Redacted(known) => append_base64(known, &data),
                        kind => *kind = Kind::Redacted(data),
                    }
                }
                ("citation", citation) => {
                    if let Kind::Plain { cited } = self.blocks.plain(index)? {
                        *cited = true;
                    }
                    part(index, "text", "citations", json!([citation]), events);
                }
                ("toolResult", result @ Value::Array(_)) => {
                    part(index, "tool_result", "toolResult", json!({"content": result}), events);
                }
                ("image", Value::Object(image)) => self.image(index, image, events)?,
                (name, value) => {
                    part(index, "non_standard", "value", json!({name: value}), events);
                }
            }
        }
        Ok(())
    }

    /// A piece of an image: its bytes may come in several.
    fn image(
        &mut self,
        index: u32,
        mut image: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        let source = image.get_mut("source").and_then(Value::as_object_mut);
        if let Some(source) = source
            && let Some(Value::String(data)) = source.get_mut("bytes").map(Value::take)
        {
            self.blocks.hold(data.len())?;
            match self.blocks.plain(index)? {
                Kind::Image(known) => append_base64(known, &data),
                kind => *kind = Kind::Image(data),
            }
            source.shift_remove("bytes");
            if source.is_empty() {
                image.shift_remove("source");
            }
        }
        if !image.is_empty() {
            part(index, "image", "image", Value::Object(image), events);
        }
        Ok(())
    }

    fn block_start(
        &mut self,
        mut object: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        let index = take_index(&mut object)?;
        let start = match object.shift_remove("start") {
            Some(Value::Object(start)) => start,
            None | Some(Value::Null) => JsonObject::new(),
            Some(_) => return Err(Fault::Order("the beginning of a block is no object")),
        };
        let mut kind = Kind::PLAIN;
        let mut said = Vec::new();
        for (name, value) in start {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("toolUse", Value::Object(tool)) => kind = tool_start(index, tool, &mut said)?,
                ("toolResult", value) => part(index, "tool_result", "toolResult", value, &mut said),
                ("image", value) => part(index, "image", "image", value, &mut said),
                (name, value) => {
                    part(index, "non_standard", "value", json!({name: value}), &mut said);
                }
            }
        }
        self.blocks.open(index, kind)?;
        self.begin(JsonObject::new(), events);
        events.append(&mut said);
        beside(&format!("contentBlockStart.{index}"), object, events);
        Ok(())
    }

    fn block_stop(
        &mut self,
        mut object: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        let index = take_index(&mut object)?;
        let held = self.blocks.close(index)?;
        self.begin(JsonObject::new(), events);
        events.extend(held);
        beside(&format!("contentBlockStop.{index}"), object, events);
        Ok(())
    }

    fn message_stop(
        &mut self,
        object: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Fault> {
        if self.stopped {
            return Err(Fault::Order("the answer ends twice"));
        }
        let Some(raw) = object.get("stopReason").and_then(Value::as_str).map(str::to_owned) else {
            return Err(Fault::Order("the answer ends without a reason"));
        };
        let reason = finish_reason(&raw);
        let held = self.blocks.close_all(reason == FinishReason::ToolCalls)?;
        self.stopped = true;
        self.begin(JsonObject::new(), events);
        events.extend(held);
        events.push(ModelEvent::Finished { reason, raw });
        extra("messageStop".to_owned(), Value::Object(object), events);
        Ok(())
    }

    fn metadata(&mut self, object: JsonObject, events: &mut Vec<ModelEvent>) -> Result<(), Fault> {
        self.has_metadata = true;
        self.begin(JsonObject::new(), events);
        let usage = object.get("usage").and_then(usage::read);
        events.extend(usage.map(ModelEvent::Usage));
        extra("metadata".to_owned(), Value::Object(object), events);
        Ok(())
    }
}

impl WireDecoder for BedrockDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        self.decode_frame(frame.kind, frame.data)
    }

    fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let text = str::from_utf8(body)
            .map_err(|error| protocol_error(body, &format!("it is not UTF-8: {error}")))?;
        let events = whole::read(text).map_err(|fault| fault.into_error(body))?;
        self.is_whole = true;
        Ok(ModelChunk { events })
    }

    fn is_done(&self) -> bool {
        self.is_whole || (self.stopped && self.has_metadata)
    }

    fn finish(&mut self) -> Result<(), ModelError> {
        if self.is_whole || self.stopped {
            return Ok(());
        }
        let message = if self.started {
            "The answer stopped before its end: it had no stop reason."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, Provider::Bedrock, message))
    }
}

/// The beginning of a tool call, or of what Amazon's own tools do.
fn tool_start(
    index: u32,
    mut tool: JsonObject,
    events: &mut Vec<ModelEvent>,
) -> Result<Kind, Fault> {
    if let Some(kind) = server_tool(&tool) {
        let kind = kind.to_owned();
        part(index, &kind, "toolUse", Value::Object(tool), events);
        return Ok(Kind::ServerTool(kind, String::new()));
    }
    let mut text = |name: &str| match tool.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(Fault::Order("a tool call begins without its id or its name")),
    };
    let (id, name) = (text("toolUseId")?, text("name")?);
    events.push(ModelEvent::ToolCall(ToolCallChunk {
        id: Some(id),
        name: Some(name),
        index: Some(index),
        ..ToolCallChunk::default()
    }));
    beside(&format!("contentBlockStart.{index}.start.toolUse"), tool, events);
    Ok(Kind::Tool)
}

/// The type of a call that is not for the host.
pub(super) fn server_tool(tool: &JsonObject) -> Option<&str> {
    tool.get("type").and_then(Value::as_str).filter(|kind| *kind != "tool_use")
}

const NO_INDEX: Fault = Fault::Order("a block has no index");

fn take_index(object: &mut JsonObject) -> Result<u32, Fault> {
    let index = object.shift_remove("contentBlockIndex");
    index.and_then(|index| u32::try_from(index.as_u64()?).ok()).ok_or(NO_INDEX)
}
