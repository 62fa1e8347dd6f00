//! How often a store is asked for what subgraphs have stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointId, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
    ListedCheckpoint, MemoryStore, Namespace, PendingWrite, PendingWrites, Retention, StoreError,
    StoredCheckpoint, ThreadId, Timestamp,
};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Answers, Durability, Ending, Input, NodeError, NodeOptions, RetryPolicy, RunId, START, SendTo,
    StateGraph, SubgraphMemory, Thread,
};
use serde_json::json;

use super::subgraph_states::nested;
use super::support::{Calls, DURABILITIES, log_of, start, thread_in, with};
use crate::subgraphs::{asking, counting, subgraph};

/// Counts what is loaded after a run has begun.
#[derive(Default)]
struct LoadCounter {
    store: MemoryStore,
    loads: AtomicUsize,
}

impl LoadCounter {
    /// How many there were since the last time.
    fn take(&self) -> usize {
        self.loads.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl CheckpointStore for LoadCounter {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.store.load(query).await
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        self.store.commit(lease, commit).await
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        self.store.put_writes(lease, writes).await
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        self.store.list(thread, filter).await
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.store.acquire(request).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.store.renew(lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.store.release(lease).await
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        self.store.open(request, query).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        self.store.settle(lease, commit, writes).await
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        self.store.delete_thread(thread).await
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        self.store.delete_run(thread, run).await
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        self.store.copy_thread(from, to).await
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        self.store.prune(thread, retention).await
    }
}

/// The thread `t` of a graph, and what counts the loads of its runs.
fn counted(graph: StateGraph<JsonState>) -> (Thread<JsonState>, Arc<LoadCounter>) {
    let counter = Arc::new(LoadCounter::default());
    let store: Arc<dyn CheckpointStore> = counter.clone();
    (thread_in(graph, &store), counter)
}

/// Three subgraphs beside each other.
fn three(inner: StateGraph<JsonState>) -> StateGraph<JsonState> {
    StateGraph::new().node("sub", subgraph(inner)).conditional_edge(
        START,
        |state: &JsonState| [1, 2, 3].map(|topic| SendTo::new("sub", state.argument(topic))),
        ["sub"],
    )
}

#[tokio::test]
async fn nothing_is_looked_for_where_a_run_begins_subgraphs() {
    for durability in DURABILITIES {
        let (thread, counter) = counted(three(asking(&Calls::default())));
        thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(counter.take(), 0, "{durability:?}: the first turn");
        // Another turn leaves the questions behind.
        thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(counter.take(), 0, "{durability:?}: the second turn");
        // Nor where an older checkpoint is gone on from: the tasks are the fork's.
        let begun = thread.history(Default::default()).await.unwrap().pop().unwrap().checkpoint;
        counter.take();
        thread.run(Input::Continue.at(begun), with(durability)).await.unwrap();
        assert_eq!(counter.take(), 0, "{durability:?}: a fork");
    }
}

#[tokio::test]
async fn what_asks_is_looked_for_when_it_is_answered() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let (thread, counter) = counted(three(asking(&calls)));
        let asked = thread.run(start(), with(durability)).await.unwrap();
        let asks = asked.ending.interrupts();
        let two = asks[..2].iter().map(|ask| (ask.id.clone(), json!("yes")));
        counter.take();
        let answers = Input::Resume(Answers::by_id(two));
        let asked = thread.run(answers, with(durability)).await.unwrap();
        assert_eq!(asked.ending.interrupts(), &asks[2..]);
        assert_eq!(counter.take(), 3, "{durability:?}");
        let done = thread.run(Input::answer("yes"), with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(counter.take(), 1, "{durability:?}: two are through");
        assert_eq!(calls.count(), 3, "{durability:?}: what was through is not run again");
    }
}

#[tokio::test]
async fn what_has_failed_is_looked_for_when_it_is_tried_again() {
    for durability in DURABILITIES {
        let (calls, tries) = (Calls::default(), Calls::default());
        let inner = || {
            let (calls, tries) = (calls.clone(), tries.clone());
            let first = json_node(move |_, _| {
                calls.one();
                async { Ok::<_, NodeError>(json!({ "inner": ["first"] })) }
            });
            let fails = json_node(move |_, _| {
                let outcome = match tries.one() {
                    0 | 1 => Err(NodeError::from("not yet")),
                    _ => Ok(json!({ "inner": ["second"] })),
                };
                async { outcome }
            });
            StateGraph::new()
                .node("first", first)
                .node("fails", fails)
                .edge(START, "first")
                .edge("first", "fails")
        };
        let retry = NodeOptions::new().retry(RetryPolicy::attempts(2).at_once());
        let graph = StateGraph::new().node_with("sub", subgraph(inner()), retry).edge(START, "sub");
        let (thread, counter) = counted(graph);
        thread.run(start(), with(durability)).await.unwrap_err();
        assert_eq!(counter.take(), 1, "{durability:?}: the second attempt");
        // By another run.
        let done = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(counter.take(), 1, "{durability:?}: the other run");
        assert_eq!(log_of(&done.state), ["in", "begun", "first", "second"]);
        assert_eq!(calls.count(), 1, "{durability:?}: what was through is not run again");
    }
}

#[tokio::test]
async fn a_subgraph_in_a_subgraph_is_looked_for_as_one_in_a_graph() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let (thread, counter) = counted(nested(asking(&calls), [SubgraphMemory::PerTask; 2]));
        thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(counter.take(), 0, "{durability:?}");
        let done = thread.run(Input::answer("yes"), with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(counter.take(), 2, "{durability:?}");
        assert_eq!(calls.count(), 1, "{durability:?}: what was through is not run again");
    }
}

#[tokio::test]
async fn subgraphs_are_looked_for_where_ids_are_ahead_of_the_clock() {
    let (thread, counter) = counted(three(asking(&Calls::default())));
    thread.run(start(), with(Durability::Sync)).await.unwrap();
    // As if the clock had been set back since: ids count on from the newest, as those of a run that crashed may have.
    let latest = CheckpointQuery::latest("t".into(), Namespace::root());
    let StoredCheckpoint { mut checkpoint, head, .. } =
        counter.store.load(&latest).await.unwrap().unwrap();
    checkpoint.parent = Some(head);
    let ahead = Timestamp::now().after(Duration::from_secs(3_600));
    checkpoint.id = CheckpointId::next(Some(head), ahead);
    let request = LeaseRequest::new("t".into(), "another", Duration::from_secs(9));
    let lease = counter.store.acquire(&request).await.unwrap();
    let commit = Commit::new(Namespace::root(), Some(head), checkpoint);
    counter.store.commit(&lease, commit.into()).await.unwrap();
    counter.store.release(&lease).await.unwrap();
    thread.run(start(), with(Durability::Sync)).await.unwrap();
    assert_eq!(counter.take(), 3);
}

#[tokio::test]
async fn a_subgraph_with_a_memory_is_always_looked_for() {
    let (thread, counter) = counted(counting(SubgraphMemory::PerThread));
    for _ in 0..2 {
        thread.run(start(), with(Durability::Sync)).await.unwrap();
        assert_eq!(counter.take(), 1);
    }
}
