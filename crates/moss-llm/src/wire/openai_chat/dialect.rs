//! How servers that speak OpenAI's chat protocol differ, as data.

use moss_protocol::Provider;

use super::cache_marks::CacheTtl;
use crate::prepare::Preparation;
use crate::wire::WireRequest;

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
    /// Whether a message that called tools has to have `reasoning_content`, be it empty, unless thinking is switched
    /// off: such as another provider's model wrote has none.
    pub(super) reasoning_required: bool,
    /// Which rules the conversation has to keep.
    pub(super) preparation: Preparation,
    /// Whether ids of tool calls have nine letters and digits, the user may not speak right behind a result, and
    /// an assistant's message at the end is marked as one to go on with: Mistral.
    pub(super) strict_tool_turns: bool,
    /// How files are given.
    pub(super) files: FileForm,
    /// How the shape of a structured answer is asked for.
    pub(super) output: StructuredOutput,
    /// For how long prompts are kept, where that has to be marked in the messages and the host wants it.
    pub(crate) cache_marks: Option<CacheTtl>,
}

/// How files are given to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileForm {
    /// `file` parts with a data URL or the id of an uploaded file: OpenAI.
    Data,
    /// The same, or with a URL: OpenRouter.
    DataOrUrl,
    /// `document_url` parts with a URL or a data URL, and sounds without their format: Mistral.
    Document,
}

/// How the shape of a structured answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StructuredOutput {
    /// `response_format` takes the schema.
    Schema,
    /// `response_format` knows only that it is to be JSON; the schema goes into the instructions.
    JsonObject,
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
    /// As a `thinking` part at the head of the content, as Mistral's models write it; only to those that reason.
    ThinkingPart,
}

/// Each call has its result, and results are text: what OpenAI insists on, and so whoever imitates it may.
const PAIRED_TEXT_RESULTS: Preparation = Preparation {
    pair_tool_calls: true,
    lift_tool_media: true,
    fold_tools: false,
    drop_empty: false,
    alternate: false,
};

impl ChatDialect {
    /// OpenAI and servers that imitate it (Groq, llama.cpp, vLLM, Perplexity …).
    pub const OPENAI: Self = Self {
        provider: Provider::OpenAi,
        stream_options: true,
        openai_reasoning_models: true,
        required_tool: "required",
        message_names: true,
        reasoning: ReasoningReplay::Never,
        reasoning_required: false,
        preparation: PAIRED_TEXT_RESULTS,
        strict_tool_turns: false,
        files: FileForm::Data,
        output: StructuredOutput::Schema,
        cache_marks: None,
    };
    /// OpenAI models on Azure.
    pub const AZURE: Self = Self { provider: Provider::AzureOpenAi, ..Self::OPENAI };
    /// DeepSeek.
    pub const DEEPSEEK: Self = Self {
        provider: Provider::DeepSeek,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::ContentWithToolCalls,
        reasoning_required: true,
        output: StructuredOutput::JsonObject,
        ..Self::OPENAI
    };
    /// Moonshot: it refuses messages that say nothing.
    pub const MOONSHOT: Self = Self {
        provider: Provider::Moonshot,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::Content,
        reasoning_required: true,
        preparation: Preparation { drop_empty: true, ..PAIRED_TEXT_RESULTS },
        ..Self::OPENAI
    };
    /// Mistral: it refuses fields that it does not know, `stream_options` and `name` among them.
    pub const MISTRAL: Self = Self {
        provider: Provider::Mistral,
        stream_options: false,
        openai_reasoning_models: false,
        required_tool: "any",
        message_names: false,
        reasoning: ReasoningReplay::ThinkingPart,
        reasoning_required: false,
        preparation: Preparation {
            alternate: true,
            drop_empty: true,
            // It looks at images in results.
            lift_tool_media: false,
            ..PAIRED_TEXT_RESULTS
        },
        strict_tool_turns: true,
        files: FileForm::Document,
        output: StructuredOutput::Schema,
        cache_marks: None,
    };
    /// OpenRouter.
    pub const OPENROUTER: Self = Self {
        provider: Provider::OpenRouter,
        openai_reasoning_models: false,
        reasoning: ReasoningReplay::Details,
        files: FileForm::DataOrUrl,
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

    /// The dialect as whoever is at a host speaks it: Perplexity, which has no name of its own here, refuses two
    /// messages of one role in a row.
    pub(crate) fn at(self, host: &str) -> Self {
        if host == "api.perplexity.ai" {
            let preparation = Preparation { alternate: true, ..self.preparation };
            return Self { preparation, ..self };
        }
        self
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

    /// The dialect with its reasoning as one request has it. Mistral's models take reasoning back where they reason.
    pub(super) fn for_request(mut self, request: &WireRequest<'_>) -> Self {
        let field =
            |name: &str| request.extra_body.get(name).or_else(|| request.parameters.get(name));
        let switched_off =
            field("thinking").and_then(|it| it.get("type")).is_some_and(|it| it == "disabled");
        self.reasoning_required &= !switched_off;
        let reasons = request.model.contains("magistral")
            || field("reasoning_effort").is_some_and(|effort| effort != "none")
            || field("prompt_mode").is_some();
        if matches!(self.reasoning, ReasoningReplay::ThinkingPart) && !reasons {
            self.reasoning = ReasoningReplay::Never;
        }
        self
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
