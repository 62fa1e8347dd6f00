//! Why a frame gives no events.

use moss_protocol::Provider;

use super::blocks::BlockError;
use crate::wire::excerpt::not_allowed;
use crate::{ModelError, ModelErrorKind};

/// Why a frame gives no events.
pub(super) enum Failure {
    /// The provider reports an error.
    Said(Box<ModelError>),
    Json(serde_json::Error),
    /// It is JSON, and not what the protocol allows.
    Shape(&'static str),
    TooLarge,
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<BlockError> for Failure {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Unknown => Self::Shape("a piece of input belongs to no block"),
            BlockError::TooMany => Self::Shape("too many blocks are open at once"),
            BlockError::InputTooLarge => Self::TooLarge,
        }
    }
}

impl Failure {
    /// The error of the call. `data` is what was read.
    pub(super) fn into_error(self, provider: Provider, data: &[u8]) -> ModelError {
        match self {
            Self::Said(error) => *error,
            Self::Json(error) => protocol_error(provider, data, &error.to_string()),
            Self::Shape(problem) => protocol_error(provider, data, problem),
            Self::TooLarge => ModelError::new(
                ModelErrorKind::TooLarge,
                provider,
                "The input of one tool call is larger than this client takes.",
            ),
        }
    }
}

/// What came is no part of the protocol.
pub(super) fn protocol_error(provider: Provider, data: &[u8], why: &str) -> ModelError {
    not_allowed(provider, "the Messages protocol", data, why, 120)
}
