//! What a subagent reports.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AgentId, RunId};

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
