//! What a call consumed, in Bedrock's words.

use moss_protocol::{InputTokenDetails, OutputTokenDetails, Usage};
use serde_json::Value;

/// Reads a `usage` object; `None` where it counts nothing.
///
/// Amazon counts what is read from caches and written to them apart from the input, and in the total.
pub(super) fn read(usage: &Value) -> Option<Usage> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let written = |ttl: &str| {
        let details = usage.get("cacheDetails")?.as_array()?;
        let counts = details
            .iter()
            .filter(|detail| detail.get("ttl").and_then(Value::as_str) == Some(ttl))
            .filter_map(|detail| detail.get("inputTokens")?.as_u64());
        counts.reduce(u64::saturating_add)
    };
    let (input, output, total) =
        (count("inputTokens"), count("outputTokens"), count("totalTokens"));
    input.or(output).or(total)?;
    // The longer names are those of the first models that had caches.
    let read = count("cacheReadInputTokens").or_else(|| count("cacheReadInputTokenCount"));
    let wrote = count("cacheWriteInputTokens").or_else(|| count("cacheWriteInputTokenCount"));
    let input = [input, read, wrote].into_iter().flatten().fold(0, u64::saturating_add);
    let output = output.unwrap_or(0);
    Some(Usage {
        input_tokens: input,
        output_tokens: output,
        total_tokens: total.unwrap_or(input.saturating_add(output)),
        input_token_details: InputTokenDetails {
            cache_read: read,
            cache_creation: wrote,
            ephemeral_5m_input_tokens: written("5m"),
            ephemeral_1h_input_tokens: written("1h"),
            ..InputTokenDetails::default()
        },
        output_token_details: OutputTokenDetails::default(),
    })
}
