//! What a call consumed, in the words of Responses.

use moss_protocol::{InputTokenDetails, OutputTokenDetails, Usage};
use serde_json::Value;

/// Reads a `usage` object; `None` where it counts nothing. What has no place in it stays in
/// `response_metadata.usage`, where the whole object goes.
pub(super) fn read(usage: &Value) -> Option<Usage> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let input_token_details = InputTokenDetails {
        audio: count("/input_tokens_details/audio_tokens"),
        cache_read: count("/input_tokens_details/cached_tokens"),
        cache_creation: count("/input_tokens_details/cache_write_tokens"),
        ..InputTokenDetails::default()
    };
    let output_token_details = OutputTokenDetails {
        audio: count("/output_tokens_details/audio_tokens"),
        reasoning: count("/output_tokens_details/reasoning_tokens"),
    };
    let (input, output) = (count("/input_tokens"), count("/output_tokens"));
    let total = count("/total_tokens");
    input.or(output).or(total)?;
    let (input_tokens, output_tokens) = (input.unwrap_or(0), output.unwrap_or(0));
    Some(Usage {
        input_tokens,
        output_tokens,
        total_tokens: total.unwrap_or(input_tokens.saturating_add(output_tokens)),
        input_token_details,
        output_token_details,
    })
}
