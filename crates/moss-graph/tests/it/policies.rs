//! Retries, time limits, error handlers, caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use moss_graph::{
    CachePolicy, Command, CompiledGraph, GraphErrorCode, JoinMode, MemoryCache, Node, NodeContext,
    NodeError, NodeFailure, NodeOptions, NodeResult, Refresh, RetryPolicy, RunError, RunOptions,
    START, StateGraph, StateGraphEngine, TimeoutPolicy,
};
use tokio::time::{Instant, sleep};

use crate::support::{Trail, chain, node, run, visits};

type Options = NodeOptions<Trail>;

fn alone(run: impl Node<Trail>, options: Options) -> StateGraph<Trail> {
    StateGraph::new().node_with("a", run, options).edge(START, "a")
}

/// Fails until the attempt with this number.
fn succeeds_at(attempt: u32) -> impl Node<Trail> {
    node(move |_, context: NodeContext| async move {
        if context.attempt() < attempt {
            Err(format!("attempt {} failed", context.attempt()))?;
        }
        Ok(Trail::update().visits([format!("attempt {}", context.attempt())]))
    })
}

async fn failure_of(graph: StateGraph<Trail>) -> RunError<Trail> {
    run(graph.compile().unwrap()).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_node_is_tried_again_after_growing_waits() {
    let began = Instant::now();
    let policy = RetryPolicy { jitter: Duration::ZERO, ..RetryPolicy::default() };
    let graph = alone(succeeds_at(3), Options::new().retry(policy.clone()));
    assert_eq!(visits(graph).await, ["attempt 3"]);
    assert_eq!(began.elapsed(), Duration::from_millis(500 + 1_000));

    let began = Instant::now();
    let policy = RetryPolicy { attempts: 4, max_wait: Duration::from_millis(700), ..policy };
    let error = failure_of(alone(succeeds_at(9), Options::new().retry(policy))).await;
    assert_eq!(chain(&error), "node \"a\" failed in superstep 1\nattempt 4 failed");
    assert_eq!(began.elapsed(), Duration::from_millis(500 + 700 + 700));
}

#[tokio::test(start_paused = true)]
async fn the_jitter_is_at_most_a_second_and_the_same_in_every_run() {
    let waited = async || {
        let began = Instant::now();
        visits(alone(succeeds_at(2), Options::new().retry(RetryPolicy::default()))).await;
        began.elapsed()
    };
    let first = waited().await;
    assert!((Duration::from_millis(500)..=Duration::from_millis(1_500)).contains(&first));
    assert_eq!(waited().await, first);
}

#[tokio::test]
async fn the_first_policy_that_fits_the_error_counts() {
    let on = |word: &'static str, attempts| {
        RetryPolicy::attempts(attempts)
            .at_once()
            .when(move |error| error.to_string().contains(word))
    };
    let graph = |first: RetryPolicy| {
        alone(succeeds_at(3), Options::new().retry(first).retry(on("attempt 2", 3)))
    };
    assert_eq!(visits(graph(on("attempt 1", 2))).await, ["attempt 3"]);
    let error = failure_of(graph(on("attempt 7", 2))).await;
    assert_eq!(chain(&error), "node \"a\" failed in superstep 1\nattempt 1 failed");
}

#[tokio::test]
async fn a_node_that_panics_is_not_tried_again() {
    let panics = node(async |_, context: NodeContext| panic!("attempt {}", context.attempt()));
    let error = failure_of(alone(panics, Options::new().retry(RetryPolicy::attempts(3).at_once())));
    assert_eq!(error.await.to_string(), "node \"a\" panicked in superstep 1: attempt 1");
}

#[tokio::test]
async fn defaults_hold_for_nodes_that_do_not_say_otherwise() {
    let policy = |attempts| RetryPolicy::attempts(attempts).at_once();
    let graph = StateGraph::new()
        .node("a", succeeds_at(2))
        .node_with("b", succeeds_at(3), Options::new().retry(policy(3)))
        .node_defaults(Options::new().retry(policy(2)))
        .edge(START, "a")
        .edge("a", "b");
    assert_eq!(visits(graph).await, ["attempt 2", "attempt 3"]);
}

