//! Ollama's own chat protocol: `/api/chat`.
//!
//! A streamed answer is a JSON object a line, the last one with `done: true`; an unstreamed one is a single such
//! object with the whole message.
//!
//! # What becomes what
//!
//! Within a chunk the events stand in this order: `Started`, reasoning, text, tool calls, `Finished`, `Usage`,
//! `Extra`.
//!
//! | field | event |
//! |---|---|
//! | `model`, `created_at`, first time | [`Started`](crate::ModelEvent::Started) |
//! | `message.thinking` | [`Reasoning`](crate::ModelEvent::Reasoning) |
//! | `message.content` | [`Text`](crate::ModelEvent::Text) |
//! | `message.tool_calls` | [`ToolCall`](crate::ModelEvent::ToolCall) each, whole; those without an id get one |
//! | `done_reason`, or `done: true` without one | [`Finished`](crate::ModelEvent::Finished) |
//! | `prompt_eval_count`, `eval_count` | [`Usage`](crate::ModelEvent::Usage) |
//! | `error` | a [`ModelError`](crate::ModelError) |
//! | durations, `logprobs`, the last frame's `created_at`, all other fields | [`Extra`](crate::ModelEvent::Extra) under the path at which they stood; what repeats, once |
//!
//! Not kept, because it says nothing: `null`; empty texts; the role `assistant`; `type: "function"` of calls;
//! `done`; the time at which each frame between the first and the last was made.

mod calls;
mod decode;
mod encode;
mod encode_message;
mod frame;
mod options;

pub use decode::OllamaDecoder;
pub use encode::OllamaEncoder;
pub(crate) use options::parameters;

use super::{Wire, WireDecoder, WireRequest};
use crate::{Framing, ModelError};

/// Ollama's wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ollama;

impl Wire for Ollama {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        OllamaEncoder.encode(request)
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(OllamaDecoder::default())
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }
}
