//! Runs that fail: nodes, routers, limits.

use std::sync::Arc;

use moss_graph::{
    END, Execution, GraphErrorCode, NodeContext, NodeFuture, NodeResult, RunError, RunFailure,
    RunOptions, START, StateGraph, StateGraphEngine,
};

use crate::support::{Trail, chain, node, run, visitors};

#[derive(Debug, thiserror::Error)]
#[error("no answer from the model")]
struct NoAnswer(#[source] std::io::Error);

fn fails() -> impl moss_graph::Node<Trail> {
    node(async |_, _| Err(NoAnswer(std::io::Error::other("connection reset")))?)
}

async fn failure_of(graph: StateGraph<Trail>) -> RunError<Trail> {
    run(graph.compile().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn a_node_that_fails_is_named_and_its_cause_kept() {
    let graph = visitors(["a"]).node("b", fails()).edge(START, "a").edge("a", "b");
    let error = failure_of(graph).await;
    assert_eq!(error.code(), GraphErrorCode::NodeFailed);
    assert_eq!(error.code().as_str(), "NODE_FAILED");
    assert_eq!(
        chain(&error),
        "node \"b\" failed in superstep 2\nno answer from the model\nconnection reset"
    );
    assert_eq!(error.state().visits, ["1:a"]);
    let RunFailure::Nodes(failures) = error.failure() else { panic!("{error:?}") };
    let cause = std::error::Error::source(failures.first()).unwrap();
    assert!(cause.is::<NoAnswer>(), "the node's own error can be asked for");
}

#[tokio::test]
async fn an_error_shows_no_state() {
    let graph = visitors([]).node("a", fails()).edge(START, "a").compile().unwrap();
    let secret = Trail { last: "secret".to_owned(), ..Trail::default() };
    let engine = StateGraphEngine::new(graph);
    let error = engine.run(secret, RunOptions::default()).await.unwrap_err();
    assert!(!format!("{error:?} {error:#?} {error}").contains("secret"));
}

#[tokio::test]
async fn a_text_is_error_enough() {
    let graph = visitors([]).node("a", node(async |_, _| Err("too late")?)).edge(START, "a");
    assert_eq!(chain(&failure_of(graph).await), "node \"a\" failed in superstep 1\ntoo late");
}

struct PanicsAtOnce;

impl moss_graph::Node<Trail> for PanicsAtOnce {
    fn run(&self, _: Arc<Trail>, context: NodeContext) -> NodeFuture<'_, Trail> {
        panic!("{} has no future", context.node())
    }
}

#[tokio::test]
async fn a_node_that_panics_is_named() {
    let late = || {
        node(async |_, _| {
            tokio::task::yield_now().await;
            panic!("out of luck")
        })
    };
    let texts = [
        (visitors([]).node("a", late()), "node \"a\" panicked in superstep 1: out of luck"),
        (
            visitors([]).node("a", PanicsAtOnce),
            "node \"a\" panicked in superstep 1: a has no future",
        ),
        (
            visitors([]).node("a", node(async |_, _| std::panic::panic_any(7))),
            "node \"a\" panicked in superstep 1: with a payload that is no text",
        ),
    ];
    for (graph, text) in texts {
        let error = failure_of(graph.edge(START, "a")).await;
        assert_eq!((error.code(), chain(&error).as_str()), (GraphErrorCode::NodeFailed, text));
    }
    // Beside others too.
    let graph = visitors(["b"]).node("a", late()).edge(START, "a").edge(START, "b");
    assert_eq!(
        failure_of(graph).await.to_string(),
        "node \"a\" panicked in superstep 1: out of luck"
    );
}

#[tokio::test]
async fn all_that_failed_by_then_is_told() {
    let graph = visitors(["c"])
        .node("d", fails())
        .node("a", node(async |_, _| panic!("out of luck")))
        .node("b", node(async |_, _| Err("too late")?))
        .edge(START, "a")
        .edge(START, "b")
        .edge(START, "c")
        .edge(START, "d");
    let error = failure_of(graph).await;
    assert_eq!(
        chain(&error),
        "3 nodes failed in superstep 1: \"a\", \"b\", \"d\"\n\
         node \"a\" panicked in superstep 1: out of luck"
    );
    let RunFailure::Nodes(failures) = error.failure() else { panic!("{error:?}") };
    let texts: Vec<_> = failures.iter().map(|failure| chain(failure)).collect();
    assert_eq!(
        texts,
        [
            "node \"a\" panicked in superstep 1: out of luck",
            "node \"b\" failed in superstep 1\ntoo late",
            "node \"d\" failed in superstep 1\nno answer from the model\nconnection reset",
        ]
    );
    assert!(failures.iter().all(|failure| failure.superstep() == 1));
    assert_eq!(**error.state(), Trail::default());
}

#[tokio::test]
async fn a_route_that_is_not_declared_fails_the_superstep() {
    let graph = visitors(["a", "b", "c"]).edge(START, "a").edge("a", "c").conditional_edge(
        "c",
        |_| ["b", "a"],
        ["b", END],
    );
    let error = failure_of(graph).await;
    assert_eq!(error.code(), GraphErrorCode::UndeclaredRouteTarget);
    assert_eq!(error.code().as_str(), "UNDECLARED_ROUTE_TARGET");
    assert_eq!(
        error.to_string(),
        "the router after \"c\" chose \"a\" in superstep 2, but its conditional edge declares \"b\", \"__end__\" \
         only; add it to the edge's targets, or mend the router"
    );
    assert_eq!(error.state().visits, ["1:a"]);
}

#[tokio::test]
async fn the_end_is_declared_like_any_target() {
    let graph = visitors(["a"]).conditional_edge(START, |_| END, ["a"]);
    assert_eq!(
        failure_of(graph).await.to_string(),
        "the router after \"__start__\" chose \"__end__\" in superstep 0, but its conditional edge declares \"a\" \
         only; add it to the edge's targets, or mend the router"
    );
}

#[tokio::test]
async fn a_router_that_panics_fails_the_superstep() {
    let graph = visitors(["a", "b"]).edge(START, "a").conditional_edge(
        "a",
        |trail: &Trail| -> &'static str { panic!("{} visits", trail.visits.len()) },
        ["b"],
    );
    let error = failure_of(graph).await;
    assert_eq!(error.code(), GraphErrorCode::RouterPanicked);
    assert_eq!(error.code().as_str(), "ROUTER_PANICKED");
    assert_eq!(error.to_string(), "the router after \"a\" panicked in superstep 1: 1 visits");
    assert_eq!(error.state().visits.len(), 0);
}

#[tokio::test]
async fn the_recursion_limit_is_the_number_of_supersteps_a_run_may_take() {
    let graph = visitors(["a", "b", "c"]).edge(START, "a").edge("a", "b").edge("b", "c");
    let engine = StateGraphEngine::new(graph.compile().unwrap());
    let limited = |recursion_limit| {
        engine.run(Trail::default(), RunOptions { recursion_limit, ..RunOptions::default() })
    };
    assert_eq!(limited(3).await.unwrap().visits, ["1:a", "2:b", "3:c"]);
    let error = limited(2).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::GraphRecursionLimit);
    assert_eq!(error.code().as_str(), "GRAPH_RECURSION_LIMIT");
    assert_eq!(
        error.to_string(),
        "the run is not done after 2 supersteps, which is its recursion limit; look for a loop without a way \
         out, or raise RunOptions::recursion_limit"
    );
    assert_eq!(error.state().visits, ["1:a", "2:b"]);
    assert_eq!(**limited(0).await.unwrap_err().state(), Trail::default());
}

#[tokio::test]
async fn a_node_knows_how_many_supersteps_are_left() {
    let tells = || {
        node(async |_: Arc<Trail>, context: NodeContext| -> NodeResult<Trail> {
            let left = context.remaining_steps();
            Ok(Trail::update().visits([format!("{}, {left} left", context.superstep())]))
        })
    };
    let graph = || StateGraph::new().node("a", tells()).edge(START, "a").edge("a", "a");
    for execution in [Execution::Supersteps, Execution::Dataflow] {
        let engine = StateGraphEngine::new(graph().execution(execution).compile().unwrap());
        let options = RunOptions { recursion_limit: 3, ..RunOptions::default() };
        let error = engine.run(Trail::default(), options).await.unwrap_err();
        assert_eq!(error.state().visits, ["1, 3 left", "2, 2 left", "3, 1 left"]);
    }
}

#[tokio::test]
async fn a_run_may_take_25_supersteps_by_default() {
    let graph = visitors(["a"]).edge(START, "a").edge("a", "a");
    let error = failure_of(graph).await;
    assert_eq!(error.code(), GraphErrorCode::GraphRecursionLimit);
    assert_eq!(error.state().visits.len(), 25);
}

#[test]
fn tasks_that_were_not_planned_are_refused() {
    use futures::FutureExt;
    use moss_graph::scheduler::{self, Finished, start};

    let graph = visitors(["a", "b"]).edge(START, "a").edge("a", "b").compile().unwrap();
    let mut state = Arc::new(Trail::default());
    let mut progress = start(&graph, &state).now_or_never().unwrap().unwrap();
    let before = progress.clone();
    let a = progress.next()[0].clone();
    let finished = |task| Finished::new(task, Trail::update().visits(["a".to_owned()]));
    let commit = |tasks, progress: &mut _, state: &mut _| {
        scheduler::commit(&graph, progress, state, tasks).now_or_never().unwrap()
    };
    for tasks in [vec![], vec![finished(&a), finished(&a)]] {
        let failure = commit(tasks, &mut progress, &mut state).unwrap_err();
        assert_eq!(failure.code(), GraphErrorCode::UnplannedTasks);
        assert_eq!(failure.code().as_str(), "UNPLANNED_TASKS");
        assert_eq!(
            failure.to_string(),
            "superstep 1 was to be committed with other tasks than were planned; finish each planned task \
             exactly once"
        );
        assert_eq!((&progress, &*state), (&before, &Trail::default()));
    }
    commit(vec![finished(&a)], &mut progress, &mut state).unwrap();
    assert_eq!(progress.superstep(), 1);
    assert_eq!(
        progress.next().iter().map(|b| graph.node_name(b.node())).collect::<Vec<_>>(),
        ["b"]
    );
}
