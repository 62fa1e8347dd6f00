//! Threads that are deleted, copied, and taken away.

use std::time::Duration;

use moss_graph::checkpoint::LeaseRequest;
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Durability, Ending, GraphErrorCode, Input, NodeError, RunOptions, START, StateGraph, ThreadId,
};
use serde_json::json;

use super::fields::{Calls, input, log_of, logs, reopened};
use super::home::Home;
use super::reopened::{DURABILITIES, with};
use crate::support::thread as thread_id;

fn asking(calls: &Calls) -> StateGraph<JsonState> {
    let calls = calls.clone();
    let ask = json_node(move |_, context| {
        let calls = calls.clone();
        async move {
            let paid = context.effect("pay", async { Ok::<_, NodeError>(calls.one()) }).await?;
            let answer = context.interrupt("?")?;
            Ok::<_, NodeError>(json!({ "log": [format!("{paid} {answer}")] }))
        }
    });
    let graph = StateGraph::new().node("before", logs()).node("ask", ask);
    graph.edge(START, "before").edge("before", "ask")
}

pub async fn a_deleted_thread_begins_anew(home: &Home) {
    let calls = Calls::default();
    let thread = reopened(home, "deleted", || asking(&calls));
    thread.run(input(), Durability::Sync).await;
    let id = &thread.id;
    thread.store(async |store| store.delete_thread(id).await.unwrap()).await;
    assert!(thread.step(async |thread| thread.state().await.unwrap().is_none()).await);
    let error = thread.try_run(Input::answer(1), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::EmptyInput);
    // Nothing of it is left: neither the state, nor the question, nor the effect.
    let asked = thread.run(input(), Durability::Sync).await;
    assert_eq!(asked.ending.interrupts().len(), 1);
    let done = thread.run(Input::answer(true), Durability::Sync).await;
    assert_eq!(log_of(&done.state), ["in", "before", "2 true"]);
}

pub async fn a_copied_thread_goes_on_by_itself(home: &Home) {
    let calls = Calls::default();
    let thread = reopened(home, "copied", || asking(&calls));
    thread.run(input(), Durability::Async).await;
    let copy = reopened(home, "copy", || asking(&calls)).named(thread_id("copy"));
    let (from, to) = (&thread.id, &copy.id);
    thread.store(async |store| store.copy_thread(from, to).await.unwrap()).await;
    // Both stand at the same question, and what was done before it is done.
    let copied = copy.run(Input::answer("copy"), Durability::Async).await;
    assert_eq!(log_of(&copied.state), ["in", "before", "1 \"copy\""]);
    assert_eq!(thread.state().await.interrupts().count(), 1);
    let done = thread.run(Input::answer("first"), Durability::Async).await;
    assert_eq!(log_of(&done.state), ["in", "before", "1 \"first\""]);
    assert_eq!((done.ending, calls.count()), (Ending::Done, 1));
    // What becomes of one is nothing to the other.
    thread.store(async |store| store.delete_thread(from).await.unwrap()).await;
    assert_eq!(copy.state().await.values, copied.state);
}

/// Has its thread taken away before it writes.
fn robbed(home: &Home, id: &ThreadId) -> StateGraph<JsonState> {
    let (home, id) = (home.clone(), id.clone());
    let node = json_node(move |_, _| {
        let (home, id) = (home.clone(), id.clone());
        async move {
            let request = LeaseRequest::new(id, "thief", Duration::from_millis(1)).take_over();
            let open = home.open().await;
            open.store().acquire(&request).await?;
            open.close().await;
            Ok::<_, NodeError>(json!({ "log": ["never"] }))
        }
    });
    let graph = StateGraph::new().node("before", logs()).node("robbed", node);
    graph.edge(START, "before").edge("before", "robbed")
}

pub async fn a_run_that_lost_its_thread_stores_nothing(home: &Home) {
    for durability in DURABILITIES {
        let id = thread_id("robbed");
        let thread = reopened(home, "robbed", || robbed(home, &id)).named(id.clone());
        let error = thread.try_run(input(), with(durability)).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::StoreFailed, "{durability:?}: {error:?}");
        let stored = thread.step(async |thread| thread.state().await.unwrap()).await;
        let log = stored.map_or_else(Vec::new, |stored| log_of(&stored.values));
        // What it had stored by then stays, and no more comes to it.
        let before = ["in", "before"];
        match durability {
            Durability::Sync => assert_eq!(log, before),
            Durability::Async => assert_eq!(log, before[..log.len().min(before.len())]),
            Durability::Exit => assert_eq!(log, [""; 0]),
        }
    }
}
