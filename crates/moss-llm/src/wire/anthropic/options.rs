//! Options that become fields of the request body, or steer the wire.

use moss_protocol::JsonObject;

use super::{Anthropic, AnthropicDialect};
use crate::ModelSetupError;
use crate::options::HostOptions;

/// How long the provider's cache keeps what is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTtl {
    /// Five minutes, renewed by each use: the provider's default.
    FiveMinutes,
    /// An hour.
    OneHour,
}

/// Names that hosts write, then the provider's name of the field.
const FIELDS: &[(&[&str], &str)] = &[
    (&["maxTokens", "max_tokens", "maxTokensToSample", "maxOutputTokens"], "max_tokens"),
    (&["temperature"], "temperature"),
];

impl Anthropic {
    /// The wire as a host's options want it for a model, and the fields of the request's body that they set.
    ///
    /// # Errors
    /// [`ModelSetupError::InvalidOption`] where an option cannot be used.
    pub(crate) fn from_options(
        dialect: AnthropicDialect,
        options: &mut HostOptions<'_>,
        model: &str,
    ) -> Result<(Self, JsonObject), ModelSetupError> {
        let _ = model;
        let parameters = options.top.fields(FIELDS);
        Ok((Self::new(dialect), parameters))
    }
}
