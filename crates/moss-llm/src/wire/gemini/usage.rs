//! What a call consumed, in Google's words.

use std::borrow::Cow;

use moss_protocol::{InputTokenDetails, OutputTokenDetails, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::frame::UsageParts;

/// The counts, if there are any. Thoughts are output that `candidatesTokenCount` does not count, and the results
/// of tools that the provider ran are input that `promptTokenCount` does not count.
pub(super) fn usage(parts: &UsageParts<'_>) -> Option<Usage> {
    let sum = |first: Option<u64>, second: Option<u64>| {
        first.unwrap_or(0).saturating_add(second.unwrap_or(0))
    };
    let counts = [
        parts.prompt,
        parts.cached,
        parts.tool_use_prompt,
        parts.candidates,
        parts.thoughts,
        parts.total,
    ];
    counts.iter().any(Option::is_some).then(|| {
        let input_tokens = sum(parts.prompt, parts.tool_use_prompt);
        let output_tokens = sum(parts.candidates, parts.thoughts);
        Usage {
            input_tokens,
            output_tokens,
            total_tokens: parts.total.unwrap_or(input_tokens.saturating_add(output_tokens)),
            input_token_details: InputTokenDetails {
                audio: audio(&parts.rest, "promptTokensDetails"),
                cache_read: parts.cached,
                ..InputTokenDetails::default()
            },
            output_token_details: OutputTokenDetails {
                audio: audio(&parts.rest, "candidatesTokensDetails"),
                reasoning: parts.thoughts,
            },
        }
    })
}

/// The count of audio in a list of counts by kind.
fn audio(rest: &[(Cow<'_, str>, &RawValue)], list: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Count<'a> {
        #[serde(borrow)]
        modality: Cow<'a, str>,
        token_count: Option<u64>,
    }
    let (_, raw) = rest.iter().find(|(name, _)| name == list)?;
    if !raw.get().contains("AUDIO") {
        return None;
    }
    let counts: Vec<Count<'_>> = serde_json::from_str(raw.get()).ok()?;
    counts.into_iter().find(|count| count.modality == "AUDIO")?.token_count
}
