//! Google's Gemini: `generateContent` and `streamGenerateContent?alt=sse`, at the Gemini API and at Vertex AI.
//!
//! A streamed answer is a run of frames, each a `GenerateContentResponse`; an unstreamed one is a single such
//! object. Both hold `candidates`, of which the first is the answer. A stream has no end mark: it may go on after
//! a finish reason, and ends with its connection.
//!
//! # What becomes what
//!
//! Within a chunk the events stand in this order: `Started`, the content's parts in their own order, `Finished`,
//! `Kwarg`, `Usage`, `Extra`.
//!
//! | field | event |
//! |---|---|
//! | `responseId`, `modelVersion` and the rest of the envelope, first time | [`Started`](crate::ModelEvent::Started) |
//! | the same, with another value or new in a later frame | [`Extra`](crate::ModelEvent::Extra) under the field's name |
//! | `text` | [`Text`](crate::ModelEvent::Text) |
//! | `text` with `thought` | [`Reasoning`](crate::ModelEvent::Reasoning), in the form of [`Gemini::reasoning`] |
//! | `thoughtSignature` and other members beside a text | [`Part`](crate::ModelEvent::Part) of type `text` or `reasoning` without new text, which joins the text before it |
//! | `functionCall` | [`ToolCall`](crate::ModelEvent::ToolCall), whole; the id is the provider's, or one made of the answer's id and the call's position |
//! | `functionCall` with `partialArgs` or `willContinue` | `ToolCall` with the name, then, when all arguments have come, with these |
//! | `thoughtSignature` of a call | [`Kwarg`](crate::ModelEvent::Kwarg) `signatures`: one for each call, empty where it has none |
//! | any other part (`inlineData`, `executableCode`, `toolCall` …) | `Part`, of the type of its member, else unchanged |
//! | `finishReason`, first time | [`Finished`](crate::ModelEvent::Finished) |
//! | `groundingMetadata`, `citationMetadata`, `urlContextMetadata` | `Kwarg` of that name; citations of all frames together |
//! | `usageMetadata` | [`Usage`](crate::ModelEvent::Usage), and `Extra` `usageMetadata.…` for what has no place in it |
//! | `promptFeedback` with `blockReason`, and no candidate | a [`ModelError`] of kind [`ContentFilter`](crate::ModelErrorKind::ContentFilter) |
//! | `error` | a [`ModelError`] |
//! | other candidates, whole | `Extra` `candidates.1` … |
//! | all other fields | `Extra` under the path at which they stood |
//!
//! Not kept, because it says nothing: `null`; empty texts; the role `model`; `thought: false`; `index` of
//! candidates; a repeated `finishReason`; whatever repeats unchanged from frame to frame.

mod blocked;
mod calls;
mod contents;
mod decode;
mod encode;
mod error;
mod finish;
mod frame;
mod media;
mod model;
mod options;
mod part;
mod partial_args;
mod said;
mod signatures;
mod tools;
mod usage;
mod wire_part;

use moss_protocol::{Provider, ReasoningKey};

pub use decode::GeminiDecoder;
pub use encode::GeminiEncoder;
pub(crate) use options::parameters;

use reqwest::header::HeaderMap;

use super::{Wire, WireDecoder, WireRequest};
use crate::{ModelError, ReasoningForm};

/// The Gemini wire at one of its two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gemini {
    /// Who is asked: named in errors.
    pub provider: Provider,
    /// Where the message of an answer keeps the model's thoughts.
    pub reasoning: ReasoningForm,
}

impl Gemini {
    /// The Gemini API. Thoughts are kept in `additional_kwargs.reasoning`, as LibreChat's client has them.
    pub const GOOGLE: Self = Self {
        provider: Provider::Google,
        reasoning: ReasoningForm::Field(ReasoningKey::Reasoning),
    };

    /// Vertex AI. Thoughts are content parts of type `reasoning`, as LangChain's client has them.
    pub const VERTEX: Self =
        Self { provider: Provider::VertexAi, reasoning: ReasoningForm::Reasoning };
}

impl Wire for Gemini {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        GeminiEncoder::new(*self).encode(request)
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(GeminiDecoder::new(*self))
    }

    fn error(&self, status: u16, _: &HeaderMap, body: &[u8], provider: Provider) -> ModelError {
        error::error(status, body, provider)
    }
}
