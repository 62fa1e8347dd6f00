//! Why an answer ended, in the provider's words.

use crate::FinishReason;

/// What a finish reason means. Calls end an answer with `STOP` too.
pub(super) fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        "STOP" if has_calls => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        // `MALFORMED_FUNCTION_CALL`, `UNEXPECTED_TOOL_CALL`, `TOO_MANY_TOOL_CALLS`, `MALFORMED_RESPONSE`,
        // `MISSING_THOUGHT_SIGNATURE`, `LANGUAGE`, `NO_IMAGE`, `IMAGE_OTHER`, `OTHER`, and what is yet to come.
        _ => FinishReason::Other,
    }
}
