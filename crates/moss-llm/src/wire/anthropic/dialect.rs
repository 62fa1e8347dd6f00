//! Where Claude is spoken to, and how that differs.

use moss_protocol::Provider;

/// A dialect of the Messages protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnthropicDialect {
    /// Who is spoken to.
    pub provider: Provider,
    /// Whether the body names the model. Where it does not, the address does.
    pub model_in_body: bool,
    /// `anthropic_version` in the body. Where there is none, a header says it.
    pub version_in_body: Option<&'static str>,
}

impl AnthropicDialect {
    /// Anthropic's own API, and servers that imitate it.
    pub const ANTHROPIC: Self =
        Self { provider: Provider::Anthropic, model_in_body: true, version_in_body: None };

    /// Claude on Google's Vertex AI: `rawPredict` and `streamRawPredict`.
    pub const VERTEX: Self = Self {
        provider: Provider::VertexAi,
        model_in_body: false,
        version_in_body: Some("vertex-2023-10-16"),
    };
}
