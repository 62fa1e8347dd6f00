//! What each provider needs, which wire it speaks, and whether it lists its models: for those who choose a provider.

use moss_protocol::Provider;

/// What is known of a provider, whether this version has a client for it or not. Where its requests go says its
/// [`ProviderProfile`](crate::ProviderProfile).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderFacts {
    /// The protocol that is spoken with it.
    pub wire: WireName,
    /// What a call needs, or may have.
    pub needs: &'static [Need],
    /// How it is asked which models it has; `None` where a client's credentials cannot ask.
    pub list: Option<ModelList>,
}

/// A provider's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireName {
    /// OpenAI's chat completions.
    OpenAiChat,
    /// Anthropic's Messages.
    AnthropicMessages,
    /// Google's Gemini.
    GoogleGemini,
    /// Amazon's Converse, on Bedrock.
    BedrockConverse,
    /// Ollama's own.
    Ollama,
    /// None: the demo model is built in.
    BuiltIn,
}

/// One thing that a provider's client needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// What it is, in a word or two.
    pub what: &'static str,
    /// The environment variables that give it, in alternatives: all variables of one of them are enough.
    pub variables: &'static [&'static [&'static str]],
    /// The option that gives it instead; empty where none does.
    pub option: &'static str,
    /// Whether a call goes without.
    pub optional: bool,
}

/// How a provider is asked for its models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelList {
    /// The path behind the base URL.
    pub path: &'static [&'static str],
    /// What the answer looks like.
    pub form: ListForm,
}

/// What a list of models looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListForm {
    /// `{"data":[{"id":…}]}`: OpenAI, and whoever imitates it.
    OpenAi,
    /// The same, with a name to show and in pages.
    Anthropic,
    /// `{"models":[{"name":"models/…"}]}`, in pages.
    Google,
    /// `{"models":[{"name":…}]}`.
    Ollama,
}

impl WireName {
    /// The name: `openai_chat`, `anthropic_messages` …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::AnthropicMessages => "anthropic_messages",
            Self::GoogleGemini => "google_gemini",
            Self::BedrockConverse => "bedrock_converse",
            Self::Ollama => "ollama",
            Self::BuiltIn => "built_in",
        }
    }
}

impl Need {
    /// The variables of the first alternative of which all are set; empty where there is none.
    pub fn met_by(&self, is_set: impl Fn(&str) -> bool) -> &'static [&'static str] {
        let met = self.variables.iter().find(|all| all.iter().all(|variable| is_set(variable)));
        met.copied().unwrap_or_default()
    }
}

