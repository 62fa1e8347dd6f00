//! Events of the several kinds, as both forms of an answer make them.

use moss_protocol::JsonObject;
use serde_json::Value;

use crate::{FinishReason, ModelEvent};

/// A part of a type with one member.
pub(super) fn part(index: u32, kind: &str, name: &str, value: Value, events: &mut Vec<ModelEvent>) {
    let part =
        JsonObject::from_iter([("type".to_owned(), Value::from(kind)), (name.to_owned(), value)]);
    events.push(ModelEvent::Part { index: Some(index), part });
}

pub(super) fn extra(path: String, value: Value, events: &mut Vec<ModelEvent>) {
    events.push(ModelEvent::Extra { path, value });
}

/// Members that are not interpreted.
pub(super) fn beside(path: &str, object: JsonObject, events: &mut Vec<ModelEvent>) {
    for (name, value) in object {
        if !value.is_null() {
            extra(format!("{path}.{name}"), value, events);
        }
    }
}

pub(super) fn finish_reason(raw: &str) -> FinishReason {
    match raw {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_use" => FinishReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        // Not documented for Converse, but Claude's own words.
        "refusal" => FinishReason::Refusal,
        "pause_turn" => FinishReason::Paused,
        _ => FinishReason::Other,
    }
}
