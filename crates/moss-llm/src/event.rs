//! What a model says, whichever wire it came over.

use moss_protocol::{ErrorCode, JsonObject, ReasoningKey, ToolCallChunk, Usage};
use serde_json::Value;

use crate::{ModelInfo, RateLimits};

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
        /// Where the answer's message keeps it.
        form: ReasoningForm,
        /// The provider's index of the content block, where the wire has blocks.
        index: Option<u32>,
        /// The provider's structured form beside or instead of the text (OpenRouter's
        /// `reasoning_details`), unchanged.
        details: Option<Value>,
    },
    /// A part of the answer's content, or a piece of one, that is neither plain text, nor reasoning text, nor
    /// a call of the host's tools: a signature that closes reasoning, encrypted reasoning, a citation, a
    /// server-side tool's call or its result, an image, the block in which a wire keeps a tool call.
    ///
    /// It goes into the content of the answer's message as it is, merged with what has the same index: texts
    /// under `text`, `thinking`, `reasoning` and `signature` are joined, lists are appended, other members are
    /// set. Without an index it is a part of its own.
    Part {
        /// The provider's index of the content block, where the wire has blocks.
        index: Option<u32>,
        /// The part, `type` first, without its index.
        part: JsonObject,
    },
    /// A member of the answer's `additional_kwargs`, where hosts look for it: Anthropic's `stop_reason`,
    /// Google's `signatures`. A later value replaces an earlier one.
    Kwarg {
        /// The member's name.
        name: String,
        /// What it is.
        value: Value,
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
    /// A model failed before it said anything, and the next one is asked. What follows is that one's answer.
    Fallback(Box<Fallback>),
    /// A field that this version does not interpret, or that repeats with another value. Kept for the
    /// answer's `response_metadata`.
    Extra {
        /// Where it stood, dotted, as in `choices.0.delta.audio` or `usage.cost`.
        path: String,
        /// What it was.
        value: Value,
    },
}

/// A model failed, and another is asked in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// Who failed.
    pub from: ModelInfo,
    /// Who is asked now.
    pub to: ModelInfo,
    /// The class of the error.
    pub code: ErrorCode,
    /// The error in words, without secrets.
    pub message: String,
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
    /// What the provider says of its limits.
    pub rate_limits: Option<Box<RateLimits>>,
}

/// Where the message of an answer keeps its reasoning, as LangChain's clients do and hosts expect. What a wire
/// decodes in one form it also takes back in that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasoningForm {
    /// A text in `additional_kwargs`: chat completions.
    Field(ReasoningKey),
    /// A content part `{"type":"thinking","thinking":…}`: Anthropic.
    Thinking,
    /// A content part `{"type":"reasoning","reasoning":…}`: Google.
    Reasoning,
    /// A content part `{"type":"reasoning_content","reasoningText":{"text":…}}`: Bedrock.
    ReasoningContent,
    /// `additional_kwargs.reasoning`, an object whose `summary` lists `{"type":"summary_text","text":…}`: OpenAI's
    /// Responses. The event's index is that of the summary. Other members of the object come as a
    /// [`Kwarg`](ModelEvent::Kwarg).
    Summary,
}

impl From<ReasoningKey> for ReasoningForm {
    fn from(key: ReasoningKey) -> Self {
        Self::Field(key)
    }
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
    /// The provider paused a long turn: send the answer back, and it goes on.
    Paused,
    /// A word that this version does not know.
    Other,
}
