//! Why an answer cannot be taken.

use moss_protocol::Provider;

use crate::wire::excerpt::not_allowed;
use crate::{ModelError, ModelErrorKind};

/// Why a frame cannot be taken.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is not the JSON that it should be.
    Json(serde_json::Error),
    /// It contradicts what came before it, or itself.
    Order(&'static str),
    /// It is more than is kept.
    TooLarge(&'static str),
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Fault {
    pub(super) fn into_error(self, data: &[u8]) -> ModelError {
        match self {
            Self::Json(error) => protocol_error(data, &error.to_string()),
            Self::Order(problem) => protocol_error(data, problem),
            Self::TooLarge(problem) => {
                let message = format!("The answer {problem}.");
                ModelError::new(ModelErrorKind::TooLarge, Provider::Bedrock, message)
            }
        }
    }
}

pub(super) fn protocol_error(data: &[u8], why: &str) -> ModelError {
    not_allowed(Provider::Bedrock, "Bedrock's Converse", data, why, 120)
}
