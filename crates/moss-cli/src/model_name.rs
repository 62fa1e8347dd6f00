//! Models by name: `provider/model`.

use std::fmt;

use moss_agent::nearest;
use moss_llm::{DEMO_MODELS, ProviderProfile, available_providers};
use moss_protocol::Provider;

use crate::exit::Failure;

/// Names of providers beside their own, which count in any case (`openai` for `openAI`).
const ALIASES: &[(&str, Provider)] = &[
    ("azure", Provider::AzureOpenAi),
    ("azure-openai", Provider::AzureOpenAi),
    ("gemini", Provider::Google),
    ("moonshotai", Provider::Moonshot),
    ("vertex", Provider::VertexAi),
    ("x-ai", Provider::Xai),
];

/// Whose models begin how, for suggestions.
const FAMILIES: &[(&str, &str)] = &[
    ("gpt", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude", "anthropic"),
    ("gemini", "google"),
    ("deepseek", "deepseek"),
    ("mistral", "mistral"),
    ("codestral", "mistral"),
    ("grok", "xai"),
    ("kimi", "moonshot"),
];

/// A model and who serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    pub provider: Provider,
    pub model: String,
}

impl ModelName {
    pub fn demo() -> Self {
        Self { provider: Provider::Demo, model: "demo".to_owned() }
    }

    /// Reads `provider/model`. What follows the first `/` is the provider's own name of the model. The demo
    /// models also go by `demo`, `demo-fail`, `demo/fail`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if DEMO_MODELS.contains(&text) {
            return Ok(Self { provider: Provider::Demo, model: text.to_owned() });
        }
        let Some((name, model)) = text.split_once('/') else { return Err(without_provider(text)) };
        let Some(provider) = provider(name) else { return Err(unknown_provider(name, model)) };
        if model.is_empty() {
            return Err(without_model(provider));
        }
        if provider == Provider::Demo {
            return demo_model(model);
        }
        Ok(Self { provider, model: model.to_owned() })
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", written(self.provider), self.model)
    }
}

/// A provider's name as people type it.
pub fn written(provider: Provider) -> String {
    provider.as_str().to_lowercase()
}

/// A model to begin with, as it stands on the command line. Models come and go: this is an example.
pub const fn example(provider: Provider) -> &'static str {
    match provider {
        Provider::OpenAi => "openai/gpt-5-mini",
        Provider::VertexAi => "vertexai/gemini-2.5-flash",
        Provider::Bedrock => "bedrock/MODEL",
        Provider::Anthropic => "anthropic/claude-sonnet-4-5",
        Provider::MistralAi | Provider::Mistral => "mistral/mistral-small-latest",
        Provider::Google => "google/gemini-2.5-flash",
        Provider::AzureOpenAi => "azure/DEPLOYMENT",
        Provider::DeepSeek => "deepseek/deepseek-chat",
        Provider::OpenRouter => "openrouter/openrouter/auto",
        Provider::Xai => "xai/grok-4",
        Provider::Moonshot => "moonshot/kimi-latest",
        Provider::Ollama => "ollama/llama3.2",
        Provider::Demo => "demo",
    }
}

/// The providers that take a key, with the variable that holds it, each variable once.
pub fn key_variables() -> Vec<(Provider, &'static str)> {
    let mut found: Vec<(Provider, &'static str)> = Vec::new();
    for profile in Provider::ALL.iter().filter_map(|provider| ProviderProfile::of(*provider)) {
        if found.iter().all(|(_, variable)| *variable != profile.key_variable) {
            found.push((profile.provider, profile.key_variable));
        }
    }
    found
}

/// Reads the name of a provider. A model may follow it.
pub fn provider_named(text: &str) -> Result<Provider, Failure> {
    let name = text.trim().split('/').next().unwrap_or_default();
    provider(name).ok_or_else(|| {
        let failure = Failure::usage(format!("unknown provider `{name}`"));
        let known: Vec<String> = Provider::ALL.iter().map(|provider| written(*provider)).collect();
        match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("providers: {}", known.join(", "))),
        }
    })
}

fn provider(name: &str) -> Option<Provider> {
    let name = name.to_lowercase();
    let own = Provider::ALL.iter().copied().find(|provider| written(*provider) == name);
    own.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, provider)| *provider))
}

