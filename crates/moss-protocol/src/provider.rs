//! Who serves the model.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! providers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A model provider, under the name that hosts write in their configuration.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Provider {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Provider {
            /// All providers, in the order of the Run interface's enum; MOSS' own come last.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that configurations and events carry.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl FromStr for Provider {
            type Err = UnknownProvider;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(UnknownProvider(name.to_owned())),
                }
            }
        }
    };
}

providers! {
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
    /// The built-in scripted model: offline, deterministic, no model at all.
    Demo = "demo",
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A configuration names a provider that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Unsupported LLM provider: {0}")]
pub struct UnknownProvider(
    /// The name as it was written.
    pub String,
);
