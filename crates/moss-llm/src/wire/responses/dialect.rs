//! How the providers that speak Responses differ, as data.

use moss_protocol::Provider;

use crate::wire::openai_chat::ChatDialect;

/// A variant of the Responses protocol. What a dialect sends differs; decoding takes what any of them answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponsesDialect {
    /// Who speaks it: named in errors.
    pub provider: Provider,
    /// The provider's word for itself in an answer's `response_metadata.model_provider`, as LangChain writes it.
    /// Ids and encrypted reasoning go back to who made them, and to nobody else.
    pub source: &'static str,
    /// Whether answers that LangChain's OpenAI client recorded may be the provider's own too.
    pub shares_openai_source: bool,
}

impl ResponsesDialect {
    /// OpenAI and servers that imitate it.
    pub const OPENAI: Self =
        Self { provider: Provider::OpenAi, source: "openai", shares_openai_source: true };
    /// OpenAI models on Azure, for which LangChain writes OpenAI's word.
    pub const AZURE: Self =
        Self { provider: Provider::AzureOpenAi, source: "azure", shares_openai_source: true };
    /// OpenRouter.
    pub const OPENROUTER: Self =
        Self { provider: Provider::OpenRouter, source: "openrouter", shares_openai_source: false };
    /// xAI.
    pub const XAI: Self =
        Self { provider: Provider::Xai, source: "xai", shares_openai_source: false };

    /// The dialect of a provider; `None` where it does not speak Responses.
    #[must_use]
    pub const fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::OpenAi => Some(Self::OPENAI),
            Provider::AzureOpenAi => Some(Self::AZURE),
            Provider::OpenRouter => Some(Self::OPENROUTER),
            Provider::Xai => Some(Self::XAI),
            Provider::DeepSeek
            | Provider::Moonshot
            | Provider::Mistral
            | Provider::MistralAi
            | Provider::VertexAi
            | Provider::Bedrock
            | Provider::Anthropic
            | Provider::Google
            | Provider::Ollama
            | Provider::Demo => None,
        }
    }

    /// Whether an answer with this source is the provider's own. One without a source is taken for it.
    pub(super) fn made(&self, source: Option<&str>) -> bool {
        match source {
            None => true,
            Some("openai") if self.shares_openai_source => true,
            Some(source) => source == self.source,
        }
    }

    /// The role of a system message for a model.
    pub(super) fn system_role(&self, model: &str) -> &'static str {
        ChatDialect::of(self.provider).map_or("system", |dialect| dialect.system_role(model))
    }

    /// Whether a model reasons, as far as its name tells.
    pub(super) fn is_reasoning_model(&self, model: &str) -> bool {
        self.system_role(model) == "developer"
    }
}
