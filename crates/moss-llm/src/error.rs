//! Why a model did not answer.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use moss_protocol::{ErrorCode, Provider};

use crate::RateLimits;

/// A model call failed. Holds no secret: neither headers nor URLs with credentials get in.
#[derive(Debug)]
pub struct ModelError {
    /// The class, by which a caller decides what to do.
    pub kind: ModelErrorKind,
    /// Who was asked.
    pub provider: Provider,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What went wrong: the provider's own words where it had some.
    pub message: String,
    /// The provider's id of the request, for its support.
    pub request_id: Option<String>,
    /// The provider's machine-readable error code (`context_length_exceeded` …).
    pub provider_code: Option<String>,
    /// How long the provider asked to wait.
    pub retry_after: Option<Duration>,
    /// What the provider says of its limits.
    pub rate_limits: Option<Box<RateLimits>>,
    /// What lies beneath.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// The class of a [`ModelError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModelErrorKind {
    /// The caller cancelled.
    Cancelled,
    /// The credentials were refused.
    Auth,
    /// Too many requests.
    RateLimit,
    /// The account has no quota left.
    Quota,
    /// The conversation is longer than the model's window.
    ContextOverflow,
    /// The provider's filter refused.
    ContentFilter,
    /// The provider found the request invalid.
    InvalidRequest,
    /// The provider is overloaded or broken.
    Overloaded,
    /// The connection failed.
    Network,
    /// Nothing came for too long.
    Timeout,
    /// The answer is not what the protocol allows.
    Protocol,
    /// The stream stopped before its end.
    Truncated,
    /// Something is larger than allowed.
    TooLarge,
}

impl ModelErrorKind {
    /// The stable code of the class.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Auth => ErrorCode::ProviderAuth,
            Self::RateLimit => ErrorCode::ProviderRateLimit,
            Self::Quota => ErrorCode::ProviderQuota,
            Self::ContextOverflow => ErrorCode::ContextOverflow,
            Self::ContentFilter => ErrorCode::ContentFilter,
            Self::InvalidRequest => ErrorCode::ProviderInvalidRequest,
            Self::Overloaded => ErrorCode::ProviderOverloaded,
            Self::Network => ErrorCode::Network,
            Self::Timeout => ErrorCode::Timeout,
            Self::Protocol => ErrorCode::Protocol,
            Self::Truncated => ErrorCode::StreamTruncated,
            Self::TooLarge => ErrorCode::TooLarge,
        }
    }
}

impl ModelError {
    /// An error of a class, in words.
    pub fn new(kind: ModelErrorKind, provider: Provider, message: impl Into<String>) -> Self {
        Self {
            kind,
            provider,
            status: None,
            message: message.into(),
            request_id: None,
            provider_code: None,
            retry_after: None,
            rate_limits: None,
            source: None,
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.kind.code()
    }
}

impl fmt::Display for ModelError {
    /// `400 bad request`, as the providers' own clients say it; without a status, the message alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status} {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for ModelError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
