//! Anthropic's Messages.

mod dialect;
mod options;

pub use dialect::AnthropicDialect;
pub use options::CacheTtl;

use super::{Wire, WireDecoder, WireRequest};
use crate::{ModelError, ModelErrorKind};

/// The Messages wire in a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anthropic {
    /// Whose dialect.
    pub dialect: AnthropicDialect,
    /// For how long the wire asks to keep the beginning of a conversation in the provider's cache; `None`: it sets
    /// no marks of its own.
    pub prompt_cache: Option<CacheTtl>,
    /// Beta features that the host asks for, beside those that a request needs.
    pub betas: Vec<String>,
}

impl Anthropic {
    /// The wire without marks for the cache and without beta features of the host's.
    #[must_use]
    pub const fn new(dialect: AnthropicDialect) -> Self {
        Self { dialect, prompt_cache: None, betas: Vec::new() }
    }
}

impl Wire for Anthropic {
    fn encode(&self, _: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        Err(ModelError::new(ModelErrorKind::InvalidRequest, self.dialect.provider, "unwritten"))
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(crate::wire::openai_chat::OpenAiChatDecoder::new(
            crate::wire::openai_chat::ChatDialect::OPENAI,
        ))
    }
}
