//! Over messages in JSON.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer};
use moss_graph::{END, Log, NodeContext, NodeError, START, StateGraph};
use serde_json::{Value, json};

use super::super::text::id;
use super::{TOOL, answer, query, result, supersteps};
use crate::shape::Shape;

pub fn shape(calls: usize) -> Result<Shape<JsonState>> {
    let script: Arc<[_]> = (0..=calls).map(|turn| Arc::new(said(turn, calls))).collect();
    let llm = move |state: Arc<JsonState>, _: NodeContext| {
        // A question and an answer for each turn stand behind the first message.
        let said = script.get(messages(&state).map_or(0, Log::len) / 2).cloned();
        async move {
            let said = said.context("the script is over").map_err(NodeError::from)?;
            Ok::<_, NodeError>(JsonUpdate::default().with("messages", said))
        }
    };
    let graph = StateGraph::new()
        .node("llm", llm)
        .node("tools", tools)
        .edge(START, "llm")
        .conditional_edge("llm", route, ["tools", END])
        .edge("tools", "llm")
        .compile()?;
    let fields = JsonFields::new().field("messages", Reducer::Messages);
    let question = json!({ "messages": [{ "type": "human", "content": "hi?", "id": "question" }] });
    Ok(Shape {
        graph,
        initial: fields.initial(),
        input: fields.input_update(question)?,
        supersteps: supersteps(calls),
        check: Box::new(move |state| {
            let messages = messages(state).context("there are messages")?;
            ensure!(messages.len() == 2 * calls + 2, "{} messages came of it", messages.len());
            let text = |place: usize| messages.get(place).map(|message| message["content"].clone());
            ensure!(text(2 * calls + 1) == Some(answer().into()), "the last is not the answer");
            let told = result(&query(calls - 1)).into();
            ensure!(text(2 * calls) == Some(told), "the last result is another");
            Ok(())
        }),
    })
}

fn said(turn: usize, calls: usize) -> Value {
    if turn == calls {
        return json!({ "type": "ai", "id": id(turn), "content": answer() });
    }
    json!({ "type": "ai", "id": id(turn), "content": "", "tool_calls": [{
        "type": "tool_call", "id": format!("call_{turn}"), "name": TOOL, "args": { "query": query(turn) },
    }] })
}

fn messages(state: &JsonState) -> Option<&Log<Arc<Value>>> {
    state.log("messages")
}

fn calls_of(state: &JsonState) -> &[Value] {
    let last = messages(state).and_then(Log::last);
    let calls = last.and_then(|last| last.get("tool_calls")).and_then(Value::as_array);
    calls.map_or(&[], Vec::as_slice)
}

fn route(state: &JsonState) -> &'static str {
    if calls_of(state).is_empty() { END } else { "tools" }
}

async fn tools(state: Arc<JsonState>, _: NodeContext) -> Result<JsonUpdate, NodeError> {
    let results: Vec<_> = calls_of(&state)
        .iter()
        .map(|call| {
            let text = result(call["args"]["query"].as_str().unwrap_or_default());
            let id = format!("result of {}", call["id"].as_str().unwrap_or_default());
            json!({
                "type": "tool", "id": id, "content": text, "name": call["name"], "tool_call_id": call["id"],
            })
        })
        .collect();
    Ok(JsonUpdate::default().with("messages", results))
}
