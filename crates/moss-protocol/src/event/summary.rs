//! Summaries of a conversation.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ContentPart, JsonObject, StepId};

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
