//! Runs that fail, and go on.

use moss_graph::json::{JsonState, json_node};
use moss_graph::{Ending, GraphErrorCode, Input, Node, NodeError, RunOptions, START, StateGraph};
use serde_json::{Value, json};

use super::fields::{Calls, input, log_of, logs, reopened, update};
use super::home::Home;
use super::reopened::{DURABILITIES, with};

fn counted(calls: &Calls) -> impl Node<JsonState> + use<> {
    let calls = calls.clone();
    json_node(move |_, context| {
        let call = calls.one();
        async move { Ok::<_, NodeError>(json!({ "log": [format!("{} {call}", context.node())] })) }
    })
}

/// Fails twice.
fn flaky(calls: &Calls) -> impl Node<JsonState> + use<> {
    let calls = calls.clone();
    json_node(move |_, _| {
        let call = calls.one();
        async move {
            match call {
                1 | 2 => Err("not yet")?,
                _ => Ok::<_, NodeError>(json!({ "log": [format!("flaky {call}")] })),
            }
        }
    })
}

pub async fn what_was_through_beside_a_failure_is_not_run_again(home: &Home) {
    for durability in DURABILITIES {
        let (before, beside, tries) = (Calls::default(), Calls::default(), Calls::default());
        let thread = reopened(home, "failure", || {
            StateGraph::new()
                .node("before", counted(&before))
                .node("beside", counted(&beside))
                .node("flaky", flaky(&tries))
                .node("last", logs())
                .edge(START, "before")
                .edge("before", "beside")
                .edge("before", "flaky")
                .join(["beside", "flaky"], "last")
        });
        let error = thread.try_run(input(), with(durability)).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::NodeFailed);
        let failed = thread.state().await;
        assert_eq!(failed.next, ["flaky"], "{durability:?}");
        assert_eq!(log_of(&failed.values), ["in", "before 1", "beside 1"]);
        let flaky = failed.tasks.iter().find(|task| task.node == "flaky").unwrap();
        let why = "not yet";
        assert_eq!(flaky.error.as_deref(), Some(why));

        thread.try_run(Input::Continue, with(durability)).await.unwrap_err();
        let done = thread.run(Input::Continue, durability).await;
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(log_of(&done.state), ["in", "before 1", "beside 1", "flaky 3", "last"]);
        assert_eq!((before.count(), beside.count(), tries.count()), (1, 1, 3));
    }
}

fn writes_last(value: i64) -> impl Node<JsonState> {
    json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "last": value })) })
}

pub async fn a_conflicting_update_leaves_the_thread_readable_and_mendable(home: &Home) {
    let thread = reopened(home, "conflict", || {
        StateGraph::new()
            .node("a", writes_last(1))
            .node("b", writes_last(2))
            .node("after", logs())
            .edge(START, "a")
            .edge(START, "b")
            .edge("a", "after")
    });
    for input in [input(), Input::Continue] {
        let error = thread.try_run(input, RunOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
        let stands = thread.state().await;
        let why = "the tasks 1:a and 1:b both wrote the state field \"last\"";
        assert_eq!(stands.conflict.as_deref(), Some(why));
        assert_eq!(stands.values.get("last"), None::<Value>);
    }
    let mended = async |thread: moss_graph::Thread<JsonState>| {
        thread.update(update(json!({ "last": 3 })), "a").await.unwrap()
    };
    thread.step(mended).await;
    let done = thread.run(Input::Continue, moss_graph::Durability::Sync).await;
    assert_eq!(done.ending, Ending::Done);
    assert_eq!(log_of(&done.state), ["in", "after"]);
    assert_eq!(thread.state().await.values.get("last"), Some(json!(3)));
}
