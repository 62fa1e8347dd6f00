//! Running without a barrier.

use std::sync::Arc;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Durability, Ending, Execution, GraphErrorCode, HistoryFilter, Input, NodeContext, NodeError,
    NodeResult, RunOptions, START, StateGraph, StateGraphEngine,
};
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{Trail, node, run, visitors};
use crate::threads::support::{Calls, DURABILITIES, log_of, start, thread_in, thread_of, with};

async fn names(graph: StateGraph<Trail>) -> Vec<String> {
    let trail = run(graph.execution(Execution::Dataflow).compile().unwrap()).await.unwrap();
    trail.visits.iter().map(|visit| visit.split(':').nth(1).unwrap().to_owned()).collect()
}

/// `slow` waits until `fast` has gone three nodes on, which it never would with a barrier.
#[tokio::test]
async fn a_fast_branch_does_not_wait_for_a_slow_one() {
    let done = Arc::new(Notify::new());
    let (wait, tell) = (Arc::clone(&done), done);
    let visit = |context: &NodeContext| Trail::update().visits([context.task().to_string()]);
    let graph = visitors(["fast", "next", "last"])
        .node(
            "slow",
            node(move |_, context: NodeContext| {
                let wait = Arc::clone(&wait);
                async move {
                    wait.notified().await;
                    Ok(visit(&context))
                }
            }),
        )
        .node(
            "far",
            node(move |_, context: NodeContext| {
                tell.notify_one();
                let update = visit(&context);
                async move { Ok(update) as NodeResult<Trail> }
            }),
        )
        .edge(START, "fast")
        .edge(START, "slow")
        .sequence(["fast", "next", "far"])
        .join(["far", "slow"], "last");
    assert_eq!(names(graph).await, ["fast", "next", "far", "slow", "last"]);
}

#[tokio::test]
async fn joins_and_deferred_nodes_wait_for_what_they_wait_for() {
    let graph = visitors(["a", "b", "c", "join"])
        .node_with("end", crate::support::visit, moss_graph::NodeOptions::new().deferred())
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "end")
        .edge("b", "c")
        .join(["a", "c"], "join");
    assert_eq!(names(graph).await, ["a", "b", "c", "join", "end"]);
}

#[tokio::test]
async fn two_writers_of_a_last_value_are_no_conflict_since_one_is_the_last() {
    let write = || node(async |_, context| Ok(Trail::update().last(context.node().to_string())));
    let graph = StateGraph::new()
        .node("a", write())
        .node("b", write())
        .edge(START, "a")
        .edge(START, "b")
        .execution(Execution::Dataflow);
    assert_eq!(run(graph.compile().unwrap()).await.unwrap().last, "b");
}

#[tokio::test]
async fn the_limit_and_concurrency_hold_without_a_barrier_too() {
    let graph = || {
        let graph = visitors(["a"]).edge(START, "a").edge("a", "a");
        StateGraphEngine::new(graph.execution(Execution::Dataflow).compile().unwrap())
    };
    let error = graph().run(Trail::default(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "GRAPH_RECURSION_LIMIT");
    assert_eq!(error.state().visits.len(), 25);
    let options = RunOptions { max_concurrency: 1.try_into().ok(), ..RunOptions::default() };
    let graph = visitors(["a", "b", "c"]).edge(START, "a").edge(START, "b").edge("a", "c");
    let engine = StateGraphEngine::new(graph.execution(Execution::Dataflow).compile().unwrap());
    let trail = engine.run(Trail::default(), options).await.unwrap();
    assert_eq!(trail.visits.len(), 3);
}

/// `ask` has an effect and asks; `other` and `next` go on meanwhile.
fn asking(calls: &Calls) -> StateGraph<JsonState> {
    let calls = calls.clone();
    let ask = json_node(move |_, context: NodeContext| {
        let calls = calls.clone();
        async move {
            let count = context.effect("count", async {
                calls.one();
                Ok::<_, NodeError>(calls.count())
            });
            let count = count.await?;
            let answer = context.interrupt("?")?;
            Ok::<_, NodeError>(json!({ "log": [format!("ask {count} {answer}")] }))
        }
    });
    let step = |name: &'static str| {
        json_node(move |_, _| async move {
            tokio::task::yield_now().await;
            Ok::<_, NodeError>(json!({ "log": [name] }))
        })
    };
    StateGraph::new()
        .node("ask", ask)
        .node("other", step("other"))
        .node("next", step("next"))
        .edge(START, "ask")
        .edge(START, "other")
        .edge("other", "next")
        .execution(Execution::Dataflow)
}

