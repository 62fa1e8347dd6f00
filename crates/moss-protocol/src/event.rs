//! Graph events: all that a host hears of a run, one enum with one order.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::named::{named_enum, parse_by_name};
use crate::{
    AgentId, AiMessage, ContentPart, JsonObject, Message, MessageDelta, ReasoningDelta, RunId,
    RunStep, RunStepClosed, RunStepCompleted, RunStepDelta, StepId, ToolMessage,
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

/// `on_agent_update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentUpdate {
    /// Always `agent_update`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `runId`, `message`, `agentId`, `index`.
    pub agent_update: JsonObject,
}

/// `on_chat_model_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelStart {
    /// The conversation as it is sent.
    pub input: ChatModelInput,
}

/// The `input` of `on_chat_model_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelInput {
    /// One conversation, in LangChain's list of lists.
    pub messages: Vec<Vec<Message>>,
}

/// `on_chat_model_stream`: a chunk as LangChain's `AIMessageChunk` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelStream {
    /// `content`, `id`, `tool_call_chunks`, `additional_kwargs`, `usage_metadata`.
    pub chunk: JsonObject,
}

/// `on_chat_model_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatModelEnd {
    /// The whole answer, with its usage in `usage_metadata`.
    pub output: AiMessage,
}

/// `on_tool_start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolStart {
    /// The arguments.
    pub input: ToolInput,
}

/// The arguments of a call, as LangChain wraps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolInput {
    /// The arguments as JSON text.
    pub input: String,
}

/// `on_tool_end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolEnd {
    /// The answer.
    pub output: ToolMessage,
    /// The arguments.
    pub input: ToolInput,
}

/// `on_agent_log`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentLog {
    /// How grave it is.
    pub level: LogLevel,
    /// The part of the runtime that speaks.
    pub scope: String,
    /// What it says.
    pub message: String,
    /// Figures and names beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonObject>,
    /// The run.
    #[serde(rename = "runId", default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The agent.
    #[serde(rename = "agentId", default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For those who build the runtime.
    Debug,
    /// For those who operate it.
    Info,
    /// Something is odd and the run goes on.
    Warn,
    /// Something failed.
    Error,
}

/// `on_summarize_start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummarizeStart {
    /// The agent whose conversation is summarised.
    pub agent_id: AgentId,
    /// Who serves the summarising model.
    pub provider: String,
    /// The summarising model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many messages go into the summary.
    pub messages_to_refine_count: u32,
    /// Which summary of the conversation this is, from 1.
    pub summary_version: u32,
    /// Fields that later versions of the interface added.
    #[serde(flatten)]
    pub extra: JsonObject,
}

/// `on_summarize_delta`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummarizeDelta {
    /// The step that grows.
    pub id: StepId,
    /// By what.
    pub delta: SummaryDelta,
}

/// The `delta` of a [`SummarizeDelta`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryDelta {
    /// The new part of the summary.
    pub summary: SummaryPiece,
}

/// A piece of a summary that is being written. Not a [`Summary`]: provider and model stand the other way
/// round in its JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryPiece {
    /// Always `summary`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The new text parts.
    pub content: Vec<ContentPart>,
    /// Who serves the summarising model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The summarising model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A summary, or the beginning of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Always `summary`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<ContentPart>>,
    /// How long it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_count: Option<u64>,
    /// Which messages it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<SummaryCoverage>,
    /// Which summary of the conversation this is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary_version: Option<u32>,
    /// Where it stands in the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<SummaryBoundary>,
    /// The summarising model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Who serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// ISO 8601 time at which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Fields that later versions of the interface added.
    #[serde(flatten)]
    pub extra: JsonObject,
}

/// Which messages a summary stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryCoverage {
    /// The first message that was kept as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retained_from_message_id: Option<String>,
}

/// Where a summary stands in the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryBoundary {
    /// The message, or the step that wrote it.
    pub message_id: String,
    /// The content slot.
    pub content_index: u32,
}

/// `on_summarize_complete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummarizeComplete {
    /// The step.
    pub id: StepId,
    /// The agent.
    pub agent_id: AgentId,
    /// The summary, unless it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// `on_subagent_update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubagentUpdate {
    /// The root run.
    pub run_id: RunId,
    /// The run that called the subagent.
    pub parent_run_id: RunId,
    /// The subagent's own run.
    pub subagent_run_id: RunId,
    /// The tool call that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_tool_call_id: Option<String>,
    /// The configured type of subagent.
    pub subagent_type: String,
    /// `agent` or `graph`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent_kind: Option<String>,
    /// The subagent.
    pub subagent_agent_id: AgentId,
    /// The member of a team that speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_agent_id: Option<AgentId>,
    /// How deep it is nested, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// The chain of callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestry: Option<Value>,
    /// The agent that called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_agent_id: Option<AgentId>,
    /// What happened.
    pub phase: SubagentPhase,
    /// The payload of the subagent's own event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// One line for a reader.
    pub label: String,
    /// ISO 8601 time.
    pub timestamp: String,
}

/// What a subagent reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubagentPhase {
    /// It starts.
    Start,
    /// Its `on_run_step`.
    RunStep,
    /// Its `on_run_step_delta`.
    RunStepDelta,
    /// Its `on_run_step_completed`.
    RunStepCompleted,
    /// Its `on_run_step_closed`.
    RunStepClosed,
    /// Its `on_message_delta`.
    MessageDelta,
    /// Its `on_reasoning_delta`.
    ReasoningDelta,
    /// It ended.
    Stop,
    /// It failed.
    Error,
}

/// `on_context_usage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextUsage {
    /// The run.
    pub run_id: RunId,
    /// The agent.
    pub agent_id: AgentId,
    /// What fills the window, in tokens.
    pub breakdown: ContextBreakdown,
    /// Tokens that may be used: the window less the reserve.
    pub context_budget: u64,
    /// Tokens of the instructions as sent.
    pub effective_instruction_tokens: u64,
    /// Tokens of the messages before anything was left out.
    pub pre_prune_context_tokens: u64,
    /// Tokens left in the budget.
    pub remaining_context_tokens: i64,
    /// What the provider counts, divided by what was estimated.
    #[serde(serialize_with = "as_javascript")]
    pub calibration_ratio: f64,
}

/// Writes a number as JavaScript does: a whole one without a fraction.
fn as_javascript<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Above, not every whole number has a `f64`.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= LARGEST {
        // Whole and in range, so nothing is lost.
        #[allow(clippy::cast_possible_truncation)]
        return serializer.serialize_i64(*number as i64);
    }
    serializer.serialize_f64(*number)
}

/// What fills the context window, in tokens unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextBreakdown {
    /// The window.
    pub max_context_tokens: u64,
    /// System message and tool schemas.
    pub instruction_tokens: u64,
    /// The system message.
    pub system_message_tokens: u64,
    /// Instructions that change from call to call.
    pub dynamic_instruction_tokens: u64,
    /// Tool schemas.
    pub tool_schema_tokens: u64,
    /// The summary.
    pub summary_tokens: u64,
    /// How many tools are offered.
    pub tool_count: u32,
    /// How many messages are sent.
    pub message_count: u32,
    /// The messages.
    pub message_tokens: u64,
    /// What is left for messages.
    pub available_for_messages: i64,
    /// Each tool's schema.
    pub tool_token_counts: JsonObject,
    /// Fields that not every version of the interface has (`deferredToolNames`, `toolMessageTokens` …).
    #[serde(flatten)]
    pub extra: JsonObject,
}
