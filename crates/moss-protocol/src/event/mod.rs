//! Graph events: all that a host hears of a run, one enum with one order.

mod agent;
mod context_usage;
mod model_and_tool;
mod subagent;
mod summary;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::named::{named_enum, parse_by_name};
use crate::{MessageDelta, ReasoningDelta, RunStep, RunStepClosed, RunStepCompleted, RunStepDelta};
pub use agent::{AgentLog, AgentUpdate, LogLevel};
pub use context_usage::{ContextBreakdown, ContextUsage};
pub use model_and_tool::{
    ChatModelEnd, ChatModelInput, ChatModelStart, ChatModelStream, ToolEnd, ToolInput, ToolStart,
};
pub use subagent::{SubagentPhase, SubagentUpdate};
pub use summary::{
    SummarizeComplete, SummarizeDelta, SummarizeStart, Summary, SummaryBoundary, SummaryCoverage,
    SummaryDelta, SummaryPiece,
};

named_enum! {
    /// The name of an event, as a key of a host's handlers and on its wire. Hosts may register handlers for each;
    /// see [`GraphEvent`] for those that occur.
    EventName {
        /// The agent in charge changed.
        AgentUpdate = "on_agent_update",
        /// A run step begins.
        RunStep = "on_run_step",
        /// A tool call grows.
        RunStepDelta = "on_run_step_delta",
        /// A tool call has its output.
        RunStepCompleted = "on_run_step_completed",
        /// A run step ended.
        RunStepClosed = "on_run_step_closed",
        /// An answer grows.
        MessageDelta = "on_message_delta",
        /// Reasoning grows.
        ReasoningDelta = "on_reasoning_delta",
        /// The host is asked to execute tools.
        ToolExecute = "on_tool_execute",
        /// The conversation is about to be summarised.
        SummarizeStart = "on_summarize_start",
        /// The summary grows.
        SummarizeDelta = "on_summarize_delta",
        /// The summary is there.
        SummarizeComplete = "on_summarize_complete",
        /// A subagent reports.
        SubagentUpdate = "on_subagent_update",
        /// The runtime logs.
        AgentLog = "on_agent_log",
        /// How full the context window is.
        ContextUsage = "on_context_usage",
        /// An event of the host's own making.
        CustomEvent = "on_custom_event",
        /// A model is called.
        ChatModelStart = "on_chat_model_start",
        /// A model's chunk came in.
        ChatModelStream = "on_chat_model_stream",
        /// A model has answered.
        ChatModelEnd = "on_chat_model_end",
        /// A text-completion model is called (LangChain's name; a host may listen).
        LlmStart = "on_llm_start",
        /// A text-completion model's chunk (LangChain's name; a host may listen).
        LlmStream = "on_llm_stream",
        /// A text-completion model has answered (LangChain's name; a host may listen).
        LlmEnd = "on_llm_end",
        /// A chain starts (LangChain's name; a host may listen).
        ChainStart = "on_chain_start",
        /// A chain's chunk (LangChain's name; a host may listen).
        ChainStream = "on_chain_stream",
        /// A chain ended (LangChain's name; a host may listen).
        ChainEnd = "on_chain_end",
        /// A tool starts.
        ToolStart = "on_tool_start",
        /// A tool returned.
        ToolEnd = "on_tool_end",
        /// A retriever starts (LangChain's name; a host may listen).
        RetrieverStart = "on_retriever_start",
        /// A retriever ended (LangChain's name; a host may listen).
        RetrieverEnd = "on_retriever_end",
        /// A prompt is formatted (LangChain's name; a host may listen).
        PromptStart = "on_prompt_start",
        /// A prompt was formatted (LangChain's name; a host may listen).
        PromptEnd = "on_prompt_end",
    }
}
parse_by_name!(EventName, UnknownEventName);

/// A handler was registered for an event that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no event named `{0}`")]
pub struct UnknownEventName(
    /// The name as it was written.
    pub String,
);

