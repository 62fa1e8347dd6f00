//! What is stored when.

use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointSource, CheckpointStore, MemoryStore};
use moss_graph::json::{JsonState, JsonUpdate, json_node};
use moss_graph::{
    Command, Durability, Ending, GraphErrorCode, HistoryFilter, Input, Node, NodeContext,
    NodeError, NodeFailure, NodeOptions, RunOptions, START, StateGraph,
};
use serde_json::{Value, json};

use super::support::{Calls, DURABILITIES, log_of, start, thread_in, thread_of, with};

fn steps(names: &'static [&'static str]) -> StateGraph<JsonState> {
    names
        .iter()
        .fold(StateGraph::new(), |graph, name| {
            let node = json_node(move |_, _| async move {
                Ok::<_, NodeError>(json!({ "log": [name], "count": 1 }))
            });
            graph.node(*name, node)
        })
        .edge(START, names[0])
        .sequence(names.iter().copied())
}

#[tokio::test]
async fn every_superstep_is_a_checkpoint_unless_only_the_end_is_stored() {
    for (durability, numbers) in [
        (Durability::Sync, vec![3, 2, 1, -1]),
        (Durability::Async, vec![3, 2, 1, -1]),
        (Durability::Exit, vec![3]),
    ] {
        let thread = thread_of(steps(&["a", "b", "c"]));
        thread.run(start(), with(durability)).await.unwrap();
        let history = thread.history(HistoryFilter::default()).await.unwrap();
        let supersteps: Vec<_> = history.iter().map(|snapshot| snapshot.superstep).collect();
        assert_eq!(supersteps, numbers, "{durability:?}");
        for pair in history.windows(2) {
            assert_eq!(pair[0].parent, Some(pair[1].checkpoint));
        }
        assert_eq!(history[0].values.get("count"), Some(json!(3)));
        assert_eq!(log_of(&history[0].values), ["in", "a", "b", "c"]);
    }
}

#[tokio::test]
async fn a_second_turn_goes_on_from_the_state_of_the_first() {
    for durability in DURABILITIES {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        for turn in 1..=3 {
            let thread = thread_in(steps(&["a", "b"]), &store);
            let outcome = thread.run(start(), with(durability)).await.unwrap();
            assert_eq!(outcome.state.get("count"), Some(json!(2 * turn)));
            assert_eq!(log_of(&outcome.state).len(), 3 * turn);
        }
        let thread = thread_in(steps(&["a", "b"]), &store);
        let inputs =
            HistoryFilter { source: Some(CheckpointSource::Input), ..HistoryFilter::default() };
        let inputs = thread.history(inputs).await.unwrap();
        let supersteps: Vec<_> = inputs.iter().map(|snapshot| snapshot.superstep).collect();
        // As LangGraph counts: the last superstep of a turn, and then the next input.
        let expected = if durability == Durability::Exit { vec![] } else { vec![7, 3, -1] };
        assert_eq!(supersteps, expected);
    }
}

/// Fails until it has been called so often.
fn flaky(calls: &Calls, failures: usize) -> impl Node<JsonState> + use<> {
    let calls = calls.clone();
    json_node(move |_, _| {
        let calls = calls.clone();
        async move {
            if calls.one() < failures {
                Err("not yet")?;
            }
            Ok::<_, NodeError>(json!({ "log": ["flaky"] }))
        }
    })
}

#[tokio::test]
async fn sibling_results_are_kept_when_one_task_fails() {
    for durability in DURABILITIES {
        let (fails, fine) = (Calls::default(), Calls::default());
        let counted = fine.clone();
        let graph = StateGraph::new()
            .node(
                "a",
                json_node(move |_, _| {
                    counted.one();
                    async { Ok::<_, NodeError>(json!({ "log": ["fine"] })) }
                }),
            )
            .node("b", flaky(&fails, 2))
            .edge(START, "a")
            .edge(START, "b");
        let thread = thread_of(graph);
        let error = thread.run(start(), with(durability)).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::NodeFailed);
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(snapshot.next, ["b"], "{durability:?}");
        assert_eq!(log_of(&snapshot.values), ["in", "fine"]);
        let failed = snapshot.tasks.iter().find(|task| task.node == "b").unwrap();
        assert_eq!(failed.error.as_deref(), Some("not yet"));
        thread.run(Input::Continue, with(durability)).await.unwrap_err();
        let outcome = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(outcome.ending, Ending::Done);
        assert_eq!(log_of(&outcome.state), ["in", "fine", "flaky"]);
        assert_eq!((fine.count(), fails.count()), (1, 3));
    }
}

#[tokio::test]
async fn where_a_handler_led_is_kept_when_a_sibling_fails() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let counted = calls.clone();
        let says = |text: &'static str| {
            json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [text] })) })
        };
        let fails = json_node(|_, _| async { Err::<Value, _>(NodeError::from("declined")) });
        let second_time = json_node(move |_, _| {
            let call = counted.one();
            async move {
                // Behind the other, which is through by then.
                tokio::task::yield_now().await;
                if call == 0 { Err("not yet".into()) } else { Ok(json!({ "log": ["b"] })) }
            }
        });
        let handler = |_: Arc<JsonState>, _: Arc<NodeFailure>, _: NodeContext| async {
            let update = JsonUpdate::from_json(json!({ "log": ["handled"] }))?;
            Ok::<_, NodeError>(Command::update(update).goto("refund"))
        };
        let graph = StateGraph::new()
            .node_with("a", fails, NodeOptions::new().ends(["refund"]).on_error(handler))
            .node("b", second_time)
            .node("ship", says("ship"))
            .node("refund", says("refund"))
            .edge(START, "a")
            .edge(START, "b")
            .edge("a", "ship");
        let thread = thread_of(graph);
        thread.run(start(), with(durability)).await.unwrap_err();
        let done = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(log_of(&done.state), ["in", "handled", "b", "refund"]);
        assert_eq!(calls.count(), 2);
    }
}

