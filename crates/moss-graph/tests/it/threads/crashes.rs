//! Runs that are cut off at any point, as by a crash: they are dropped, and another goes on in their place.

use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    BusyThread, Durability, Ending, HistoryFilter, Input, NodeError, RunOptions, START, StateGraph,
};
use serde_json::json;

use super::support::{Calls, log_of, start, thread_in};

const NODES: usize = 5;

/// Five nodes in a row, each of which counts its calls and stops for a moment before it is through.
fn slow_steps(calls: &[Calls]) -> StateGraph<JsonState> {
    let name = |number: usize| format!("n{number}");
    let mut graph = StateGraph::new().edge(START, name(0)).sequence((0..NODES).map(name));
    for (number, calls) in calls.iter().enumerate() {
        let calls = calls.clone();
        let node = json_node(move |_, _| {
            let calls = calls.clone();
            async move {
                tokio::task::yield_now().await;
                calls.one();
                tokio::task::yield_now().await;
                Ok::<_, NodeError>(json!({ "log": [format!("n{number}")] }))
            }
        });
        graph = graph.node(name(number), node);
    }
    graph
}

fn options() -> RunOptions {
    // The other has crashed: nobody gives its lease back.
    RunOptions {
        durability: Durability::Sync,
        busy: BusyThread::Interrupt,
        ..RunOptions::default()
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_at_any_point_goes_on_with_what_was_not_committed() {
    for cut in 0..40 {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let calls: Vec<_> = (0..NODES).map(|_| Calls::default()).collect();
        let thread = thread_in(slow_steps(&calls), &store);
        {
            let mut run = Box::pin(thread.run(start(), options()));
            for _ in 0..cut {
                if futures::poll!(&mut run).is_ready() {
                    break;
                }
            }
        }
        // Another process, so to say.
        let thread = thread_in(slow_steps(&calls), &store);
        let begun = thread.state().await.unwrap();
        let was_done = begun.as_ref().is_some_and(|snapshot| snapshot.next.is_empty());
        let committed = begun.as_ref().map_or(0, |snapshot| log_of(&snapshot.values).len() - 1);
        let before: Vec<_> = calls.iter().map(Calls::count).collect();
        let input = if begun.is_some() { Input::Continue } else { start() };
        let outcome = thread.run(input, options()).await.unwrap();
        assert_eq!(outcome.ending, Ending::Done);
        assert_eq!(log_of(&outcome.state), ["in", "n0", "n1", "n2", "n3", "n4"], "cut {cut}");
        for (number, calls) in calls.iter().enumerate() {
            let again = calls.count() - before[number];
            let expected = usize::from(number >= committed && !was_done);
            assert_eq!(again, expected, "cut {cut}: node {number}, {committed} committed");
        }
        let history = thread.history(HistoryFilter::default()).await.unwrap();
        assert_eq!(history.len(), NODES + 1);
    }
}

/// Two nodes side by side: one is through at once, the other has to be waited for.
fn quick_and_slow(quick: &Calls, slow: &Calls) -> StateGraph<JsonState> {
    let node = |name: &'static str, calls: &Calls, waits: bool| {
        let calls = calls.clone();
        json_node(move |_, _| {
            calls.one();
            async move {
                if waits {
                    tokio::task::yield_now().await;
                }
                Ok::<_, NodeError>(json!({ "log": [name] }))
            }
        })
    };
    StateGraph::new()
        .node("quick", node("quick", quick, false))
        .node("slow", node("slow", slow, true))
        .edge(START, "quick")
        .edge(START, "slow")
}

#[tokio::test]
async fn what_is_through_is_stored_before_others_are_waited_for() {
    for durability in [Durability::Sync, Durability::Async] {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let (quick, slow) = (Calls::default(), Calls::default());
        let options = || RunOptions { durability, ..options() };
        {
            let thread = thread_in(quick_and_slow(&quick, &slow), &store);
            let mut run = Box::pin(thread.run(start(), options()));
            assert!(futures::poll!(&mut run).is_pending());
        }
        let thread = thread_in(quick_and_slow(&quick, &slow), &store);
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(snapshot.next, ["slow"], "{durability:?}");
        let outcome = thread.run(Input::Continue, options()).await.unwrap();
        assert_eq!(log_of(&outcome.state), ["in", "quick", "slow"]);
        assert_eq!((quick.count(), slow.count()), (1, 2), "{durability:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_whose_run_crashed_is_free_when_its_lease_has_run_out() {
    use moss_graph::checkpoint::Timestamp;
    use std::sync::atomic::{AtomicU64, Ordering};

    let clock = Arc::new(AtomicU64::new(1_000));
    let read = Arc::clone(&clock);
    let store =
        MemoryStore::with_clock(move || Timestamp::from_millis(read.load(Ordering::Relaxed)));
    let store: Arc<dyn CheckpointStore> = Arc::new(store);
    let calls: Vec<_> = (0..NODES).map(|_| Calls::default()).collect();
    {
        let thread = thread_in(slow_steps(&calls), &store);
        let mut run = Box::pin(thread.run(start(), RunOptions::default()));
        assert!(futures::poll!(&mut run).is_pending());
    }
    let thread = thread_in(slow_steps(&calls), &store);
    let refused = thread.run(start(), RunOptions::default()).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "THREAD_BUSY");
    clock.fetch_add(u64::try_from(Duration::from_secs(31).as_millis()).unwrap(), Ordering::Relaxed);
    let outcome = thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(outcome.ending, Ending::Done);
}
