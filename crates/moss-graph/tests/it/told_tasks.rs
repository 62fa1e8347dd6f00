//! What streams and threads tell of tasks, and in which order: as LangGraph does.

use futures::StreamExt;
use moss_graph::json::{JsonState, JsonUpdate, json_node};
use moss_graph::{
    NodeContext, NodeError, NodeOptions, RunOptions, START, SendTo, StateGraph, StreamMode,
    StreamModes, StreamOptions, UpdateAs,
};
use serde_json::{Value, json};

use crate::threads::support::{log_of, start, thread_of};

fn says(what: &'static str) -> impl moss_graph::Node<JsonState> {
    json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [what] })) })
}

/// One node asks; beside it run a node and two tasks of what is sent to `a_work`, whose writes are put behind the nodes'.
fn asking_beside_sends() -> StateGraph<JsonState> {
    let ask = json_node(|_, context: NodeContext| async move {
        Ok::<_, NodeError>(json!({ "last": context.interrupt("?")? }))
    });
    let work = json_node(|item, _| async move { Ok::<_, NodeError>(json!({ "log": [item] })) });
    StateGraph::new()
        .node("ask", ask)
        .node_with("a_work", work, NodeOptions::new().metadata("kind", "worker"))
        .node("z", says("z"))
        .edge(START, "ask")
        .edge(START, "z")
        .conditional_edge(
            START,
            |state: &JsonState| {
                ["one", "two"]
                    .map(|item| SendTo::new("a_work", state.argument(json!(item))))
                    .to_vec()
            },
            ["a_work"],
        )
}

async fn told(graph: StateGraph<JsonState>, modes: impl Into<StreamModes>) -> Vec<Value> {
    let stream = thread_of(graph).stream(start(), RunOptions::default(), StreamOptions::of(modes));
    stream.map(|event| event.payload.to_json()).collect().await
}

#[tokio::test]
async fn what_is_done_beside_a_question_is_shown_in_the_order_of_a_commit() {
    let in_order = ["in", "z", "one", "two"];
    let values = told(asking_beside_sends(), StreamMode::Values).await;
    assert_eq!(values.len(), 3);
    assert_eq!(values[1]["__interrupt__"][0]["value"], "?");
    assert_eq!(values[2]["log"], json!(in_order));

    let thread = thread_of(asking_beside_sends());
    thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&thread.state().await.unwrap().unwrap().values), in_order);
    let update = JsonUpdate::from_json(json!({ "last": "said" })).unwrap();
    thread.update(update, UpdateAs::from("ask")).await.unwrap();
    let state = thread.state().await.unwrap().unwrap();
    assert_eq!(
        (log_of(&state.values).as_slice(), state.next.len()),
        (in_order.map(String::from).as_slice(), 0)
    );
}

#[tokio::test]
async fn a_task_is_told_with_what_was_sent_and_what_was_said_of_its_node() {
    let tasks = told(asking_beside_sends(), StreamMode::Tasks).await;
    let begun = tasks.iter().find(|task| task["id"] == "1:a_work#1" && task.get("input").is_some());
    let begun = begun.unwrap();
    assert_eq!(
        (&begun["input"], &begun["metadata"]),
        (&json!("one"), &json!({ "kind": "worker" }))
    );
}

#[tokio::test]
async fn a_task_that_failed_is_told_with_its_reason() {
    let bad = json_node(|_, _| async { Err::<Value, _>(NodeError::from("no luck")) });
    let graph = StateGraph::new().node("bad", bad).edge(START, "bad");
    let tasks = told(graph, StreamMode::Tasks).await;
    assert_eq!((&tasks[1]["error"], &tasks[1]["result"]), (&json!("no luck"), &json!({})));
}

#[tokio::test]
async fn a_stop_before_a_node_is_told_as_an_interrupt_without_questions() {
    let graph = || StateGraph::new().node("a", says("a")).edge(START, "a").interrupt_before(["a"]);
    let stopped = json!({ "__interrupt__": [] });
    assert_eq!(told(graph(), StreamMode::Updates).await, std::slice::from_ref(&stopped));
    assert_eq!(told(graph(), StreamMode::Values).await[1..], [stopped]);
}

#[tokio::test]
async fn several_updates_of_a_task_are_told_as_one_where_their_fields_differ() {
    let node = |outputs: Value| {
        let node = json_node(move |_, _| {
            let outputs = outputs.clone();
            async move { Ok::<_, NodeError>(outputs) }
        });
        StateGraph::new().node("a", node).edge(START, "a")
    };
    for (outputs, update) in [
        (json!([{ "count": 1 }, { "log": ["x"] }]), json!({ "count": 1, "log": ["x"] })),
        (json!([{ "log": ["x"] }, { "log": ["y"] }]), json!([{ "log": ["x"] }, { "log": ["y"] }])),
        (json!([]), json!({})),
    ] {
        assert_eq!(told(node(outputs), StreamMode::Updates).await, [json!({ "a": update })]);
    }
}

#[tokio::test]
async fn values_are_not_told_where_nothing_was_written() {
    let nothing = json_node(|_, _| async { Ok::<_, NodeError>(json!({})) });
    let graph =
        StateGraph::new().node("a", nothing).node("b", says("b")).edge(START, "a").edge("a", "b");
    let logs: Vec<_> =
        told(graph, StreamMode::Values).await.iter().map(|values| values["log"].clone()).collect();
    assert_eq!(logs, [json!(["in"]), json!(["in", "b"])]);
}