/// One event of a run. Its JSON is `{"event": name, "data": payload}`.
///
/// `on_tool_execute` is no variant: it carries functions (`resolve`, `reject`) and so is made by the face
/// that has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data")]
pub enum GraphEvent {
    /// The agent in charge changed.
    #[serde(rename = "on_agent_update")]
    AgentUpdate(AgentUpdate),
    /// A run step begins.
    #[serde(rename = "on_run_step")]
    RunStep(RunStep),
    /// A tool call grows.
    #[serde(rename = "on_run_step_delta")]
    RunStepDelta(RunStepDelta),
    /// A tool call has its output.
    #[serde(rename = "on_run_step_completed")]
    RunStepCompleted(RunStepCompleted),
    /// A run step ended.
    #[serde(rename = "on_run_step_closed")]
    RunStepClosed(RunStepClosed),
    /// An answer grows.
    #[serde(rename = "on_message_delta")]
    MessageDelta(MessageDelta),
    /// Reasoning grows.
    #[serde(rename = "on_reasoning_delta")]
    ReasoningDelta(ReasoningDelta),
    /// The conversation is about to be summarised.
    #[serde(rename = "on_summarize_start")]
    SummarizeStart(SummarizeStart),
    /// The summary grows.
    #[serde(rename = "on_summarize_delta")]
    SummarizeDelta(SummarizeDelta),
    /// The summary is there.
    #[serde(rename = "on_summarize_complete")]
    SummarizeComplete(SummarizeComplete),
    /// A subagent reports.
    #[serde(rename = "on_subagent_update")]
    SubagentUpdate(SubagentUpdate),
    /// The runtime logs.
    #[serde(rename = "on_agent_log")]
    AgentLog(AgentLog),
    /// How full the context window is.
    #[serde(rename = "on_context_usage")]
    ContextUsage(ContextUsage),
    /// An event of the host's own making.
    #[serde(rename = "on_custom_event")]
    CustomEvent(Value),
    /// A model is called.
    #[serde(rename = "on_chat_model_start")]
    ChatModelStart(ChatModelStart),
    /// A model's chunk came in.
    #[serde(rename = "on_chat_model_stream")]
    ChatModelStream(ChatModelStream),
    /// A model has answered.
    #[serde(rename = "on_chat_model_end")]
    ChatModelEnd(ChatModelEnd),
    /// A tool starts.
    #[serde(rename = "on_tool_start")]
    ToolStart(ToolStart),
    /// A tool returned.
    #[serde(rename = "on_tool_end")]
    ToolEnd(ToolEnd),
}

impl GraphEvent {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> EventName {
        match self {
            Self::AgentUpdate(_) => EventName::AgentUpdate,
            Self::RunStep(_) => EventName::RunStep,
            Self::RunStepDelta(_) => EventName::RunStepDelta,
            Self::RunStepCompleted(_) => EventName::RunStepCompleted,
            Self::RunStepClosed(_) => EventName::RunStepClosed,
            Self::MessageDelta(_) => EventName::MessageDelta,
            Self::ReasoningDelta(_) => EventName::ReasoningDelta,
            Self::SummarizeStart(_) => EventName::SummarizeStart,
            Self::SummarizeDelta(_) => EventName::SummarizeDelta,
            Self::SummarizeComplete(_) => EventName::SummarizeComplete,
            Self::SubagentUpdate(_) => EventName::SubagentUpdate,
            Self::AgentLog(_) => EventName::AgentLog,
            Self::ContextUsage(_) => EventName::ContextUsage,
            Self::CustomEvent(_) => EventName::CustomEvent,
            Self::ChatModelStart(_) => EventName::ChatModelStart,
            Self::ChatModelStream(_) => EventName::ChatModelStream,
            Self::ChatModelEnd(_) => EventName::ChatModelEnd,
            Self::ToolStart(_) => EventName::ToolStart,
            Self::ToolEnd(_) => EventName::ToolEnd,
        }
    }

    /// Writes the payload alone, without the name around it.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AgentUpdate(data) => data.serialize(serializer),
            Self::RunStep(data) => data.serialize(serializer),
            Self::RunStepDelta(data) => data.serialize(serializer),
            Self::RunStepCompleted(data) => data.serialize(serializer),
            Self::RunStepClosed(data) => data.serialize(serializer),
            Self::MessageDelta(data) => data.serialize(serializer),
            Self::ReasoningDelta(data) => data.serialize(serializer),
            Self::SummarizeStart(data) => data.serialize(serializer),
            Self::SummarizeDelta(data) => data.serialize(serializer),
            Self::SummarizeComplete(data) => data.serialize(serializer),
            Self::SubagentUpdate(data) => data.serialize(serializer),
            Self::AgentLog(data) => data.serialize(serializer),
            Self::ContextUsage(data) => data.serialize(serializer),
            Self::CustomEvent(data) => data.serialize(serializer),
            Self::ChatModelStart(data) => data.serialize(serializer),
            Self::ChatModelStream(data) => data.serialize(serializer),
            Self::ChatModelEnd(data) => data.serialize(serializer),
            Self::ToolStart(data) => data.serialize(serializer),
            Self::ToolEnd(data) => data.serialize(serializer),
        }
    }
}
