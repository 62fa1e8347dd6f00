//! Nothing outlives its run, and a run that is cancelled ends at once.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;
use moss_graph::{
    CancellationToken, GraphErrorCode, Node, NodeContext, RunError, RunOptions, START, StateGraph,
    StateGraphEngine,
};
use tokio::sync::Semaphore;

use crate::support::{Trail, node, visitors};

/// Counts the futures of a node that are alive.
#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

struct Guard(Alive);

impl Alive {
    fn enter(&self) -> Guard {
        self.0.fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A node that says it runs, and waits for ever.
fn waits(alive: &Alive, runs: &Arc<Semaphore>) -> impl Node<Trail> {
    let (alive, runs) = (alive.clone(), Arc::clone(runs));
    node(move |_, _| {
        let (guard, runs) = (alive.enter(), Arc::clone(&runs));
        async move {
            runs.add_permits(1);
            std::future::pending::<()>().await;
            drop(guard);
            Ok(Trail::update())
        }
    })
}

/// A node that cancels the run, and ends at once.
fn cancels(cancellation: &CancellationToken) -> impl Node<Trail> {
    let cancellation = cancellation.clone();
    node(move |_, context: NodeContext| {
        cancellation.cancel();
        async move { Ok(Trail::update().visits([context.task().to_string()])) }
    })
}

fn engine(graph: StateGraph<Trail>) -> StateGraphEngine<Trail> {
    StateGraphEngine::new(graph.compile().unwrap())
}

fn cancelled_by(cancellation: &CancellationToken) -> RunOptions {
    RunOptions { cancellation: cancellation.clone(), ..RunOptions::default() }
}

#[track_caller]
fn assert_cancelled(error: &RunError<Trail>, superstep: u64, visits: &[&str]) {
    assert_eq!(error.code(), GraphErrorCode::Cancelled);
    assert_eq!(error.code().as_str(), "CANCELLED");
    assert_eq!(error.to_string(), format!("the run was cancelled in superstep {superstep}"));
    assert_eq!(error.state().visits, *visits);
}

#[tokio::test]
async fn nodes_that_wait_for_ever_are_dropped_when_the_run_is_cancelled() {
    let (alive, runs) = (Alive::default(), Arc::new(Semaphore::new(0)));
    let alone = visitors(["a"]).node("b", waits(&alive, &runs)).edge(START, "a").edge("a", "b");
    let beside = visitors(["a", "c"])
        .node("b", waits(&alive, &runs))
        .node("b2", waits(&alive, &runs))
        .edge(START, "a")
        .edge("a", "b")
        .edge("a", "b2")
        .edge("a", "c");
    for (graph, waiting) in [(alone, 1), (beside, 2)] {
        let cancellation = CancellationToken::new();
        let engine = engine(graph);
        let run = engine.run(Trail::default(), cancelled_by(&cancellation));
        let host = async {
            runs.acquire_many(waiting).await.unwrap().forget();
            assert_eq!(alive.count(), waiting as usize);
            cancellation.cancel();
        };
        let (result, ()) = futures::join!(run, host);
        assert_cancelled(&result.unwrap_err(), 2, &["1:a"]);
        assert_eq!(alive.count(), 0);
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_drops_its_nodes() {
    let (alive, runs) = (Alive::default(), Arc::new(Semaphore::new(0)));
    let engine = engine(visitors([]).node("a", waits(&alive, &runs)).edge(START, "a"));
    let mut run = Box::pin(engine.run(Trail::default(), RunOptions::default()));
    assert!(run.as_mut().now_or_never().is_none());
    assert_eq!(alive.count(), 1);
    drop(run);
    assert_eq!(alive.count(), 0);
}

#[tokio::test]
async fn siblings_of_a_node_that_fails_are_dropped() {
    let (alive, runs) = (Alive::default(), Arc::new(Semaphore::new(0)));
    let fails_when_both_run = {
        let runs = Arc::clone(&runs);
        node(move |_, _| {
            let runs = Arc::clone(&runs);
            async move {
                let _both = runs.acquire_many(2).await?;
                Err("too late")?
            }
        })
    };
    let graph = visitors([])
        .node("a", fails_when_both_run)
        .node("b", waits(&alive, &runs))
        .node("c", waits(&alive, &runs))
        .edge(START, "a")
        .edge(START, "b")
        .edge(START, "c");
    let error = engine(graph).run(Trail::default(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "node \"a\" failed in superstep 1");
    assert_eq!(alive.count(), 0);
}

#[tokio::test]
async fn a_run_cancelled_before_it_begins_runs_nothing() {
    let cancellation = CancellationToken::new();
    cancellation.cancel();
    let engine = engine(visitors(["a"]).edge(START, "a"));
    let error = engine.run(Trail::default(), cancelled_by(&cancellation)).await.unwrap_err();
    assert_cancelled(&error, 1, &[]);
}

#[tokio::test]
async fn a_superstep_that_was_through_when_the_run_was_cancelled_is_kept() {
    let cancellation = CancellationToken::new();
    let cancels = cancels(&cancellation);
    let graph = visitors(["b"]).node("a", cancels).edge(START, "a").edge("a", "b");
    let error = engine(graph).run(Trail::default(), cancelled_by(&cancellation)).await.unwrap_err();
    assert_cancelled(&error, 2, &["1:a"]);
}

#[tokio::test]
async fn nodes_held_back_do_not_begin_after_the_run_is_cancelled() {
    let cancellation = CancellationToken::new();
    let began = Arc::new(AtomicUsize::new(0));
    let counts = {
        let began = Arc::clone(&began);
        node(move |_, _| {
            began.fetch_add(1, Ordering::SeqCst);
            async { Ok(Trail::update()) }
        })
    };
    let graph = visitors([])
        .node("a", cancels(&cancellation))
        .node("b", counts)
        .edge(START, "a")
        .edge(START, "b");
    let options =
        RunOptions { max_concurrency: NonZeroUsize::new(1), ..cancelled_by(&cancellation) };
    let error = engine(graph).run(Trail::default(), options).await.unwrap_err();
    assert_cancelled(&error, 1, &[]);
    assert_eq!(began.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_run_of_nodes_that_never_wait_can_be_cancelled() {
    let cancellation = CancellationToken::new();
    let engine = engine(visitors(["a"]).edge(START, "a").edge("a", "a"));
    let options = RunOptions { recursion_limit: u64::MAX, ..cancelled_by(&cancellation) };
    let run = tokio::spawn(async move { engine.run(Trail::default(), options).await });
    // On this one thread, the run must let others have their turn.
    tokio::task::yield_now().await;
    cancellation.cancel();
    let error = run.await.unwrap().unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::Cancelled);
}

/// Runs one node that hands on its token, and gives that back with how the run ended.
async fn token_of(
    end: fn(&CancellationToken) -> Result<(), &'static str>,
) -> (CancellationToken, CancellationToken, Result<Trail, RunError<Trail>>) {
    let handed = Arc::new(std::sync::Mutex::new(None));
    let hands_on = {
        let handed = Arc::clone(&handed);
        node(move |_, context: NodeContext| {
            let handed = Arc::clone(&handed);
            async move {
                assert!(!context.cancellation().is_cancelled());
                *handed.lock().unwrap() = Some(context.cancellation().clone());
                end(context.cancellation())?;
                Ok(Trail::update())
            }
        })
    };
    let host = CancellationToken::new();
    let graph = visitors(["b"]).node("a", hands_on).edge(START, "a").edge("a", "b");
    let result = engine(graph).run(Trail::default(), cancelled_by(&host)).await;
    let token = handed.lock().unwrap().take().unwrap();
    (token, host, result)
}

#[tokio::test]
async fn what_a_node_handed_on_is_cancelled_when_the_run_ends() {
    let (token, host, result) = token_of(|_| Ok(())).await;
    assert!(result.is_ok() && token.is_cancelled() && !host.is_cancelled());
    let (token, host, result) = token_of(|_| Err("too late")).await;
    assert!(result.is_err() && token.is_cancelled() && !host.is_cancelled());
}

#[tokio::test]
async fn a_node_that_cancels_its_own_token_cancels_nothing_else() {
    let (_, host, result) = token_of(|token| {
        token.cancel();
        Ok(())
    })
    .await;
    assert_eq!(result.unwrap().visits, ["2:b"]);
    assert!(!host.is_cancelled());
}
