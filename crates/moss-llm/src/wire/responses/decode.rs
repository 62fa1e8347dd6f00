//! From frames to events.

use std::borrow::Cow;

use serde::de::DeserializeSeed;

use super::ResponsesDialect;
use super::dispatch::{Ending, Heard, Problem, hear};
use super::event::{Event, EventSeed};
use super::output::Output;
use super::response::{Response, ResponseParts};
use crate::wire::excerpt::not_allowed;
use crate::wire::{Frame, WireDecoder, error_body, surrogates};
use crate::{ModelChunk, ModelError, ModelErrorKind};

/// Decodes one answer of the Responses protocol, streamed or not. What becomes what is told in the
/// [module](super).
///
/// After an error the answer cannot be read on; neither damage nor malice makes it panic.
#[derive(Debug)]
pub struct ResponsesDecoder {
    dialect: ResponsesDialect,
    state: State,
    is_done: bool,
}

/// What of an answer is known.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) response: Response,
    pub(super) output: Output,
    /// Sound and its words, as far as they came: `additional_kwargs.audio`.
    pub(super) audio: Audio,
}

/// What the model speaks.
#[derive(Debug, Default)]
pub(super) struct Audio {
    pub(super) data: String,
    pub(super) transcript: String,
}

impl ResponsesDecoder {
    /// A decoder for one answer.
    #[must_use]
    pub fn new(dialect: ResponsesDialect) -> Self {
        Self { dialect, state: State::default(), is_done: false }
    }

    /// Decodes the data of one event of the stream. `kind` is the event's name, which its data repeat. `None` for
    /// keep-alives, and for what follows the end.
    ///
    /// # Errors
    /// The provider's own error, where the event holds one; [`ModelErrorKind::Protocol`] where it is no event of
    /// the protocol, or contradicts what was streamed.
    pub fn decode_frame(
        &mut self,
        kind: &str,
        data: &[u8],
    ) -> Result<Option<ModelChunk>, ModelError> {
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" || self.is_done {
            return Ok(None);
        }
        let text = self.text(data)?;
        let mut event = Event::default();
        parse(&text, &mut event).map_err(|error| self.protocol_error(data, &error.to_string()))?;
        if event.kind.is_empty() {
            if error_body::is_error(&text) {
                return Err(error_body::in_stream(&text, self.dialect.provider));
            }
            event.kind = kind.into();
        }
        let mut events = Vec::new();
        match hear(&mut self.state, &self.dialect, event, &mut events) {
            Ok(Heard::Event) => Ok(Some(ModelChunk { events })),
            Ok(Heard::End) => {
                self.is_done = true;
                Ok(Some(ModelChunk { events }))
            }
            Ok(Heard::KeepAlive) => Ok(None),
            Ok(Heard::Error(error)) => Err(self.failed(error.as_deref().unwrap_or(&text))),
            Err(problem) => Err(self.unread(data, problem)),
        }
    }

    /// Decodes an answer that came in one piece.
    ///
    /// # Errors
    /// As [`decode_frame`](Self::decode_frame); and [`ModelErrorKind::Protocol`] where there is no output.
    pub fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError> {
        let text = self.text(body)?;
        let parts = serde_json::from_str(&text).and_then(ResponseParts::read);
        let parts = parts.map_err(|error| self.protocol_error(body, &error.to_string()))?;
        if let Some(error) = &parts.error {
            return Err(self.failed(error));
        }
        if !parts.has_output() {
            if error_body::is_error(&text) {
                return Err(error_body::in_stream(&text, self.dialect.provider));
            }
            return Err(self.protocol_error(body, "it has no output"));
        }
        let mut events = Vec::new();
        let State { response, output, .. } = &mut self.state;
        response
            .ends(parts, Ending::Completed.status(), output, &self.dialect, &mut events)
            .map_err(|problem| self.protocol_error(body, &problem))?;
        self.is_done = true;
        Ok(ModelChunk { events })
    }

    /// Whether the response said that it ends, or came in one piece.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends a streamed answer.
    ///
    /// # Errors
    /// [`ModelErrorKind::Truncated`] when the response did not say that it ends.
    pub fn finish(&mut self) -> Result<(), ModelError> {
        if self.is_done {
            return Ok(());
        }
        let message = if self.state.response.is_started() {
            "The answer stopped before its end: the response was not completed."
        } else {
            "The stream ended before the answer began."
        };
        Err(ModelError::new(ModelErrorKind::Truncated, self.dialect.provider, message))
    }

    /// The text of a frame. Half of a character, as servers send it that cut tokens at any place, is mended:
    /// JavaScript reads it.
    fn text<'d>(&self, data: &'d [u8]) -> Result<Cow<'d, str>, ModelError> {
        let text = str::from_utf8(data)
            .map_err(|error| self.protocol_error(data, &format!("it is not UTF-8: {error}")))?;
        Ok(surrogates::repair(text).map_or(Cow::Borrowed(text), Cow::Owned))
    }

    /// The provider's own error.
    fn failed(&self, error: &str) -> ModelError {
        error_body::in_stream(error, self.dialect.provider)
    }

    fn unread(&self, data: &[u8], problem: Problem) -> ModelError {
        match problem {
            Problem::Json(error) => self.protocol_error(data, &error.to_string()),
            Problem::Output(problem) => self.protocol_error(data, &problem),
        }
    }

    fn protocol_error(&self, data: &[u8], why: &str) -> ModelError {
        not_allowed(self.dialect.provider, "the Responses protocol", data, why, 160)
    }
}

impl WireDecoder for ResponsesDecoder {
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError> {
        self.decode_frame(frame.kind, frame.data)
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

fn parse<'de>(text: &'de str, event: &mut Event<'de>) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    EventSeed(event).deserialize(&mut json)?;
    json.end()
}