#[tokio::test]
async fn a_conflicting_update_leaves_the_thread_readable_and_mendable() {
    let write = |value: i64| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "last": value })) })
    };
    let after = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "log": ["after"] })) });
    let graph = StateGraph::new()
        .node("a", write(1))
        .node("b", write(2))
        .node("after", after)
        .edge(START, "a")
        .edge(START, "b")
        .edge("a", "after");
    let thread = thread_of(graph);
    let error = thread.run(start(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
    // It fails again in the same way, without running the nodes again.
    let error = thread.run(Input::Continue, RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
    // It can be read …
    let snapshot = thread.state().await.unwrap().unwrap();
    assert_eq!(log_of(&snapshot.values), ["in"]);
    assert_eq!(
        snapshot.conflict.as_deref(),
        Some("the tasks 1:a and 1:b both wrote the state field \"last\"")
    );
    // … and mended.
    let update = moss_graph::json::JsonUpdate::from_json(json!({ "last": 3 })).unwrap();
    thread.update(update, "a").await.unwrap();
    let outcome = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(outcome.state.get("last"), Some(json!(3)));
    assert_eq!(log_of(&outcome.state), ["in", "after"]);
    assert_eq!(thread.state().await.unwrap().unwrap().conflict, None);
}

#[tokio::test]
async fn a_cancelled_run_goes_on_where_it_was() {
    for durability in DURABILITIES {
        let options = with(durability);
        let cancel = options.cancellation.clone();
        let calls = Calls::default();
        let counted = calls.clone();
        let slow = json_node(move |_, _| {
            let (first, cancel) = (counted.one() == 0, cancel.clone());
            async move {
                if first {
                    cancel.cancel();
                    std::future::pending::<()>().await;
                }
                Ok::<_, NodeError>(json!({ "log": ["slow"] }))
            }
        });
        let graph = steps(&["a", "b"]).node("slow", slow).edge("b", "slow");
        let thread = thread_of(graph);
        let error = thread.run(start(), options).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::Cancelled);
        assert_eq!(log_of(error.state()), ["in", "a", "b"]);
        assert_eq!(thread.state().await.unwrap().unwrap().next, ["slow"], "{durability:?}");
        let outcome = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(log_of(&outcome.state), ["in", "a", "b", "slow"]);
    }
}

#[tokio::test]
async fn a_run_is_drained_at_the_end_of_a_superstep() {
    let options = RunOptions::default();
    let drain = options.drain.clone();
    let stop = json_node(move |_, context| {
        drain.request();
        async move { Ok::<_, NodeError>(json!({ "log": [format!("{}", context.is_draining())] })) }
    });
    let graph = steps(&["a", "b"]).node("stop", stop).edge("b", "stop").edge("stop", "a");
    let thread = thread_of(graph);
    let outcome = thread.run(start(), options).await.unwrap();
    assert_eq!(outcome.ending, Ending::Drained);
    assert_eq!(log_of(&outcome.state), ["in", "a", "b", "true"]);
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["a"]);
}

#[tokio::test]
async fn a_checkpoint_names_the_run_and_what_was_noted_on_it() {
    let thread = thread_of(steps(&["a"]));
    let options = RunOptions {
        run_id: Some(moss_graph::RunId::new("r1").unwrap()),
        metadata: [("user".to_owned(), json!("ada"))].into_iter().collect(),
        ..RunOptions::default()
    };
    thread.run(start(), options).await.unwrap();
    thread.run(start(), RunOptions::default()).await.unwrap();
    let filter = HistoryFilter {
        metadata: [("user".to_owned(), json!("ada"))].into_iter().collect(),
        ..HistoryFilter::default()
    };
    let history = thread.history(filter).await.unwrap();
    assert_eq!(history.len(), 2);
    assert!(history.iter().all(|one| one.run.as_ref().unwrap().as_str() == "r1"));
}

#[tokio::test]
async fn a_graph_that_changed_under_its_thread_is_told_and_mended() {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let thread = thread_in(steps(&["a", "b"]).interrupt_before(["b"]), &store);
    thread.run(start(), RunOptions::default()).await.unwrap();
    let thread = thread_in(steps(&["a", "c"]), &store);
    let error = thread.run(Input::Continue, RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::GraphChanged);
    assert!(
        error.to_string().starts_with("the thread stands at \"b\", which the graph does not have")
    );
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["b"]);
    let update = moss_graph::json::JsonUpdate::from_json(json!({ "log": ["mended"] })).unwrap();
    thread.update(update, "a").await.unwrap();
    let outcome = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state), ["in", "a", "mended", "c"]);
}
