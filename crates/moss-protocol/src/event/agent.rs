//! What the runtime says of an agent.

use serde::{Deserialize, Serialize};

use crate::{AgentId, JsonObject, RunId};

/// `on_agent_update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentUpdate {
    /// Always `agent_update`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `runId`, `message`, `agentId`, `index`.
    pub agent_update: JsonObject,
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
