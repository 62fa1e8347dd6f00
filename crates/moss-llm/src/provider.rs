//! The providers that speak OpenAI's chat protocol, as data.

use moss_protocol::Provider;

/// A provider that speaks OpenAI's chat protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderProfile {
    /// Who it is.
    pub provider: Provider,
    /// Where it is, or for Azure where it would be but for a name, up to and without `/chat/completions`.
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
