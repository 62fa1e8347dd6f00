//! The providers, as data.

mod facts;

use moss_protocol::Provider;

pub use facts::{ListForm, ModelList, Need, ProviderFacts, WireName};

/// A provider that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderProfile {
    /// Who it is.
    pub provider: Provider,
    /// Where it is, up to and without the path of its calls. `{region}` and `${INSTANCE_NAME}` stand for the host's.
    pub base_url: &'static str,
    /// The environment variable that holds its key.
    pub key_variable: &'static str,
    /// The environment variable that may hold another base URL, where the provider's own client reads one.
    pub url_variable: Option<&'static str>,
    /// Whether another base URL may be used without a key: servers at home speak OpenAI's protocol.
    pub key_optional_elsewhere: bool,
}

const PROFILES: &[ProviderProfile] = &[
    ProviderProfile {
        provider: Provider::OpenAi,
        base_url: "https://api.openai.com/v1",
        key_variable: "OPENAI_API_KEY",
        url_variable: Some("OPENAI_BASE_URL"),
        key_optional_elsewhere: true,
    },
    ProviderProfile {
        provider: Provider::Anthropic,
        base_url: "https://api.anthropic.com",
        key_variable: "ANTHROPIC_API_KEY",
        url_variable: Some("ANTHROPIC_BASE_URL"),
        key_optional_elsewhere: true,
    },
    ProviderProfile {
        provider: Provider::Google,
        base_url: "https://generativelanguage.googleapis.com",
        key_variable: "GOOGLE_API_KEY",
        url_variable: Some("GOOGLE_GEMINI_BASE_URL"),
        key_optional_elsewhere: false,
    },
    profile(
        Provider::VertexAi,
        "https://aiplatform.googleapis.com",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ),
    ProviderProfile {
        provider: Provider::AzureOpenAi,
        base_url: "https://${INSTANCE_NAME}.openai.azure.com",
        key_variable: "AZURE_OPENAI_API_KEY",
        url_variable: Some("AZURE_OPENAI_ENDPOINT"),
        key_optional_elsewhere: false,
    },
    profile(Provider::DeepSeek, "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    profile(Provider::Mistral, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    profile(Provider::MistralAi, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    profile(Provider::OpenRouter, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    profile(Provider::Xai, "https://api.x.ai/v1", "XAI_API_KEY"),
    profile(Provider::Moonshot, "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
    ProviderProfile {
        provider: Provider::Bedrock,
        base_url: "https://bedrock-runtime.{region}.amazonaws.com",
        key_variable: "AWS_ACCESS_KEY_ID",
        url_variable: Some("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        key_optional_elsewhere: false,
    },
    ProviderProfile {
        provider: Provider::Ollama,
        base_url: "http://127.0.0.1:11434",
        key_variable: "OLLAMA_API_KEY",
        url_variable: Some("OLLAMA_BASE_URL"),
        key_optional_elsewhere: true,
    },
];

const fn profile(
    provider: Provider,
    base_url: &'static str,
    key_variable: &'static str,
) -> ProviderProfile {
    ProviderProfile {
        provider,
        base_url,
        key_variable,
        url_variable: None,
        key_optional_elsewhere: false,
    }
}

impl ProviderProfile {
    /// The profile of a provider; `None` where this version has no client for it.
    #[must_use]
    pub fn of(provider: Provider) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.provider == provider)
    }
}

/// The providers that this version can call, the demo included, as a list in words.
#[must_use]
pub fn available_providers() -> String {
    PROFILES
        .iter()
        .map(|profile| profile.provider)
        .chain([Provider::Demo])
        .map(Provider::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
