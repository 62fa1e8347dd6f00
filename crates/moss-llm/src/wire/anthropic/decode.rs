//! From frames to events.

use moss_protocol::JsonObject;
use serde_json::Value;

use super::AnthropicDialect;
use super::blocks::Blocks;
use super::content::{self, Begun};
use super::failure::{Failure, protocol_error};
use super::frame::{self, Piece, Said};
use super::usage::Counts;
use crate::wire::{Frame, WireDecoder, error_body, surrogates};
use crate::{
    FinishReason, ModelChunk, ModelError, ModelErrorKind, ModelEvent, ReasoningForm, ResponseInfo,
};

/// Decodes one answer of the Messages protocol, streamed or not. What becomes what is told in the
/// [module](super).
///
/// A frame that cannot be read is an error; neither damage nor malice makes it panic.
#[derive(Debug)]
pub struct AnthropicDecoder {
    dialect: AnthropicDialect,
    started: bool,
    finished: bool,
    done: bool,
    /// Whether the answer is a text so far, and so no list of blocks.
    is_text: bool,
    blocks: Blocks,
    usage: Counts,
}

impl AnthropicDecoder {
    /// A decoder for one answer.
    #[must_use]
    pub fn new(dialect: AnthropicDialect) -> Self {
        Self {
            dialect,
            started: false,
            finished: false,
            done: false,
            is_text: false,
            blocks: Blocks::default(),
            usage: Counts::default(),
        }
    }

    /// A decoder for an answer that can only be text, as far as its request tells: no tools, no thinking, no
    /// documents to cite. As in LangChain's client, its content is a text and no list of blocks, so its text has no
    /// index. When another block comes after all, what follows has one.
    #[must_use]
    pub fn of_text(dialect: AnthropicDialect) -> Self {
        Self { is_text: true, ..Self::new(dialect) }
    }

