//! The words that every part of MOSS Agent Runtime shares: messages, content parts, tool calls, usage,
//! graph events and run steps, configurations and error codes.
//!
//! Pure data. Nothing here opens a file or a socket, knows a runtime, or decides anything: a type either
//! stands for what a host sees as JSON, or for what two crates hand each other. The JSON of every event is
//! that of the Run interface of `@librechat/agents` 3.9, down to the order of the fields where hosts have
//! been seen to depend on it.
//!
//! ```
//! use moss_protocol::{ContentPart, GraphEvent, MessageDelta, StepId};
//!
//! let event = GraphEvent::MessageDelta(MessageDelta::text(StepId::from("step_1"), "Hello"));
//! assert_eq!(
//!     serde_json::to_string(&event)?,
//!     r#"{"event":"on_message_delta","data":{"id":"step_1","delta":{"content":[{"type":"text","text":"Hello"}]}}}"#
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

mod config;
mod content;
mod error;
mod event;
mod ids;
mod message;
mod named;
mod provider;
mod record;
mod run_step;
mod tool;
mod usage;

pub use config::{AgentConfig, GraphConfig, GraphType, ReasoningKey, RunConfig};
pub use content::{Content, ContentPart, ImageUrl, ToolCallPart};
pub use error::{ConfigError, ErrorCode};
pub use event::{
    AgentLog, AgentUpdate, ChatModelEnd, ChatModelInput, ChatModelStart, ChatModelStream,
    ContextBreakdown, ContextUsage, EventName, GraphEvent, LogLevel, SubagentPhase, SubagentUpdate,
    SummarizeComplete, SummarizeDelta, SummarizeStart, Summary, SummaryBoundary, SummaryCoverage,
    SummaryDelta, SummaryPiece, ToolEnd, ToolInput, ToolStart, UnknownEventName,
};
pub use ids::{AgentId, InvalidRunId, MessageId, RunId, StepId, ThreadId};
pub use message::{
    AiMessage, HumanMessage, Message, MessageError, SystemMessage, ToolMessage, ToolStatus,
};
pub use provider::{Provider, UnknownProvider};
pub use record::{EventMetadata, EventRecord, RECORD_VERSION};
pub use run_step::{
    CompletedToolCall, FieldOrder, MessageContentType, MessageCreation, MessageDelta,
    MessageDeltaBody, ReasoningDelta, RunStep, RunStepClosed, RunStepCompleted, RunStepDelta,
    RunStepResult, StepDetails, StepKind, StepStatus, ThinkDelta, ToolCallsDelta,
};
pub use tool::{
    InvalidToolCall, ToolCall, ToolCallChunk, ToolCallChunkKind, ToolCallKind, ToolDefinition,
};
pub use usage::{InputTokenDetails, OutputTokenDetails, Usage};

/// A JSON object whose members keep the order in which they were written.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
