//! How full the context window is.

use serde::{Deserialize, Serialize, Serializer};

use crate::{AgentId, JsonObject, RunId};

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