    /// Decodes the data of one event of the stream. `None` where the event says nothing by itself: a `ping`, the
    /// beginning of a text, the end of a block whose pieces said all.
    ///
    /// # Errors
    /// The provider's own error, where the event is one; [`ModelErrorKind::Protocol`] where it is no event of
    /// the protocol.
    pub fn decode_frame(&mut self, data: &[u8]) -> Result<Option<ModelChunk>, ModelError> {
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(None);
        }
        let events = self.read(data, |decoder, text| match frame::piece(text)? {
            Some(piece) => decoder.piece(&piece).map(|event| event.into_iter().collect()),
            None => decoder.event(serde_json::from_str(text)?, text),
        })?;
        Ok((!events.is_empty()).then_some(ModelChunk { events }))
    }

    /// Decodes an answer that came in one piece.
    ///
    /// # Errors
    /// As [`decode_frame`](Self::decode_frame).
    pub fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let events =
            self.read(body, |decoder, text| decoder.whole(serde_json::from_str(text)?, text))?;
        self.done = true;
        Ok(ModelChunk { events })
    }

    /// Whether the stream said `message_stop`, or the answer came in one piece.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Ends a streamed answer. A stop reason does as well as `message_stop`.
    ///
    /// # Errors
    /// [`ModelErrorKind::Truncated`] when there was neither, or nothing at all.
    pub fn finish(&mut self) -> Result<(), ModelError> {
        if self.finished || (self.done && self.started) {
            return Ok(());
        }
        let message = if self.started {
            "The answer stopped before its end: it had no stop reason."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, self.dialect.provider, message))
    }

    fn read(
        &mut self,
        data: &[u8],
        read: impl Fn(&mut Self, &str) -> Result<Vec<ModelEvent>, Failure>,
    ) -> Result<Vec<ModelEvent>, ModelError> {
        let provider = self.dialect.provider;
        let text = str::from_utf8(data).map_err(|error| {
            protocol_error(provider, data, &format!("it is not UTF-8: {error}"))
        })?;
        let read_again = |decoder: &mut Self, error| match surrogates::repair(text) {
            // Half of a character, as servers send it that cut tokens at any place: JavaScript reads it.
            Some(repaired) => read(decoder, &repaired),
            None => Err(Failure::Json(error)),
        };
        let result = match read(self, text) {
            Err(Failure::Json(error)) => read_again(self, error),
            result => result,
        };
        result.map_err(|failure| failure.into_error(provider, data))
    }

    /// A piece of a block.
    fn piece(&mut self, piece: &Piece<'_>) -> Result<Option<ModelEvent>, Failure> {
        let Piece { index, said, text } = piece;
        let index = Some(*index).filter(|_| !self.is_text || *said != Said::Text);
        let text = || text.clone().into_owned();
        Ok(match said {
            Said::Input => self.blocks.input(piece.index, &piece.text)?,
            Said::Text | Said::Thinking if piece.text.is_empty() => None,
            Said::Text => Some(ModelEvent::Text { text: text(), index }),
            Said::Thinking => Some(ModelEvent::Reasoning {
                text: text(),
                form: ReasoningForm::Thinking,
                index,
                details: None,
            }),
        })
    }

    /// Any other event.
    fn event(&mut self, mut event: JsonObject, text: &str) -> Result<Vec<ModelEvent>, Failure> {
        let kind = match event.shift_remove("type") {
            Some(Value::String(kind)) => kind,
            _ if error_body::is_error(text) => return Err(self.said(text)),
            _ => return Err(Failure::Shape("it has no `type`")),
        };
        let mut events = Vec::new();
        let index = event.get("index").and_then(Value::as_u64);
        let index = index.and_then(|index| u32::try_from(index).ok());
        let indexed = || index.ok_or(Failure::Shape("the block has no `index`"));
        match kind.as_str() {
            "error" => return Err(self.said(text)),
            "message_start" => {
                let Some(Value::Object(message)) = event.shift_remove("message") else {
                    return Err(Failure::Shape("`message_start` has no `message`"));
                };
                self.start(message, &mut events)?;
            }
            "content_block_start" => {
                let index = indexed()?;
                event.shift_remove("index");
                let Some(Value::Object(block)) = event.shift_remove("content_block") else {
                    return Err(Failure::Shape("`content_block_start` has no `content_block`"));
                };
                self.begin(index, block, &mut events)?;
            }
            "content_block_delta" => {
                let index = indexed()?;
                event.shift_remove("index");
                let Some(Value::Object(delta)) = event.shift_remove("delta") else {
                    return Err(Failure::Shape("`content_block_delta` has no `delta`"));
                };
                self.delta(index, delta, &mut events)?;
            }
            "content_block_stop" => {
                self.blocks.end(indexed()?, &mut events);
                event.shift_remove("index");
            }
            "message_delta" => {
                if let Some(Value::Object(delta)) = event.shift_remove("delta") {
                    self.change(delta, &mut events);
                }
                if let Some(usage) = event.shift_remove("usage") {
                    self.usage.read(&usage, &mut events);
                }
            }
            "message_stop" => {
                self.blocks.end_all(&mut events);
                self.done = true;
            }
            "ping" => {}
            _ => {
                events.push(ModelEvent::Extra { path: kind, value: Value::Object(event) });
                return Ok(events);
            }
        }
        for (name, value) in event {
            let path = match kind.as_str() {
                // Of the answer as a whole (`context_management` …).
                "message_start" | "message_delta" => name,
                _ => format!("{kind}.{name}"),
            };
            extra(path, value, &mut events);
        }
        Ok(events)
    }

    /// An answer in one piece.
    fn whole(&mut self, message: JsonObject, text: &str) -> Result<Vec<ModelEvent>, Failure> {
        if message.get("type").is_some_and(|kind| kind == "error")
            || (!message.contains_key("content") && error_body::is_error(text))
        {
            return Err(self.said(text));
        }
        if !message.contains_key("content") {
            return Err(Failure::Shape("it has no `content`"));
        }
        let mut events = Vec::new();
        self.start(message, &mut events)?;
        Ok(events)
    }

    /// The message: of a stream without its content, else with all that it says.
    fn start(
        &mut self,
        mut message: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        let content = message.shift_remove("content").unwrap_or_default();
        let usage = message.shift_remove("usage").unwrap_or_default();
        let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
        if !self.started {
            self.started = true;
            let maker = ("model_provider".to_owned(), Value::from("anthropic"));
            events.push(ModelEvent::Started(ResponseInfo {
                id: text("id"),
                model: text("model"),
                extra: JsonObject::from_iter([maker]),
                rate_limits: None,
            }));
        }
        match content {
            Value::Null => {}
            Value::Array(blocks) => self.blocks_at_once(blocks, events)?,
            other => extra("content".to_owned(), other, events),
        }
        self.change(message, events);
        self.usage.read(&usage, events);
        Ok(())
    }

    fn blocks_at_once(
        &mut self,
        blocks: Vec<Value>,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        let alone = blocks.len() == 1;
        for (index, block) in (0_u32..).zip(blocks) {
            match block {
                // A text alone is the answer's content, as LangChain's client has it.
                Value::Object(block) if alone && content::is_plain_text(&block) => {
                    content::text(&block, None, events);
                }
                Value::Object(block) => {
                    self.begin(index, block, events)?;
                    self.blocks.end(index, events);
                }
                other => extra(format!("content.{index}"), other, events),
            }
        }
        Ok(())
    }

    fn begin(
        &mut self,
        index: u32,
        block: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        self.is_text &= content::is_plain_text(&block);
        let first = events.len();
        let begun = content::begun(block, index, events);
        self.unnumber(&mut events[first..]);
        match begun {
            Begun::Told => self.blocks.end(index, events),
            Begun::Kind(kind) => self.blocks.begin(index, kind, true, events)?,
            Begun::Waits(block) => self.blocks.begin(index, block, false, events)?,
        }
        Ok(())
    }

    /// A piece of a block that is not just text.
    fn delta(
        &mut self,
        index: u32,
        mut delta: JsonObject,
        events: &mut Vec<ModelEvent>,
    ) -> Result<(), Failure> {
        let is_input = delta.get("type").is_some_and(|kind| kind == "input_json_delta");
        if is_input && let Some(Value::String(piece)) = delta.get("partial_json") {
            events.extend(self.blocks.input(index, piece)?);
            delta.shift_remove("partial_json");
        }
        let first = events.len();
        let block = self.blocks.kind(index);
        content::delta(delta, index, block, events);
        self.unnumber(&mut events[first..]);
        Ok(())
    }

    /// Takes the index away from texts that are all of the answer.
    fn unnumber(&self, events: &mut [ModelEvent]) {
        for event in events.iter_mut().filter(|_| self.is_text) {
            if let ModelEvent::Text { index, .. } = event {
                *index = None;
            }
        }
    }

    /// Members of the message, told at its beginning and again at its end: each becomes one of the answer's
    /// `additional_kwargs`.
    fn change(&mut self, members: JsonObject, events: &mut Vec<ModelEvent>) {
        let reason = members.get("stop_reason").and_then(Value::as_str).map(str::to_owned);
        if reason.is_some() {
            self.blocks.end_all(events);
        }
        events.extend(members.into_iter().map(|(name, value)| ModelEvent::Kwarg { name, value }));
        if let Some(raw) = reason {
            self.finished = true;
            events.push(ModelEvent::Finished { reason: finish_reason(&raw), raw });
        }
    }

    fn said(&self, text: &str) -> Failure {
        Failure::Said(Box::new(error_body::in_stream(text, self.dialect.provider)))
    }
}

impl WireDecoder for AnthropicDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        error_body::refuse(frame, self.dialect.provider)?;
        self.decode_frame(frame.data)
    }

    fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        Self::decode_response(self, body)
    }

    fn is_done(&self) -> bool {
        Self::is_done(self)
    }

    fn finish(&mut self) -> Result<(), ModelError> {
        Self::finish(self)
    }
}

/// A field that is not interpreted.
pub(super) fn extra(path: String, value: Value, events: &mut Vec<ModelEvent>) {
    if !value.is_null() {
        events.push(ModelEvent::Extra { path, value });
    }
}

fn finish_reason(raw: &str) -> FinishReason {
    match raw {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        // `compaction`: the host asked to be shown the summary before the model goes on.
        "pause_turn" | "compaction" => FinishReason::Paused,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Other,
    }
}
