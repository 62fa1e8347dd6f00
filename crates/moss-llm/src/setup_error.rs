//! Why a model client could not be made.

use moss_protocol::{ErrorCode, Provider};
use thiserror::Error;

use crate::demo::DEMO_MODELS;
use crate::provider::available_providers;

/// A model client could not be made from what was configured. Nothing was sent anywhere. Holds no secret:
/// the value of an option that may be one is never quoted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelSetupError {
    /// An option has a value that cannot be used.
    #[error("option `{option}` {problem}")]
    InvalidOption {
        /// The option under the name by which the host set it.
        option: String,
        /// What is wrong and what would be right, as the end of a sentence.
        problem: String,
    },
    /// No model was named.
    #[error(
        "no model is named for provider `{provider}`. Set the option `model` to a model of this provider"
    )]
    MissingModel {
        /// Who would be asked.
        provider: Provider,
    },
    /// No API key was found.
    #[error(
        "no API key for provider `{provider}`. Set the environment variable `{variable}`, or the option `apiKey`"
    )]
    MissingApiKey {
        /// Who would be asked.
        provider: Provider,
        /// The environment variable that is read.
        variable: &'static str,
    },
    /// The provider is known, and this version has no client for it.
    #[error(
        "provider `{provider}` is not available in this version. Available: {}",
        available_providers()
    )]
    ProviderUnavailable {
        /// Who would be asked.
        provider: Provider,
    },
    /// The demo provider has no model of this name.
    #[error(
        "provider `demo` has no model `{model}`. Its models: {}",
        DEMO_MODELS.join(", ")
    )]
    UnknownDemoModel {
        /// The name that was asked for.
        model: String,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be built: {problem}")]
    HttpClient {
        /// What is wrong.
        problem: String,
    },
}

impl ModelSetupError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::MissingApiKey { .. } => ErrorCode::MissingApiKey,
            Self::ProviderUnavailable { .. } => ErrorCode::ProviderUnavailable,
            Self::InvalidOption { .. }
            | Self::MissingModel { .. }
            | Self::UnknownDemoModel { .. }
            | Self::HttpClient { .. } => ErrorCode::InvalidConfig,
        }
    }

    pub(crate) fn option(option: &str, problem: impl Into<String>) -> Self {
        Self::InvalidOption { option: option.to_owned(), problem: problem.into() }
    }
}
