//! The class of an error, from its status, code and words.

use super::said::Said;
use crate::ModelErrorKind;

/// Codes and wordings, in lower case, by which providers say that the conversation is too long.
const CONTEXT_OVERFLOW: &[&str] = &[
    // OpenAI's code, which many copy; llama.cpp's.
    "context_length_exceeded",
    "exceed_context_size_error",
    // OpenAI, DeepSeek, Mistral, vLLM, OpenRouter.
    "maximum context length",
    // OpenAI Responses, Groq.
    "exceeds the context window",
    "exceed the context window",
    "context window exceeded",
    "reduce the length of the messages",
    // LM Studio, Ollama.
    "greater than the context length",
    "exceeds the context length",
    "exceeds context length",
    // llama.cpp.
    "exceeds the available context size",
    // Anthropic, Bedrock.
    "prompt is too long",
    "input is too long",
    "exceed context limit",
    // xAI.
    "maximum prompt length",
    // Moonshot.
    "exceeded model token limit",
    // Google.
    "exceeds the maximum number of tokens",
    "but the model only supports up to",
    // Cohere, Mistral.
    "too many tokens",
];

/// How providers say that their filter refused.
const CONTENT_FILTER: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    "content management policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "content policy",
    "safety system",
    "flagged by moderation",
    "requires moderation",
    // DeepSeek, Moonshot.
    "content exists risk",
    "considered high risk",
];

/// How providers say that the account is empty.
const QUOTA: &[&str] = &[
    "insufficient_quota",
    "billing_hard_limit_reached",
    "insufficient balance",
    "insufficient credits",
    "exceeded your current quota",
    "credit balance is too low",
    "monthly spending limit",
    // Anthropic.
    "billing_error",
];

/// How providers refuse a key with a status other than 401.
const AUTH: &[&str] = &[
    "invalid_api_key",
    "authentication_error",
    "permission_error",
    "incorrect api key",
    "api key not valid",
    "invalid api key",
];

const RATE_LIMIT: &[&str] =
    &["rate_limit", "rate limit", "too many requests", "too_many_requests", "resource_exhausted"];

/// Codes and types that blame the request.
const INVALID: &[&str] = &["invalid_request", "invalid_argument", "not_found_error", "bad_request"];

/// The class of an error with a status.
pub(super) fn of(status: u16, said: &Said) -> ModelErrorKind {
    use ModelErrorKind as Kind;

    let says = Words::of(said);
    match status {
        401 => Kind::Auth,
        402 => Kind::Quota,
        403 if says.any(CONTENT_FILTER) => Kind::ContentFilter,
        429 | 403 if says.any(QUOTA) => Kind::Quota,
        403 => Kind::Auth,
        429 => Kind::RateLimit,
        408 => Kind::Timeout,
        _ if says.any(CONTEXT_OVERFLOW) => Kind::ContextOverflow,
        400..=499 if says.any(CONTENT_FILTER) => Kind::ContentFilter,
        400..=499 if says.any(QUOTA) => Kind::Quota,
        400..=499 if says.any(AUTH) => Kind::Auth,
        // Groq: the request alone is more than a minute's allowance, so waiting does not help.
        413 => Kind::TooLarge,
        // Groq's code for "no capacity now".
        498 => Kind::Overloaded,
        400..=499 => Kind::InvalidRequest,
        500..=599 => Kind::Overloaded,
        _ => Kind::Protocol,
    }
}

/// The class of an error that came without a status. What says nothing of itself is the provider's fault.
pub(super) fn without_status(said: &Said) -> ModelErrorKind {
    use ModelErrorKind as Kind;

    let says = Words::of(said);
    let table = [
        (CONTEXT_OVERFLOW, Kind::ContextOverflow),
        (CONTENT_FILTER, Kind::ContentFilter),
        (QUOTA, Kind::Quota),
        (AUTH, Kind::Auth),
        (RATE_LIMIT, Kind::RateLimit),
    ];
    let found = table.into_iter().find(|(wordings, _)| says.any(wordings));
    match found {
        Some((_, kind)) => kind,
        None if says.codes(INVALID) => Kind::InvalidRequest,
        None => Kind::Overloaded,
    }
}

/// An error's words and codes in lower case.
struct Words {
    message: String,
    codes: String,
}

impl Words {
    fn of(said: &Said) -> Self {
        let codes = [&said.code, &said.kind].map(|code| code.as_deref().unwrap_or_default());
        Self { message: said.message.to_lowercase(), codes: codes.join(" ").to_lowercase() }
    }

    fn any(&self, wordings: &[&str]) -> bool {
        self.codes(wordings) || wordings.iter().any(|wording| self.message.contains(wording))
    }

    fn codes(&self, wordings: &[&str]) -> bool {
        wordings.iter().any(|wording| self.codes.contains(wording))
    }
}