/// A key in an environment variable.
const fn key(variables: &'static [&'static [&'static str]]) -> Need {
    Need { what: "key", variables, option: "apiKey", optional: false }
}

const fn required(
    what: &'static str,
    variables: &'static [&'static [&'static str]],
    option: &'static str,
) -> Need {
    Need { what, variables, option, optional: false }
}

const fn optional(
    what: &'static str,
    variables: &'static [&'static [&'static str]],
    option: &'static str,
) -> Need {
    Need { what, variables, option, optional: true }
}

/// A provider that speaks chat completions with a key.
const fn chat(needs: &'static [Need]) -> ProviderFacts {
    let list = Some(ModelList { path: &["models"], form: ListForm::OpenAi });
    ProviderFacts { wire: WireName::OpenAiChat, needs, list }
}

const OPENAI: ProviderFacts =
    chat(&[key(&[&["OPENAI_API_KEY"]]), optional("base URL", &[&["OPENAI_BASE_URL"]], "baseURL")]);
const DEEPSEEK: ProviderFacts = chat(&[key(&[&["DEEPSEEK_API_KEY"]])]);
const MISTRAL: ProviderFacts = chat(&[key(&[&["MISTRAL_API_KEY"]])]);
const OPENROUTER: ProviderFacts = chat(&[key(&[&["OPENROUTER_API_KEY"]])]);
const XAI: ProviderFacts = chat(&[key(&[&["XAI_API_KEY"]])]);
const MOONSHOT: ProviderFacts = chat(&[key(&[&["MOONSHOT_API_KEY"]])]);

const ANTHROPIC: ProviderFacts = ProviderFacts {
    wire: WireName::AnthropicMessages,
    needs: &[
        key(&[&["ANTHROPIC_API_KEY"], &["ANTHROPIC_AUTH_TOKEN"]]),
        optional("base URL", &[&["ANTHROPIC_API_URL"], &["ANTHROPIC_BASE_URL"]], "anthropicApiUrl"),
    ],
    list: Some(ModelList { path: &["v1", "models"], form: ListForm::Anthropic }),
};

const GOOGLE: ProviderFacts = ProviderFacts {
    wire: WireName::GoogleGemini,
    needs: &[
        key(&[&["GOOGLE_API_KEY"], &["GEMINI_API_KEY"], &["GOOGLE_GENERATIVE_AI_API_KEY"]]),
        optional("base URL", &[&["GOOGLE_GEMINI_BASE_URL"]], "baseUrl"),
    ],
    list: Some(ModelList { path: &["v1beta", "models"], form: ListForm::Google }),
};

const OLLAMA: ProviderFacts = ProviderFacts {
    wire: WireName::Ollama,
    needs: &[
        optional("key", &[&["OLLAMA_API_KEY"]], "apiKey"),
        optional("base URL", &[&["OLLAMA_BASE_URL"], &["OLLAMA_HOST"]], "baseUrl"),
    ],
    list: Some(ModelList { path: &["api", "tags"], form: ListForm::Ollama }),
};

/// What it lists are models, and what is called are deployments.
const AZURE: ProviderFacts = ProviderFacts {
    wire: WireName::OpenAiChat,
    needs: &[
        required("key", &[&["AZURE_OPENAI_API_KEY"]], "azureOpenAIApiKey"),
        required(
            "instance",
            &[&["AZURE_OPENAI_API_INSTANCE_NAME"], &["AZURE_OPENAI_ENDPOINT"]],
            "azureOpenAIApiInstanceName",
        ),
        required("API version", &[&["AZURE_OPENAI_API_VERSION"]], "azureOpenAIApiVersion"),
        optional(
            "deployment",
            &[&["AZURE_OPENAI_API_DEPLOYMENT_NAME"]],
            "azureOpenAIApiDeploymentName",
        ),
    ],
    list: None,
};

/// Its list is another service's, at another address.
const BEDROCK: ProviderFacts = ProviderFacts {
    wire: WireName::BedrockConverse,
    needs: &[
        required(
            "credentials",
            &[
                &["AWS_BEARER_TOKEN_BEDROCK"],
                &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
                &["AWS_PROFILE"],
                // LibreChat's.
                &["BEDROCK_AWS_BEARER_TOKEN"],
                &["BEDROCK_AWS_ACCESS_KEY_ID", "BEDROCK_AWS_SECRET_ACCESS_KEY"],
                &["BEDROCK_AWS_PROFILE"],
            ],
            "credentials",
        ),
        required(
            "region",
            &[&["AWS_REGION"], &["AWS_DEFAULT_REGION"], &["BEDROCK_AWS_DEFAULT_REGION"]],
            "region",
        ),
        optional(
            "base URL",
            &[&["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"], &["BEDROCK_REVERSE_PROXY"]],
            "endpointHost",
        ),
    ],
    list: None,
};

const VERTEX_AI: ProviderFacts = ProviderFacts {
    wire: WireName::GoogleGemini,
    needs: &[
        required("credentials", &[&["GOOGLE_APPLICATION_CREDENTIALS"]], "authOptions"),
        optional("project", &[&["GOOGLE_CLOUD_PROJECT"]], "authOptions.projectId"),
        optional("location", &[&["GOOGLE_CLOUD_LOCATION"]], "location"),
    ],
    list: None,
};

const DEMO: ProviderFacts = ProviderFacts { wire: WireName::BuiltIn, needs: &[], list: None };

impl ProviderFacts {
    /// What is known of a provider.
    #[must_use]
    pub const fn of(provider: Provider) -> &'static Self {
        match provider {
            Provider::OpenAi => &OPENAI,
            Provider::VertexAi => &VERTEX_AI,
            Provider::Bedrock => &BEDROCK,
            Provider::Anthropic => &ANTHROPIC,
            Provider::MistralAi | Provider::Mistral => &MISTRAL,
            Provider::Google => &GOOGLE,
            Provider::AzureOpenAi => &AZURE,
            Provider::DeepSeek => &DEEPSEEK,
            Provider::OpenRouter => &OPENROUTER,
            Provider::Xai => &XAI,
            Provider::Moonshot => &MOONSHOT,
            Provider::Ollama => &OLLAMA,
            Provider::Demo => &DEMO,
        }
    }
}

#[cfg(test)]
mod tests {
    use moss_protocol::Provider;

    use super::ProviderFacts;
    use crate::ProviderProfile;

    /// A client reads what the facts say that it needs.
    #[test]
    fn facts_and_profiles_name_the_same_variables() {
        for provider in Provider::ALL {
            let Some(profile) = ProviderProfile::of(*provider) else { continue };
            let needs = ProviderFacts::of(*provider).needs;
            let names = |variable: &str| {
                needs.iter().any(|need| {
                    need.variables.iter().flat_map(|all| *all).any(|name| *name == variable)
                })
            };
            assert!(names(profile.key_variable), "{provider} {}", profile.key_variable);
            if let Some(variable) = profile.url_variable {
                assert!(names(variable), "{provider} {variable}");
            }
        }
    }
}