fn demo_model(model: &str) -> Result<ModelName, Failure> {
    let full = DEMO_MODELS.iter().find(|known| {
        **known == model || known.strip_prefix("demo-").is_some_and(|short| short == model)
    });
    match full {
        Some(model) => Ok(ModelName { provider: Provider::Demo, model: (*model).to_owned() }),
        None => Err(Failure::usage(format!("there is no demo model `{model}`"))
            .hint(format!("the demo models: {}", DEMO_MODELS.join(", ")))),
    }
}

fn without_provider(text: &str) -> Failure {
    if text.is_empty() {
        return Failure::usage("the name of the model is empty")
            .hint("name it as provider/model, such as openai/gpt-5-mini");
    }
    if let Some(provider) = provider(text) {
        return without_model(provider);
    }
    let lower = text.to_lowercase();
    let failure = Failure::usage(format!("the model `{text}` is named without its provider"));
    if let Some(demo) = nearest(text, DEMO_MODELS.iter().copied()) {
        return failure.hint(format!("did you mean `{demo}`?"));
    }
    match FAMILIES.iter().find(|(family, _)| lower.starts_with(family)) {
        Some((_, provider)) => failure.hint(format!("did you mean `{provider}/{text}`?")),
        None => failure.hint(format!(
            "name it as provider/model, such as `openai/{text}`. Providers: {}",
            available_providers()
        )),
    }
}

fn without_model(provider: Provider) -> Failure {
    let name = written(provider);
    Failure::usage(format!("provider `{name}` is named without a model"))
        .hint(format!("name it as provider/model, such as {}", example(provider)))
}

fn unknown_provider(name: &str, model: &str) -> Failure {
    let failure = Failure::usage(format!("unknown provider `{name}`"));
    let known: Vec<String> = Provider::ALL.iter().map(|provider| written(*provider)).collect();
    let names = known.iter().map(String::as_str).chain(ALIASES.iter().map(|(alias, _)| *alias));
    match nearest(name, names) {
        Some(near) => failure.hint(format!("did you mean `{near}/{model}`?")),
        None => failure.hint(format!(
            "available: {}. A model on OpenRouter is named `openrouter/{name}/{model}`",
            available_providers()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::ModelName;

    fn parse(text: &str) -> String {
        match ModelName::parse(text) {
            Ok(name) => format!("{} {}", name.provider, name.model),
            Err(failure) => format!("{}; {}", failure.error, failure.hint.unwrap_or_default()),
        }
    }

    #[test]
    fn names() {
        for (text, name) in [
            ("openai/gpt-5-mini", "openAI gpt-5-mini"),
            ("openAI/gpt-5-mini", "openAI gpt-5-mini"),
            ("azure/my-deployment", "azureOpenAI my-deployment"),
            ("X-AI/grok-4", "xai grok-4"),
            ("openrouter/meta-llama/llama-4:free", "openrouter meta-llama/llama-4:free"),
            (" demo ", "demo demo"),
            ("demo-fail", "demo demo-fail"),
            ("demo/demo-fail", "demo demo-fail"),
            ("demo/parallel", "demo demo-parallel"),
        ] {
            assert_eq!(parse(text), name);
        }
    }

    #[test]
    fn mistakes_come_with_what_was_probably_meant() {
        for (text, told) in [
            (
                "gpt-4",
                "the model `gpt-4` is named without its provider; did you mean `openai/gpt-4`?",
            ),
            (
                "demo-fial",
                "the model `demo-fial` is named without its provider; did you mean `demo-fail`?",
            ),
            (
                "openai",
                "provider `openai` is named without a model; name it as provider/model, such as openai/gpt-5-mini",
            ),
            (
                "openai/",
                "provider `openai` is named without a model; name it as provider/model, such as openai/gpt-5-mini",
            ),
            ("opnai/gpt-4", "unknown provider `opnai`; did you mean `openai/gpt-4`?"),
            (
                "",
                "the name of the model is empty; name it as provider/model, such as openai/gpt-5-mini",
            ),
            (
                "demo/x",
                "there is no demo model `x`; the demo models: demo, demo-parallel, demo-fail, demo-fail-midstream, demo-slow",
            ),
        ] {
            assert_eq!(parse(text), told);
        }
    }
}
