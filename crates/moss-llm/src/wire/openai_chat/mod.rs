//! OpenAI's chat completions, and what others made of them.
//!
//! A streamed answer is a run of `chat.completion.chunk` frames and ends with `[DONE]`; an unstreamed one is
//! a single `chat.completion`. Both hold `choices`; the first of them is the answer.
//!
//! # What becomes what
//!
//! Within a chunk the events stand in this order: `Started`, reasoning, text, refusal, tool calls,
//! images, `Finished`, `Usage`, `Extra`. Parts of a content list keep their own order.
//!
//! | field | event |
//! |---|---|
//! | `id`, `model` and the rest of the envelope, first time | [`Started`](crate::ModelEvent::Started) |
//! | the same, with another value or new in a later frame | [`Extra`](crate::ModelEvent::Extra) under the field's name |
//! | `delta.content`, `message.content`: text or `text` parts | [`Text`](crate::ModelEvent::Text) |
//! | `reasoning_content`, `reasoning`, `reasoning_details`, `thinking` parts | [`Reasoning`](crate::ModelEvent::Reasoning) |
//! | `tool_calls` | [`ToolCall`](crate::ModelEvent::ToolCall), index and id as they came |
//! | `images` | [`Part`](crate::ModelEvent::Part), each |
//! | `refusal` | [`Refusal`](crate::ModelEvent::Refusal) |
//! | `finish_reason`, first time | [`Finished`](crate::ModelEvent::Finished) |
//! | `usage`, `x_groq.usage` | [`Usage`](crate::ModelEvent::Usage), and [`Extra`](crate::ModelEvent::Extra) `usage.…` for what has no place in it |
//! | `error` | a [`ModelError`](crate::ModelError) |
//! | other choices, whole | [`Extra`](crate::ModelEvent::Extra) `choices.1` … |
//! | all other fields | [`Extra`](crate::ModelEvent::Extra) under the path at which they stood |
//!
//! Not kept, because it says nothing: `null`; empty texts, ids and lists of tool calls; the role
//! `assistant`; `type: "function"` and `index` of calls and choices; a repeated `finish_reason`; a repeated
//! tool name; the running total that Perplexity sends as `message` beside each `delta`; stream padding.

mod attachments;
mod cache_marks;
mod content;
mod conversation;
mod decode;
mod delta;
mod dialect;
mod encode;
mod encode_assistant;
mod encode_message;
mod foreign;
mod frame;
mod mistral;
mod options;
mod tool_calls;
mod usage;

pub use decode::OpenAiChatDecoder;
pub use dialect::{ChatDialect, ReasoningReplay};
pub use encode::OpenAiChatEncoder;
pub(in crate::wire) use encode_message::check;
pub(crate) use options::{cache_marks, parameters};

use super::{Wire, WireDecoder, WireRequest};
use crate::ModelError;

/// The chat-completions wire in a dialect.
#[derive(Debug, Clone, Copy)]
pub struct OpenAiChat(
    /// Whose dialect.
    pub ChatDialect,
);

impl Wire for OpenAiChat {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        OpenAiChatEncoder::new(self.0).encode(request)
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(OpenAiChatDecoder::new(self.0))
    }
}
