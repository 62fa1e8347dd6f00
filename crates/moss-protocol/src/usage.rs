//! What a model call consumed, as the provider counted it.

use serde::{Deserialize, Serialize};

/// Tokens of one model call, in LangChain's `usage_metadata` shape. The numbers are the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All tokens of the prompt, cached ones included.
    pub input_tokens: u64,
    /// All tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Input and output together, or what the provider says it is.
    pub total_tokens: u64,
    /// What the input tokens were. `{}` when the provider did not say.
    #[serde(default)]
    pub input_token_details: InputTokenDetails,
    /// What the output tokens were. `{}` when the provider did not say.
    #[serde(default)]
    pub output_token_details: OutputTokenDetails,
}

/// Parts of [`Usage::input_tokens`]; a part the provider did not report is absent, not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputTokenDetails {
    /// Audio tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<u64>,
    /// Tokens read from the provider's prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Tokens written to the provider's prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<u64>,
    /// Of those written to the cache, what is kept for five minutes (Anthropic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral_5m_input_tokens: Option<u64>,
    /// Of those written to the cache, what is kept for an hour (Anthropic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral_1h_input_tokens: Option<u64>,
}

/// Parts of [`Usage::output_tokens`]; a part the provider did not report is absent, not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputTokenDetails {
    /// Audio tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<u64>,
    /// Tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
}

impl std::ops::AddAssign<&Self> for Usage {
    /// Adds another call's usage, for a total over a run.
    fn add_assign(&mut self, other: &Self) {
        fn add(into: &mut Option<u64>, from: Option<u64>) {
            if let Some(tokens) = from {
                *into = Some(into.unwrap_or(0).saturating_add(tokens));
            }
        }
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        add(&mut self.input_token_details.audio, other.input_token_details.audio);
        add(&mut self.input_token_details.cache_read, other.input_token_details.cache_read);
        add(&mut self.input_token_details.cache_creation, other.input_token_details.cache_creation);
        add(
            &mut self.input_token_details.ephemeral_5m_input_tokens,
            other.input_token_details.ephemeral_5m_input_tokens,
        );
        add(
            &mut self.input_token_details.ephemeral_1h_input_tokens,
            other.input_token_details.ephemeral_1h_input_tokens,
        );
        add(&mut self.output_token_details.audio, other.output_token_details.audio);
        add(&mut self.output_token_details.reasoning, other.output_token_details.reasoning);
    }
}
