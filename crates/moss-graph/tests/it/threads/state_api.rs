//! Looking at threads, and changing them from outside.

use moss_graph::json::{JsonState, JsonUpdate, json_node};
use moss_graph::{
    Ending, GraphErrorCode, HistoryFilter, Input, NodeError, RunOptions, START, StateGraph,
    UpdateAs,
};
use serde_json::{Value, json};

use super::support::{log_of, start, thread_of};

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

fn graph() -> StateGraph<JsonState> {
    let node = |name: &'static str| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [name] })) })
    };
    StateGraph::new()
        .node("a", node("a"))
        .node("b", node("b"))
        .node("c", node("c"))
        .edge(START, "a")
        .conditional_edge(
            "a",
            |state: &JsonState| match state.get("last") {
                Some(Value::Bool(true)) => "c",
                _ => "b",
            },
            ["b", "c"],
        )
}

#[tokio::test]
async fn a_thread_without_checkpoints_has_no_state_and_may_begin_with_an_update() {
    let thread = thread_of(graph());
    assert!(thread.state().await.unwrap().is_none());
    assert!(thread.history(HistoryFilter::default()).await.unwrap().is_empty());
    thread.update(update(json!({ "log": ["begun"] })), UpdateAs::Input).await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["a"]);
    let outcome = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state), ["begun", "a", "b"]);
}

#[tokio::test]
async fn an_update_as_a_node_asks_the_nodes_router() {
    let thread = thread_of(graph());
    thread.update(update(json!({ "last": true })), "a").await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["c"]);
    thread.update(update(json!({ "last": false })), "a").await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["b"]);
}

#[tokio::test]
async fn an_update_is_as_the_node_that_ran_last_unless_it_says_otherwise() {
    let thread = thread_of(graph().interrupt_after(["a"]));
    thread.run(start(), RunOptions::default()).await.unwrap();
    thread.update(update(json!({ "last": true })), UpdateAs::Last).await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["c"]);
    thread.update(update(json!({ "log": ["end"] })), UpdateAs::End).await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().next, Vec::<String>::new());
    let outcome = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(outcome.ending, Ending::Done);

    let two = StateGraph::new()
        .node("a", json_node(|_, _| async { Ok::<_, NodeError>(Value::Null) }))
        .node("b", json_node(|_, _| async { Ok::<_, NodeError>(Value::Null) }))
        .edge(START, "a")
        .edge(START, "b");
    let thread = thread_of(two);
    thread.run(start(), RunOptions::default()).await.unwrap();
    let error = thread.update(update(json!({})), UpdateAs::Last).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::AmbiguousUpdate);
    assert_eq!(
        error.to_string(),
        "the update does not say which node it is of, and \"a\", \"b\" ran last; name one"
    );
    let error = thread.update(update(json!({})), "nobody").await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::GraphChanged);
}

#[tokio::test]
async fn several_updates_are_made_in_a_row() {
    let thread = thread_of(graph());
    let supersteps = vec![
        vec![(update(json!({ "log": ["one"] })), UpdateAs::Input)],
        vec![
            (update(json!({ "log": ["two"] })), UpdateAs::from("a")),
            (update(json!({ "log": ["three"] })), UpdateAs::from("b")),
        ],
    ];
    thread.update_all(None, supersteps).await.unwrap();
    let history = thread.history(HistoryFilter::default()).await.unwrap();
    let logs: Vec<_> = history.iter().map(|snapshot| log_of(&snapshot.values)).collect();
    assert_eq!(logs, [vec!["one", "two", "three"], vec!["one"]]);
}

#[tokio::test]
async fn a_refused_update_leaves_the_thread_as_it_is() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let before = thread.state().await.unwrap().unwrap();
    let error = thread.update(update(json!({ "count": "many" })), "a").await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::ReducerFailed);
    let error = thread.update(update(json!({ "logg": [] })), "a").await.unwrap_err();
    assert!(crate::support::chain(&error).contains("no field `logg`; did you mean `log`?"));
    let after = thread.state().await.unwrap().unwrap();
    assert_eq!((before.checkpoint, &before.values), (after.checkpoint, &after.values));
    // And it can be updated again: the refused update has given the thread back.
    thread.update(update(json!({ "count": 1 })), "a").await.unwrap();
}

#[tokio::test]
async fn history_is_paged() {
    let thread = thread_of(graph());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let page = |before, limit| HistoryFilter { before, limit, ..HistoryFilter::default() };
    let first = thread.history(page(None, Some(2))).await.unwrap();
    let rest = thread.history(page(Some(first[1].checkpoint), None)).await.unwrap();
    let supersteps: Vec<_> = first.iter().chain(&rest).map(|snapshot| snapshot.superstep).collect();
    assert_eq!(supersteps, [2, 1, -1]);
}