#[tokio::test]
async fn others_go_on_while_a_task_asks_and_its_effects_stay_done() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let thread = thread_in(asking(&calls), &store);
        let asked = thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(asked.ending.interrupts().len(), 1);
        assert_eq!(log_of(&asked.state), ["in", "other", "next"]);
        let thread = thread_in(asking(&calls), &store);
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(snapshot.next, ["ask"]);
        assert_eq!(snapshot.interrupts().count(), 1, "{durability:?}");
        let done = thread.run(Input::answer(1), with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(log_of(&done.state), ["in", "other", "next", "ask 1 1"]);
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test]
async fn each_task_is_a_checkpoint_and_a_failure_keeps_what_was_through() {
    let tries = Calls::default();
    let tried = tries.clone();
    let flaky = json_node(move |_, _| {
        let fails = tried.one() == 0;
        async move {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            if fails {
                Err("not yet")?;
            }
            Ok::<_, NodeError>(json!({ "log": ["flaky"] }))
        }
    });
    let fine = Calls::default();
    let counted = fine.clone();
    let graph = StateGraph::new()
        .node(
            "fine",
            json_node(move |_, _| {
                counted.one();
                async { Ok::<_, NodeError>(json!({ "log": ["fine"] })) }
            }),
        )
        .node("flaky", flaky)
        .edge(START, "fine")
        .edge(START, "flaky")
        .execution(Execution::Dataflow);
    let thread = thread_of(graph);
    thread.run(start(), with(Durability::Sync)).await.unwrap_err();
    assert_eq!(thread.history(HistoryFilter::default()).await.unwrap().len(), 2);
    let done = thread.run(Input::Continue, with(Durability::Sync)).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "fine", "flaky"]);
    assert_eq!((fine.count(), tries.count()), (1, 2));
}

#[tokio::test]
async fn a_graph_stops_before_and_after_nodes_without_a_barrier() {
    let step = |name: &'static str| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [name] })) })
    };
    let graph = StateGraph::new()
        .node("a", step("a"))
        .node("b", step("b"))
        .node("c", step("c"))
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "c")
        .interrupt_before(["b"])
        .interrupt_after(["a"])
        .execution(Execution::Dataflow);
    let thread = thread_of(graph);
    let stopped = thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(stopped.ending, Ending::StoppedAfter(vec!["a".try_into().unwrap()]));
    assert_eq!(log_of(&stopped.state), ["in", "a"]);
    let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(done.ending, Ending::Done);
    assert_eq!(log_of(&done.state), ["in", "a", "b", "c"]);
}

/// Two tasks of 30 ms one behind the other are in time, beside one of 50 ms; the whole run takes longer than the limit.
#[tokio::test(start_paused = true)]
async fn a_step_may_take_so_long_and_each_task_is_one() {
    let takes = |millis| {
        node(move |_, context: NodeContext| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(Trail::update().visits([context.node().to_string()])) as NodeResult<Trail>
        })
    };
    let graph = StateGraph::new()
        .node("a", takes(30))
        .node("b", takes(30))
        .node("slow", takes(50))
        .edge(START, "a")
        .edge(START, "slow")
        .edge("a", "b")
        .execution(Execution::Dataflow);
    let engine = StateGraphEngine::new(graph.compile().unwrap());
    let within = |millis| RunOptions {
        step_timeout: Some(Duration::from_millis(millis)),
        ..RunOptions::default()
    };
    let done = engine.run(Trail::default(), within(55)).await.unwrap();
    assert_eq!(done.visits.iter().collect::<Vec<_>>(), ["a", "slow", "b"]);

    let error = engine.run(Trail::default(), within(40)).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::StepTimeout);
    assert_eq!(
        error.to_string(),
        "node \"slow\" in superstep 1 took longer than 40ms, which is RunOptions::step_timeout"
    );
    assert_eq!(error.state().visits.iter().collect::<Vec<_>>(), ["a"], "what has ended stays");
}
