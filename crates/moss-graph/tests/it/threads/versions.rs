//! What other versions of the engine have stored.

use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::{
    Blob, BlobFormat, CheckpointId, CheckpointQuery, CheckpointStore, Commit, LeaseRequest,
    MemoryStore, Namespace, StoreError, ThreadId,
};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{Ending, Input, Interrupts, NodeError, RunFailure, RunOptions, START, StateGraph};
use serde_json::json;

use super::support::{log_of, start, thread_in};

fn graph() -> StateGraph<JsonState> {
    let node = |name: &'static str| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [name] })) })
    };
    let graph = StateGraph::new().node("a", node("a")).node("b", node("b")).node("c", node("c"));
    graph.edge(START, "a").sequence(["a", "b", "c"])
}

/// Stores how far a run has come as another version would, in place of the newest checkpoint.
async fn store_as(store: &dyn CheckpointStore, progress: &str) {
    let thread = ThreadId::from("t");
    let query = CheckpointQuery::latest(thread.clone(), Namespace::root());
    let newest = store.load(&query).await.unwrap().unwrap();
    let request = LeaseRequest::new(thread, "another", Duration::from_secs(60));
    let lease = store.acquire(&request).await.unwrap();
    let mut checkpoint = newest.checkpoint;
    let created_at = checkpoint.created_at;
    checkpoint.parent = Some(newest.head);
    checkpoint.id = CheckpointId::next_in(lease.epoch, Some(newest.head), created_at);
    let json = BlobFormat::Json.number();
    checkpoint.progress = Blob::from_stored(json, progress.as_bytes().to_vec()).unwrap();
    let commit = Commit::new(Namespace::root(), Some(newest.head), checkpoint);
    store.commit(&lease, commit.into()).await.unwrap();
    store.release(&lease).await.unwrap();
}

async fn stopped_before_b() -> Arc<dyn CheckpointStore> {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let options = RunOptions { interrupt_before: Interrupts::from(["b"]), ..RunOptions::default() };
    let stopped = thread_in(graph(), &store).run(start(), options).await.unwrap();
    assert_eq!(stopped.ending, Ending::StoppedBefore(vec!["b".try_into().unwrap()]));
    store
}

#[tokio::test]
async fn what_the_first_version_has_stored_is_gone_on_with() {
    let store = stopped_before_b().await;
    let tasks = r#"[{"node":"b","superstep":2}]"#;
    let progress = format!(r#"{{"v":1,"superstep":1,"began":0,"next":{tasks},"ran":["a"]}}"#);
    store_as(&*store, &progress).await;
    let thread = thread_in(graph(), &store);
    let state = thread.state().await.unwrap().unwrap();
    assert_eq!(state.next, ["b"]);
    let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(done.ending, Ending::Done);
    assert_eq!(log_of(&done.state), ["in", "a", "b", "c"]);
}

#[tokio::test]
async fn what_a_newer_version_has_stored_is_refused() {
    let store = stopped_before_b().await;
    store_as(&*store, r#"{"v":3,"superstep":1,"next":"another form"}"#).await;
    let thread = thread_in(graph(), &store);
    let refused = thread.run(Input::Continue, RunOptions::default()).await.unwrap_err();
    let RunFailure::Store(StoreError::TooNew { found, supported, .. }) = refused.failure() else {
        panic!("{refused}");
    };
    assert_eq!((*found, *supported), (3, 2));
}
