//! What a model says, whichever wire it came over.

use moss_protocol::{JsonObject, ReasoningKey, ToolCallChunk, Usage};
use serde_json::Value;

/// One frame of a provider's answer: what the Run interface calls a chunk. A whole, unstreamed answer is
/// one chunk too.
///
/// A frame that says nothing (`events` without text, reasoning or tool call) still counts: the Run
/// interface takes the provider's message id from such a frame only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelChunk {
    /// What the frame says, in the order in which it is to be shown: reasoning, text, tool calls, the rest.
    pub events: Vec<ModelEvent>,
}

/// One thing that a model says.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// The answer begins. Exactly once, before all else.
    Started(ResponseInfo),
    /// Text of the answer.
    Text {
        /// The new text; never empty.
        text: String,
        /// The provider's index of the content block, where the wire has blocks.
        index: Option<u32>,
    },
    /// Reasoning.
    Reasoning {
        /// The new text. Empty when only `details` came.
        text: String,
        /// Under which key the Run interface shows it in `additional_kwargs`.
        key: ReasoningKey,
        /// The provider's structured form beside or instead of the text (OpenRouter's
        /// `reasoning_details`), unchanged.
        details: Option<Value>,
    },
    /// A piece of a tool call, with the provider's index and id unchanged.
    ToolCall(ToolCallChunk),
    /// The model declines, in its own words (OpenAI's `refusal`).
    Refusal {
        /// The new text; never empty.
        text: String,
    },
    /// What the call consumed so far. The last one counts.
    Usage(Usage),
    /// Why the model stopped.
    Finished {
        /// The reason as all wires share it.
        reason: FinishReason,
        /// The provider's own word.
        raw: String,
    },
    /// A field that this version does not interpret, or that repeats with another value. Kept for the
    /// answer's `response_metadata`.
    Extra {
        /// Where it stood, dotted, as in `choices.0.delta.audio` or `usage.cost`.
        path: String,
        /// What it was.
        value: Value,
    },
}

/// Who answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResponseInfo {
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// The model as the provider names it; often longer than what was asked for.
    pub model: Option<String>,
    /// The other fields of the frame's envelope (`created`, `system_fingerprint`, `service_tier` …).
    pub extra: JsonObject,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// It had said all.
    Stop,
    /// The token limit cut it.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// A filter cut it.
    ContentFilter,
    /// The model refused.
    Refusal,
    /// A word that this version does not know.
    Other,
}
