//! Providers' protocols as pure codecs: a wire encodes a conversation into a request body and decodes an
//! answer's frames into [`ModelChunk`]s. It holds no socket and no clock.

pub mod anthropic;
mod attachment;
pub mod bedrock;
mod envelope;
mod error_body;
mod excerpt;
pub mod gemini;
mod hash;
mod json;
pub mod ollama;
pub mod openai_chat;
pub mod responses;
mod surrogates;
mod unreadable;

pub use error_body::classify;
pub(crate) use excerpt::short;

use std::fmt;

use moss_protocol::{JsonObject, Provider};
use reqwest::header::HeaderMap;

use crate::{Framing, ModelChunk, ModelError, ModelRequest, SseEvent};

/// What is to be encoded: a conversation and how it is to be answered.
#[derive(Debug, Clone, Copy)]
pub struct WireRequest<'a> {
    /// The model's name, as the provider knows it.
    pub model: &'a str,
    /// The conversation and the tools.
    pub request: &'a ModelRequest,
    /// Whether the answer is to arrive in pieces.
    pub stream: bool,
    /// Whether a streamed answer is to end with its usage. Means nothing on wires and dialects that cannot
    /// be asked.
    pub stream_usage: bool,
    /// Fields of the body under the provider's names (`temperature`, `max_tokens` …), in the order in which
    /// they are to be sent. They win over what the wire writes itself, except over an explicit
    /// [`ToolChoice`](crate::ToolChoice).
    pub parameters: &'a JsonObject,
    /// Further fields of the body, which win over all others.
    pub extra_body: &'a JsonObject,
}

/// A wire in one dialect, ready to be spoken: it encodes requests and makes decoders for their answers.
pub trait Wire: fmt::Debug + Send + Sync {
    /// The body of a request.
    ///
    /// # Errors
    /// [`ModelErrorKind::InvalidRequest`](crate::ModelErrorKind::InvalidRequest) when the conversation has a
    /// part for which the wire has no form.
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError>;

    /// Headers that a request needs beside those of its endpoint. Default: none.
    fn headers(&self, request: &WireRequest<'_>) -> HeaderMap {
        let _ = request;
        HeaderMap::new()
    }

    /// A decoder for one answer.
    fn decoder(&self) -> Box<dyn WireDecoder>;

    /// A decoder for the answer to a request. Default: [`decoder`](Self::decoder).
    fn decoder_for(&self, request: &WireRequest<'_>) -> Box<dyn WireDecoder> {
        let _ = request;
        self.decoder()
    }

    /// How a streamed answer is cut into frames. Default: server-sent events.
    fn framing(&self) -> Framing {
        Framing::EventStream
    }

    /// Reads an answer with an error status. Default: [`classify`].
    fn error(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        provider: Provider,
    ) -> ModelError {
        let _ = headers;
        classify(status, body, provider)
    }
}

/// One frame of a streamed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The frame's kind, where the transport names one (`event:` of an event stream); else empty.
    pub kind: &'a str,
    /// The frame's payload.
    pub data: &'a [u8],
}

impl<'a> From<SseEvent<'a>> for Frame<'a> {
    fn from(event: SseEvent<'a>) -> Self {
        Self { kind: event.event, data: event.data }
    }
}

/// Decodes one answer of one wire. Make a new one for each answer.
pub trait WireDecoder: Send {
    /// Decodes a frame of a streamed answer. `None`: the frame belongs to the transport (an end mark, a
    /// keep-alive) and not to the answer.
    ///
    /// # Errors
    /// The provider's own error when the frame holds one, else
    /// [`ModelErrorKind::Protocol`](crate::ModelErrorKind::Protocol).
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<ModelChunk>, ModelError>;

    /// Decodes an answer that came in one piece.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    fn decode_response(&mut self, body: &[u8]) -> Result<ModelChunk, ModelError>;

    /// Whether the stream has said that it is over. What follows may be left unread.
    fn is_done(&self) -> bool;

    /// Ends a streamed answer.
    ///
    /// # Errors
    /// [`ModelErrorKind::Truncated`](crate::ModelErrorKind::Truncated) when the answer was not whole.
    fn finish(&mut self) -> Result<(), ModelError>;
}
