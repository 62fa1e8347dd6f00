//! What a model at Bedrock takes, as data.

use super::CacheTtl;
use crate::ToolChoice;

/// What a model takes, and what the host wants of the wire beside fields of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BedrockDialect {
    /// Whose model it is.
    pub house: House,
    /// How long what is the same in each request is cached. None: not at all.
    pub prompt_cache: Option<CacheTtl>,
    /// The choice that holds where a request makes none.
    pub tool_choice: ToolChoice,
}

/// Whose model it is, as far as Converse treats them differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum House {
    /// Anthropic's Claude. It takes its reasoning back, with the signature that it gave; marks for the cache among
    /// the tools; and caches for an hour.
    Claude,
    /// Anyone else's: none of these.
    Other,
    /// The name does not tell, as that of an application's inference profile. It gets its reasoning back as it
    /// gave it.
    #[default]
    Unknown,
}

impl BedrockDialect {
    /// The dialect of a model: an id (`anthropic.claude-sonnet-4-20250514-v1:0`), an inference profile's
    /// (`us.amazon.nova-lite-v1:0`), or an ARN.
    #[must_use]
    pub fn of(model: &str) -> Self {
        Self { house: House::of(model), ..Self::default() }
    }
}

impl House {
    /// The house that a model's id or ARN names.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        if model.contains("claude") || model.contains("anthropic") {
            return Self::Claude;
        }
        // Of an ARN's resources only these two end with the model's name.
        let resource = model.strip_prefix("arn:").and_then(|arn| arn.rsplit(':').next());
        let is_named = match resource {
            Some(_) => {
                model.contains(":foundation-model/") || model.contains(":inference-profile/")
            }
            None => !model.is_empty(),
        };
        if is_named { Self::Other } else { Self::Unknown }
    }
}
