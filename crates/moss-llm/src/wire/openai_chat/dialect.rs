//! How servers that speak OpenAI's chat protocol differ, as data.

use moss_protocol::Provider;

/// A variant of the chat-completions protocol. What a dialect sends differs; decoding is lenient and takes
/// what any of them answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChatDialect {
    /// Who speaks it: named in errors.
    pub provider: Provider,
    /// Whether `stream_options: {include_usage: true}` is understood. Where it is not, usage comes unasked.
    pub stream_options: bool,
    /// Whether models with OpenAI's names for reasoning models (`o3`, `gpt-5-nano` …) take the role
    /// `developer` for `system` and `max_completion_tokens` for `max_tokens`, as LangChain sends them.
    pub openai_reasoning_models: bool,
    /// The word of `tool_choice` for "call some tool".
    pub required_tool: &'static str,
    /// Whether system, user and assistant messages may carry `name`.
    pub message_names: bool,
    /// What of an earlier answer's reasoning goes back to the model.
    pub reasoning: ReasoningReplay,
}

/// What of an earlier answer's reasoning is sent back with the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Nothing: the provider refuses or ignores it.
    Never,
    /// `reasoning_content` of messages that called tools, as DeepSeek asks for; of others it must not come.
    ContentWithToolCalls,
    /// `reasoning_content` of all messages.
    Content,
    /// `reasoning_details` unchanged, as OpenRouter asks for: signed and encrypted reasoning goes back so.
    Details,
}

impl ChatDialect {
    /// OpenAI and servers that imitate it (Groq, llama.cpp, vLLM, Perplexity …).
    pub const OPENAI: Self = Self {
        provider: Provider::OpenAi,
        stream_options: true,
        openai_reasoning_models: true,
        required_tool: "required",
        message_names: true,
        reasoning: ReasoningReplay::Never,
    };
    /// OpenAI models on Azure.
    pub const AZURE: Self = Self { provider: Provider::AzureOpenAi, ..Self::OPENAI };
    /// DeepSeek.
    pub const DEEPSEEK: Self = Self {
        provider: Provider::DeepSeek,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::ContentWithToolCalls,
        ..Self::OPENAI
    };
    /// Moonshot.
    pub const MOONSHOT: Self = Self {
        provider: Provider::Moonshot,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::Content,
        ..Self::OPENAI
    };
    /// Mistral: it refuses fields that it does not know, `stream_options` and `name` among them.
    pub const MISTRAL: Self = Self {
        provider: Provider::Mistral,
        stream_options: false,
        openai_reasoning_models: false,
        required_tool: "any",
        message_names: false,
        reasoning: ReasoningReplay::Never,
    };
    /// OpenRouter.
    pub const OPENROUTER: Self = Self {
        provider: Provider::OpenRouter,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::Details,
        ..Self::OPENAI
    };
    /// xAI.
    pub const XAI: Self =
        Self { provider: Provider::Xai, openai_reasoning_models: false, ..Self::OPENAI };

    /// The dialect of a provider; `None` where it speaks another wire.
    #[must_use]
    pub const fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::OpenAi => Some(Self::OPENAI),
            Provider::AzureOpenAi => Some(Self::AZURE),
            Provider::DeepSeek => Some(Self::DEEPSEEK),
            Provider::Moonshot => Some(Self::MOONSHOT),
            Provider::Mistral => Some(Self::MISTRAL),
            Provider::MistralAi => Some(Self { provider: Provider::MistralAi, ..Self::MISTRAL }),
            Provider::OpenRouter => Some(Self::OPENROUTER),
            Provider::Xai => Some(Self::XAI),
            Provider::VertexAi
            | Provider::Bedrock
            | Provider::Anthropic
            | Provider::Google
            | Provider::Ollama
            | Provider::Demo => None,
        }
    }

    /// The body field that limits the answer's tokens for a model: for whoever maps options to fields.
    #[must_use]
    pub fn max_tokens_field(&self, model: &str) -> &'static str {
        if self.is_reasoning_model(model) { "max_completion_tokens" } else { "max_tokens" }
    }

    /// Whether the provider's own word for reasoning is `reasoning`.
    pub(super) const fn prefers_reasoning(&self) -> bool {
        matches!(self.reasoning, ReasoningReplay::Details)
    }

    /// The role of a system message for a model.
    pub(in crate::wire) fn system_role(&self, model: &str) -> &'static str {
        if self.is_reasoning_model(model) { "developer" } else { "system" }
    }

    /// `o1`, `o4-mini` …, and the `gpt-5` family without its chat models.
    fn is_reasoning_model(&self, model: &str) -> bool {
        self.openai_reasoning_models
            && match model.strip_prefix('o') {
                Some(rest) => rest.starts_with(|first: char| first.is_ascii_digit()),
                None => model.starts_with("gpt-5") && !model.starts_with("gpt-5-chat"),
            }
    }
}
