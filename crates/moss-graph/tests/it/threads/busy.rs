//! Two runs on one thread.

use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointStore, LeaseRequest, MemoryStore, ThreadId};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    BusyThread, Durability, GraphErrorCode, Node, NodeError, RunOptions, START, StateGraph,
};
use serde_json::json;
use tokio::sync::Semaphore;

use super::support::{input, log_of, start, thread_in, thread_of};

/// `a` is through at once, and `b` when the test lets it.
fn gated(gate: &Arc<Semaphore>, begun: &Arc<Semaphore>) -> StateGraph<JsonState> {
    let (gate, begun) = (Arc::clone(gate), Arc::clone(begun));
    let a = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "log": ["a"] })) });
    let b = json_node(move |_, _| {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        async move {
            begun.add_permits(1);
            gate.acquire().await?.forget();
            Ok::<_, NodeError>(json!({ "log": ["b"] }))
        }
    });
    StateGraph::new().node("a", a).node("b", b).edge(START, "a").edge("a", "b")
}

fn options(busy: BusyThread) -> RunOptions {
    RunOptions { busy, durability: Durability::Sync, ..RunOptions::default() }
}

/// A run that has come to `b`, and a second one.
async fn second_run(
    busy: BusyThread,
    same_process: bool,
) -> (Result<Vec<String>, String>, Vec<String>) {
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let thread = thread_in(gated(&gate, &begun), &store);
    let other = if same_process { thread.clone() } else { thread_in(gated(&gate, &begun), &store) };
    let first = tokio::spawn(async move {
        let outcome = thread.run(start(), options(BusyThread::Reject)).await;
        outcome.map(|outcome| log_of(&outcome.state)).map_err(|error| error.code().to_string())
    });
    begun.acquire().await.unwrap().forget();
    let second = tokio::spawn(async move {
        let second = other.run(input(json!({ "log": ["in 2"] })), options(busy)).await;
        second.map(|outcome| log_of(&outcome.state)).map_err(|error| error.code().to_string())
    });
    match busy {
        BusyThread::Reject => {
            assert_eq!(second.await.unwrap(), Err("THREAD_BUSY".to_owned()));
            gate.add_permits(1);
            (first.await.unwrap(), Vec::new())
        }
        BusyThread::Enqueue => {
            gate.add_permits(2);
            (first.await.unwrap(), second.await.unwrap().unwrap())
        }
        BusyThread::Interrupt | BusyThread::Rollback => {
            begun.acquire().await.unwrap().forget();
            gate.add_permits(2);
            (first.await.unwrap(), second.await.unwrap().unwrap())
        }
    }
}

#[tokio::test]
async fn a_second_run_is_refused_by_default() {
    for same_process in [true, false] {
        let (first, _) = second_run(BusyThread::Reject, same_process).await;
        assert_eq!(first.unwrap(), ["in", "a", "b"]);
    }
}

#[tokio::test]
async fn a_second_run_may_wait() {
    for same_process in [true, false] {
        let (first, second) = second_run(BusyThread::Enqueue, same_process).await;
        assert_eq!(first.unwrap(), ["in", "a", "b"]);
        assert_eq!(second, ["in", "a", "b", "in 2", "a", "b"]);
    }
}

#[tokio::test]
async fn a_second_run_may_interrupt_the_first() {
    let (first, second) = second_run(BusyThread::Interrupt, true).await;
    assert_eq!(first, Err("CANCELLED".to_owned()));
    assert_eq!(second, ["in", "a", "in 2", "a", "b"]);
    // One of another process is fenced off: it cannot store what it comes to.
    let (first, second) = second_run(BusyThread::Interrupt, false).await;
    assert_eq!(first, Err("STORE_FAILED".to_owned()));
    assert_eq!(second, ["in", "a", "in 2", "a", "b"]);
}

#[tokio::test]
async fn a_second_run_may_take_the_first_back() {
    for (same_process, code) in [(true, "CANCELLED"), (false, "STORE_FAILED")] {
        let (first, second) = second_run(BusyThread::Rollback, same_process).await;
        assert_eq!(first, Err(code.to_owned()));
        assert_eq!(second, ["in 2", "a", "b"]);
    }
}

/// Takes the lease away from its own run.
fn thief(store: &Arc<dyn CheckpointStore>) -> impl Node<JsonState> + use<> {
    let store = Arc::clone(store);
    json_node(move |_, _| {
        let store = Arc::clone(&store);
        async move {
            let request =
                LeaseRequest::new(ThreadId::from("t"), "thief", std::time::Duration::from_secs(9));
            store.acquire(&request.take_over()).await?;
            Ok::<_, NodeError>(json!({ "log": ["never"] }))
        }
    })
}

#[tokio::test]
async fn what_a_fenced_run_does_is_never_stored() {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    for durability in super::support::DURABILITIES {
        let graph = StateGraph::new().node("thief", thief(&store)).edge(START, "thief");
        let thread = thread_in(graph, &store);
        let options =
            RunOptions { busy: BusyThread::Interrupt, durability, ..RunOptions::default() };
        let error = thread.run(start(), options).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::StoreFailed);
        assert!(error.to_string().contains("is lost"), "{error}");
        if let Some(stored) = thread.state().await.unwrap() {
            assert!(!log_of(&stored.values).contains(&"never".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_thread_cannot_be_updated_while_a_run_is_under_way() {
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let thread = thread_of(gated(&gate, &begun));
    let running = thread.clone();
    let run = tokio::spawn(async move { running.run(start(), RunOptions::default()).await });
    begun.acquire().await.unwrap().forget();
    let update = moss_graph::json::JsonUpdate::default();
    let error = thread.update(update, "a").await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::ThreadBusy);
    gate.add_permits(1);
    run.await.unwrap().unwrap();
}