/// Sleeps so long before each of three signs of life.
fn slow(pause: Duration, live: fn(&NodeContext)) -> impl Node<Trail> {
    node(move |_, context: NodeContext| async move {
        for _ in 0..3 {
            sleep(pause).await;
            live(&context);
        }
        Ok(Trail::update().visits(["slow".to_owned()]))
    })
}

#[tokio::test(start_paused = true)]
async fn an_attempt_over_its_limit_is_dropped_and_counts_as_failed() {
    let second = Duration::from_secs(1);
    let limit = TimeoutPolicy::run(Duration::from_millis(2_500));
    let error = failure_of(alone(slow(second, |_| ()), Options::new().timeout(limit))).await;
    assert_eq!(error.code(), GraphErrorCode::NodeTimeout);
    assert_eq!(error.to_string(), "node \"a\" was over its run limit of 2.5s in superstep 1");

    // It is per attempt, and worth another one.
    let fast_later = node(async move |_, context: NodeContext| {
        if context.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(Trail::update().visits(["in time".to_owned()]))
    });
    let options = Options::new().timeout(limit).retry(RetryPolicy::attempts(2).at_once());
    assert_eq!(visits(alone(fast_later, options)).await, ["in time"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_shows_no_life_is_over_its_idle_limit() {
    let pause = Duration::from_secs(1);
    let idle =
        |limit: u64| Options::new().timeout(TimeoutPolicy::idle(Duration::from_millis(limit)));
    assert_eq!(visits(alone(slow(pause, NodeContext::heartbeat), idle(1_500))).await, ["slow"]);
    let error = failure_of(alone(slow(pause, |_| ()), idle(1_500))).await;
    assert_eq!(error.to_string(), "node \"a\" was over its idle limit of 1.5s in superstep 1");
    let error = failure_of(alone(slow(pause, NodeContext::heartbeat), idle(900))).await;
    assert_eq!(error.to_string(), "node \"a\" was over its idle limit of 900ms in superstep 1");
}

#[tokio::test(start_paused = true)]
async fn writing_is_a_sign_of_life_unless_only_heartbeats_are() {
    let writes = || {
        node(async |_, context: NodeContext| {
            for _ in 0..3 {
                sleep(Duration::from_secs(1)).await;
                context.write("still here").await;
            }
            Ok(Trail::update().visits(["wrote".to_owned()]))
        })
    };
    let limit = |refresh| {
        let idle = Some(Duration::from_millis(1_500));
        Options::new().timeout(TimeoutPolicy { run: None, idle, refresh })
    };
    assert_eq!(visits(alone(writes(), limit(Refresh::Auto))).await, ["wrote"]);
    let error = failure_of(alone(writes(), limit(Refresh::Heartbeat))).await;
    assert_eq!(error.to_string(), "node \"a\" was over its idle limit of 1.5s in superstep 1");
}

#[tokio::test(start_paused = true)]
async fn a_superstep_has_a_limit_too() {
    let graph = alone(slow(Duration::from_secs(1), |_| ()), Options::new()).compile().unwrap();
    let options =
        RunOptions { step_timeout: Some(Duration::from_secs(2)), ..RunOptions::default() };
    let error = StateGraphEngine::new(graph).run(Trail::default(), options).await.unwrap_err();
    assert_eq!(error.code().as_str(), "STEP_TIMEOUT");
}

#[tokio::test]
async fn an_error_handler_runs_in_the_nodes_place_in_the_same_superstep() {
    let handler = async |_: Arc<Trail>, failure: Arc<NodeFailure>, context: NodeContext| {
        let visit = format!("{} of {}: {failure}", context.task(), context.attempt());
        Ok(Trail::update().visits([visit])) as NodeResult<Trail>
    };
    let options = || Options::new().retry(RetryPolicy::attempts(2).at_once()).on_error(handler);
    let graph = alone(succeeds_at(9), options()).node("b", crate::support::visit).edge("a", "b");
    assert_eq!(visits(graph).await, ["1:a of 2: node \"a\" failed in superstep 1", "2:b"]);
    let panics = node(async |_, _| panic!("out of luck"));
    assert_eq!(
        visits(alone(panics, options())).await,
        ["1:a of 1: node \"a\" panicked in superstep 1: out of luck"]
    );
}

#[tokio::test]
async fn an_error_handler_that_fails_fails_the_superstep() {
    let handler = async |_: Arc<Trail>, _: Arc<NodeFailure>, _: NodeContext| -> NodeResult<Trail> {
        Err(NodeError::from("helpless"))
    };
    let error = failure_of(alone(succeeds_at(9), Options::new().on_error(handler))).await;
    assert_eq!(chain(&error), "node \"a\" failed in superstep 1\nhelpless");
}

#[tokio::test]
async fn a_handlers_command_says_alone_where_a_failure_leads() {
    let refund = async |_: Arc<Trail>, _: Arc<NodeFailure>, _: NodeContext| {
        Ok(Command::update(Trail::update().visits(["failed".to_owned()])).goto("refund"))
            as Result<Command<Trail>, NodeError>
    };
    let graph = |attempt| {
        let options = Options::new().ends(["refund"]).on_error(refund);
        alone(succeeds_at(attempt), options)
            .node("refund", crate::support::visit)
            .node("ship", crate::support::visit)
            .node("joined", crate::support::visit)
            .node("ask", crate::support::visit)
            .edge("a", "ship")
            .conditional_edge("a", |_: &Trail| "ask", ["ask"])
            .join_with(JoinMode::Reached, ["a", "ship"], "joined")
    };
    assert_eq!(visits(graph(9)).await, ["failed", "2:refund"]);
    assert_eq!(visits(graph(1)).await, ["attempt 1", "2:ask", "2:ship", "3:joined"]);
}

#[tokio::test]
async fn what_a_handler_makes_of_a_failure_is_not_kept_for_the_next_run() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let fails_first = node(move |_, _| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if call == 0 {
                Err("not yet")?;
            }
            Ok(Trail::update().visits(["done".to_owned()]))
        }
    });
    let handler = async |_: Arc<Trail>, _: Arc<NodeFailure>, _: NodeContext| {
        Ok(Trail::update().visits(["failed".to_owned()])) as NodeResult<Trail>
    };
    let options =
        Options::new().on_error(handler).cache(CachePolicy::by(|_: &Trail| String::new()));
    let graph = alone(fails_first, options).compile().unwrap();
    let engine =
        StateGraphEngine::new(graph).with_cache(Arc::new(MemoryCache::new(2.try_into().unwrap())));
    for expected in ["failed", "done", "done"] {
        let trail = engine.run(Trail::default(), RunOptions::default()).await.unwrap();
        assert_eq!(trail.visits.iter().collect::<Vec<_>>(), [expected]);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

fn counted(calls: &Arc<AtomicUsize>) -> impl Node<Trail> {
    let calls = Arc::clone(calls);
    node(move |_, _| {
        let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(Trail::update().visits([format!("call {call}")])) }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cached_output_is_given_back_for_the_same_key_until_it_is_too_old() {
    let calls = Arc::new(AtomicUsize::new(0));
    let policy = CachePolicy::by(|trail: &Trail| trail.last.clone()).ttl(Duration::from_secs(60));
    let graph: CompiledGraph<Trail> =
        alone(counted(&calls), Options::new().cache(policy)).compile().unwrap();
    let cache = Arc::new(MemoryCache::new(2.try_into().unwrap()));
    let engine = StateGraphEngine::new(graph).with_cache(cache.clone());
    let visits = async |last: &str| {
        let state = Trail { last: last.to_owned(), ..Trail::default() };
        let trail = engine.run(state, RunOptions::default()).await.unwrap();
        trail.visits.iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(visits("x").await, ["call 1"]);
    assert_eq!(visits("x").await, ["call 1"]);
    assert_eq!(visits("y").await, ["call 2"]);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(visits("x").await, ["call 3"]);
    // A third key displaces the oldest.
    assert_eq!(visits("z").await, ["call 4"]);
    assert_eq!(visits("y").await, ["call 5"]);
    use moss_graph::NodeCache;
    cache.clear(None);
    assert_eq!(visits("y").await, ["call 6"]);
}
