//! Who serves the model.

use thiserror::Error;

use crate::named::{named_enum, parse_by_name};

named_enum! {
    /// A model provider, under the name that hosts write in their configuration. MOSS' own come last.
    Provider {
        /// OpenAI, and any server that speaks its protocol at another base URL.
        OpenAi = "openAI",
        /// Google Vertex AI.
        VertexAi = "vertexai",
        /// Amazon Bedrock.
        Bedrock = "bedrock",
        /// Anthropic.
        Anthropic = "anthropic",
        /// Mistral, under the name of its LangChain package.
        MistralAi = "mistralai",
        /// Mistral.
        Mistral = "mistral",
        /// Google Gemini with an API key.
        Google = "google",
        /// OpenAI models on Azure.
        AzureOpenAi = "azureOpenAI",
        /// DeepSeek.
        DeepSeek = "deepseek",
        /// OpenRouter.
        OpenRouter = "openrouter",
        /// xAI.
        Xai = "xai",
        /// Moonshot.
        Moonshot = "moonshot",
        /// Ollama's own protocol, on a server of one's own.
        Ollama = "ollama",
        /// The built-in scripted model: offline, deterministic, no model at all.
        Demo = "demo",
    }
}
parse_by_name!(Provider, UnknownProvider);

/// A configuration names a provider that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Unsupported LLM provider: {0}")]
pub struct UnknownProvider(
    /// The name as it was written.
    pub String,
);
