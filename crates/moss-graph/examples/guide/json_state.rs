//! Fields that are known at run time, with reducers by name.

use std::error::Error;

use moss_graph::json::{JsonFields, JsonState, Reducer, json_node, json_node_on};
use moss_graph::{NodeError, RunOptions, START, StateGraph, StateGraphEngine};
use serde_json::{Value, json};

pub async fn main() -> Result<(), Box<dyn Error>> {
    let fields = JsonFields::new()
        .field("messages", Reducer::Messages)
        .field_with_default("tokens", Reducer::Add, 0)
        .field("draft", Reducer::LastValue)
        .input(["messages"])
        .output(["messages", "tokens"]);

    let think = json_node(|state: Value, _| async move {
        let asked = state["messages"][0]["content"].as_str().unwrap_or_default();
        Ok::<_, NodeError>(json!({ "draft": format!("{asked} It does."), "tokens": 5 }))
    });
    // This node sees one field of the state.
    let answer = json_node_on(["draft"], |seen: Value, _| async move {
        let answer = json!({ "id": "m2", "type": "ai", "content": seen["draft"] });
        Ok::<_, NodeError>(json!({ "messages": [answer], "tokens": 7 }))
    });
    let graph = StateGraph::<JsonState>::new()
        .node("think", think)
        .node("answer", answer)
        .edge(START, "think")
        .edge("think", "answer")
        .compile()?;

    let question =
        json!({ "messages": [{ "id": "m1", "type": "human", "content": "Does moss grow?" }] });
    let state =
        StateGraphEngine::new(graph).run(fields.state(question)?, RunOptions::default()).await?;
    let output = state.output();
    for message in output["messages"].as_array().into_iter().flatten() {
        println!("{}: {}", message["type"], message["content"]);
    }
    println!("tokens: {}; draft is shown: {}", output["tokens"], output.get("draft").is_some());

    let refused = fields.state(json!({ "tokens": 1 })).is_err();
    println!("tokens are no input: {refused}");
    Ok(())
}
