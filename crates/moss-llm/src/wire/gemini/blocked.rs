//! A prompt that the provider does not answer.

use std::borrow::Cow;

use moss_protocol::Provider;
use serde::Deserialize;

use crate::{ModelError, ModelErrorKind};

/// What `promptFeedback` says of a prompt that was blocked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocked<'a> {
    #[serde(borrow)]
    block_reason: Cow<'a, str>,
    /// Vertex AI says more.
    block_reason_message: Option<String>,
    #[serde(default)]
    safety_ratings: Vec<Rating>,
}

#[derive(Deserialize)]
struct Rating {
    category: String,
    #[serde(default)]
    probability: Option<String>,
    #[serde(default)]
    blocked: bool,
}

impl<'a> Blocked<'a> {
    /// Reads the feedback; `None` where the prompt was not blocked.
    pub(super) fn read(feedback: &'a str) -> Option<Self> {
        serde_json::from_str(feedback).ok()
    }

    pub(super) fn into_error(self, provider: Provider) -> ModelError {
        let mut message = format!("The prompt was blocked: {}", self.block_reason);
        if let Some(words) = self.block_reason_message.filter(|words| !words.is_empty()) {
            message.push_str(&format!(" ({words})"));
        }
        let blamed = self.safety_ratings.iter().filter(|rating| {
            rating.blocked || matches!(rating.probability.as_deref(), Some("HIGH" | "MEDIUM"))
        });
        for rating in blamed {
            let probability = rating.probability.as_deref().unwrap_or("blocked");
            message.push_str(&format!("; {}: {probability}", rating.category));
        }
        let mut error = ModelError::new(ModelErrorKind::ContentFilter, provider, message);
        error.provider_code = Some(self.block_reason.into_owned());
        error
    }
}
