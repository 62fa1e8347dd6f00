//! Over JSON.

use std::sync::Arc;

use anyhow::{Result, ensure};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, JsonValue, Reducer};
use moss_graph::{END, Log, Node, NodeContext, NodeError, StateGraph};
use serde_json::{Value, json};

use super::super::text::letters;
use super::{Sizes, message, wired};
use crate::shape::Shape;

/// What is written to a field.
#[derive(Clone, Copy)]
enum Write {
    /// All that was read, as a list.
    Many,
    /// The last of what was read.
    One,
    /// A text of so many letters.
    Text(usize),
}

pub fn json(outer: usize, inner: usize, length: usize) -> Result<Shape<JsonState>> {
    use Write::{Many, One};
    let text = Write::Text(length);
    let graph = StateGraph::new()
        .node("one", node("messages", [("trigger_events", Many), ("primary_issue_medium", text)]))
        .node("two", node("trigger_events", [("autoresponse", One), ("issue", One)]))
        .node("three", node("autoresponse", [("relevant_rules", Many)]))
        .node(
            "four",
            node(
                "trigger_events",
                [("categorizations", Many), ("responses", Many), ("memory_docs", Many)],
            ),
        )
        .node(
            "five",
            node(
                "categorizations",
                [
                    ("user_info", One),
                    ("crm_info", One),
                    ("email_thread_id", text),
                    ("slack_participants", One),
                    ("bot_id", text),
                    ("notified_assignees", One),
                ],
            ),
        )
        .node("six", node("responses", [("messages", Many)]));
    let first = Value::Object(message(outer, inner));
    let fields = fields(length);
    let sizes = Sizes::of(length);
    Ok(Shape {
        graph: wired(graph, route).compile()?,
        initial: fields.initial(),
        input: fields.input_update(json!({ "messages": [first] }))?,
        supersteps: sizes.supersteps,
        check: Box::new(move |state| {
            let lengths = ["messages", "responses", "trigger_events"]
                .map(|field| state.log(field).map_or(0, Log::len));
            let expected = [sizes.messages, sizes.responses, sizes.trigger_events];
            ensure!(lengths == expected, "{lengths:?} items came of it, not {expected:?}");
            let last = state.log("messages").and_then(Log::last);
            ensure!(last.is_some_and(|last| **last == first), "the last message is another");
            ensure!(state.value("notified_assignees") == Some(&first), "the assignees are others");
            let text = state.value("bot_id").and_then(Value::as_str);
            ensure!(text.map(str::len) == Some(length), "the text has another length");
            Ok(())
        }),
    })
}

fn fields(length: usize) -> JsonFields {
    let mut fields = JsonFields::new()
        .field_with_default("length", Reducer::LastValue, length)
        .field_with_default("primary_issue_medium", Reducer::LastValue, "email");
    for list in ["messages", "trigger_events", "categorizations", "responses"] {
        fields = fields.field(list, Reducer::Append);
    }
    for merged in ["slack_participants", "notified_assignees"] {
        fields = fields.field(merged, Reducer::Merge);
    }
    let single = ["autoresponse", "issue", "relevant_rules", "memory_docs", "user_info"];
    for single in single.into_iter().chain(["crm_info", "email_thread_id", "bot_id"]) {
        fields = fields.field(single, Reducer::LastValue);
    }
    fields
}

fn route(state: &JsonState) -> &'static str {
    let length = state.value("length").and_then(Value::as_u64).unwrap_or_default();
    let messages = state.log("messages").map_or(0, Log::len) as u64;
    if messages > length { END } else { "one" }
}

/// A node that reads one field and writes others.
fn node<const N: usize>(
    read: &'static str,
    writes: [(&'static str, Write); N],
) -> impl Node<JsonState> {
    move |state: Arc<JsonState>, context: NodeContext| async move {
        let turn = usize::try_from(context.superstep()).unwrap_or_default();
        let update = JsonUpdate::default();
        Ok::<_, NodeError>(writes.into_iter().fold(update, |update, (field, write)| match write {
            Write::Many => update.with(field, many(&state, read)),
            Write::One => update.with(field, one(&state, read)),
            Write::Text(length) => update.with(field, letters(length, turn)),
        }))
    }
}

fn many(state: &JsonState, field: &str) -> JsonValue {
    match state.log(field) {
        Some(log) => log.into(),
        None => state.shared(field).map(JsonValue::into_whole).into_iter().collect(),
    }
}

fn one(state: &JsonState, field: &str) -> Option<JsonValue> {
    match state.log(field) {
        Some(log) => log.last().map(Into::into),
        None => state.shared(field),
    }
}
