//! The states of subgraphs, looked at and updated from outside.

use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointSource, CheckpointStore, LeaseRequest, MemoryStore};
use moss_graph::json::{JsonFields, JsonState, Reducer, json_node};
use moss_graph::{
    BusyThread, Durability, Ending, GraphErrorCode, Input, NodeContext, NodeError, RunFailure,
    RunOptions, START, StateGraph, StateGraphEngine, Subgraph, SubgraphMemory, Thread, UpdateAs,
};
use serde_json::{Value, json};

use super::support::{Calls, DURABILITIES, log_of, start, thread_in, thread_of, with};
use crate::subgraphs::{around, asking, counting, inner_fields, subgraph, update};

/// The namespace of the first task that comes next.
async fn inside(thread: &Thread<JsonState>) -> String {
    thread.state().await.unwrap().unwrap().tasks[0].namespace.to_string()
}

#[tokio::test]
async fn a_subgraph_that_asks_is_shown_whole() {
    let thread = thread_of(around(asking(&Calls::default())));
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let namespace = inside(&thread).await;
    let state = thread.subgraph_state(&*namespace).await.unwrap();
    assert_eq!(*state.values, json!({ "inner": ["begun", "first"], "topic": null }));
    assert_eq!((state.next.as_slice(), state.superstep), (&["ask".to_owned()][..], 1));
    assert_eq!(state.source, CheckpointSource::Loop);
    assert_eq!(
        state.interrupts().collect::<Vec<_>>(),
        asked.ending.interrupts().iter().collect::<Vec<_>>()
    );
    assert_eq!(state.tasks[0].namespace.as_str(), state.tasks[0].interrupts[0].id);

    let outer = thread.state().await.unwrap().unwrap();
    assert_eq!(outer.tasks[0].state, None);
    let outer = thread.with_subgraphs(outer).await.unwrap();
    assert_eq!(outer.tasks[0].state.as_deref(), Some(&state));
}

#[tokio::test]
async fn a_subgraph_that_asks_is_updated_and_sees_it_with_the_answer() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let thread = thread_in(around(asking(&calls)), &store);
        thread.run(start(), with(durability)).await.unwrap();
        let namespace = inside(&thread).await;
        let before = thread.subgraph_state(&*namespace).await.unwrap();
        let made = thread
            .update_subgraph(&*namespace, json!({ "inner": ["mended"] }), UpdateAs::Last)
            .await
            .unwrap();

        let after = thread.subgraph_state(&*namespace).await.unwrap();
        assert_eq!((after.checkpoint, after.parent), (made, Some(before.checkpoint)));
        assert_eq!(after.source, CheckpointSource::Update);
        assert_eq!(after.values["inner"], json!(["begun", "first", "mended"]));
        assert_eq!(after.next, ["ask"]);
        // It is the same question, here and in the graph around.
        assert_eq!(after.tasks[0].interrupts, before.tasks[0].interrupts);
        let older = thread.subgraph_state_at(&*namespace, before.checkpoint).await.unwrap();
        assert_eq!(older.unwrap().values, before.values);
        let outer = thread.state().await.unwrap().unwrap();
        assert_eq!(outer.tasks[0].interrupts, before.tasks[0].interrupts);

        let thread = thread_in(around(asking(&calls)), &store);
        let done = thread.run(Input::answer(42), with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(
            log_of(&done.state),
            ["in", "begun", "first", "mended", "answer 42", "after"],
            "{durability:?}"
        );
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test]
async fn a_subgraph_is_updated_as_one_of_its_nodes_or_ended() {
    for (node, expected) in [
        (UpdateAs::Node("ask".to_owned()), vec!["in", "begun", "first", "said", "after"]),
        (UpdateAs::End, vec!["in", "begun", "first", "said", "after"]),
    ] {
        let thread = thread_of(around(asking(&Calls::default())));
        thread.run(start(), RunOptions::default()).await.unwrap();
        let namespace = inside(&thread).await;
        thread.update_subgraph(&*namespace, json!({ "inner": ["said"] }), node).await.unwrap();
        let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
        assert_eq!(log_of(&done.state), expected);
    }
}

#[tokio::test]
async fn a_subgraph_that_begins_anew_by_an_update_asks_anew() {
    let calls = Calls::default();
    let thread = thread_of(around(asking(&calls)));
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let namespace = inside(&thread).await;
    let update = json!({ "inner": ["anew"] });
    thread.update_subgraph(&*namespace, update, UpdateAs::Input).await.unwrap();
    let again = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_ne!(again.ending.interrupts()[0].id, asked.ending.interrupts()[0].id);
    let done = thread.run(Input::answer(1), RunOptions::default()).await.unwrap();
    let log = ["in", "begun", "first", "anew", "first", "answer 1", "after"];
    assert_eq!(log_of(&done.state), log);
    assert_eq!(calls.count(), 2);
}

#[tokio::test]
async fn what_a_subgraph_remembers_is_updated_between_its_runs() {
    for durability in DURABILITIES {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let thread = thread_in(counting(SubgraphMemory::PerThread), &store);
        thread.run(start(), with(durability)).await.unwrap();
        let first = thread.state().await.unwrap().unwrap().checkpoint;
        for word in ["one", "two"] {
            let update = json!({ "inner": [word] });
            thread.update_subgraph("sub", update, UpdateAs::End).await.unwrap();
        }
        let state = thread.subgraph_state("sub").await.unwrap();
        assert_eq!(state.values["inner"], json!(["begun", "saw 1", "one", "two"]));

        let thread = thread_in(counting(SubgraphMemory::PerThread), &store);
        let outcome = thread.run(start(), with(durability)).await.unwrap();
        let all = ["begun", "saw 1", "one", "two", "begun", "saw 5"];
        assert_eq!(log_of(&outcome.state)[4..], all, "{durability:?}");
        // Gone back to, it remembers what it knew at the checkpoint itself.
        let back = thread.run(start().at(first), with(durability)).await.unwrap();
        assert_eq!(log_of(&back.state)[4..], ["begun", "saw 1", "begun", "saw 3"]);
    }
}

#[tokio::test]
async fn an_update_of_the_graph_around_keeps_that_of_the_subgraph() {
    let thread = thread_of(counting(SubgraphMemory::PerThread));
    thread.run(start(), RunOptions::default()).await.unwrap();
    thread.update_subgraph("sub", json!({ "inner": ["one"] }), UpdateAs::End).await.unwrap();
    thread.update(update(json!({ "log": ["outer"] })), UpdateAs::End).await.unwrap();
    let outcome = thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state)[5..], ["begun", "saw 1", "one", "begun", "saw 4"]);
}

#[tokio::test]
async fn a_subgraph_with_a_memory_that_asks_is_updated_and_sees_it_with_the_answer() {
    let remembering = || {
        let sub = subgraph(asking(&Calls::default())).memory(SubgraphMemory::PerThread);
        StateGraph::new().node("sub", sub).edge(START, "sub")
    };
    let thread = thread_of(remembering());
    thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(inside(&thread).await, "sub");
    let update = json!({ "inner": ["mended"] });
    thread.update_subgraph("sub", update, UpdateAs::Last).await.unwrap();
    let done = thread.run(Input::answer(1), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "begun", "first", "mended", "answer 1"]);
}

/// `mid` around `deep`, in the graph itself, each remembering as it is told.
pub(super) fn nested(
    deep: StateGraph<JsonState>,
    memory: [SubgraphMemory; 2],
) -> StateGraph<JsonState> {
    let pass = |inner: &JsonState| update(json!({ "inner": inner.get("inner") }));
    let initial = inner_fields().initial();
    let engine = StateGraphEngine::persistent(deep.compile().unwrap(), initial.clone());
    let begun = |_: &JsonState| update(json!({ "inner": ["deep"] }));
    let deep = Subgraph::new(engine, initial, begun, pass).memory(memory[1]);
    let mid = StateGraph::new().node("deep", deep).edge(START, "deep");
    let mid = subgraph(mid).memory(memory[0]);
    StateGraph::new().node("mid", mid).edge(START, "mid")
}

const MEMORIES: [SubgraphMemory; 2] = [SubgraphMemory::PerTask, SubgraphMemory::PerThread];

#[tokio::test]
async fn subgraphs_of_subgraphs_are_updated_while_they_ask() {
    for memory in MEMORIES.into_iter().flat_map(|mid| MEMORIES.map(|deep| [mid, deep])) {
        let calls = Calls::default();
        let thread = thread_of(nested(asking(&calls), memory));
        let asked = thread.run(start(), RunOptions::default()).await.unwrap();
        let deep = asked.ending.interrupts()[0].namespace.clone();
        let mid = inside(&thread).await;
        assert!(deep.starts_with(&format!("{mid}|deep")), "{deep}");
        let say = |word: &str| json!({ "inner": [word] });
        thread.update_subgraph(&*deep, say("one"), UpdateAs::Last).await.unwrap();
        // The graph between goes on with the node it stands at.
        thread.update_subgraph(&*mid, say("two"), UpdateAs::Input).await.unwrap();
        let shown = thread.state().await.unwrap().unwrap();
        let shown = thread.with_subgraphs(shown).await.unwrap();
        let middle = shown.tasks[0].state.as_deref().unwrap();
        assert_eq!(middle.values["inner"], json!(["begun", "two"]));
        let deepest = middle.tasks[0].state.as_deref().unwrap();
        assert_eq!(deepest.values["inner"], json!(["deep", "first", "one"]), "{memory:?}");
        assert_eq!(deepest.interrupts().collect::<Vec<_>>().len(), 1);

        let done = thread.run(Input::answer(7), RunOptions::default()).await.unwrap();
        let log = ["in", "begun", "two", "deep", "first", "one", "answer 7"];
        assert_eq!(log_of(&done.state), log, "{memory:?}");
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test]
async fn what_subgraphs_of_subgraphs_remember_is_updated_at_any_checkpoint() {
    let deep = || {
        let node = json_node(|state: Value, _| async move {
            let so_far = state["inner"].as_array().unwrap().len();
            Ok::<_, NodeError>(json!({ "inner": [format!("saw {so_far}")] }))
        });
        nested(
            StateGraph::new().node("count", node).edge(START, "count"),
            [SubgraphMemory::PerThread; 2],
        )
    };
    let thread = thread_of(deep());
    thread.run(start(), RunOptions::default()).await.unwrap();
    let first = thread.state().await.unwrap().unwrap().checkpoint;
    thread.run(start(), RunOptions::default()).await.unwrap();
    // Back to the first turn: the graphs inside stand at older checkpoints than their newest.
    thread.fork(first).await.unwrap();
    let state = thread.subgraph_state("mid|deep").await.unwrap();
    assert_eq!(state.values["inner"], json!(["deep", "saw 1"]));
    let update = json!({ "inner": ["told"] });
    thread.update_subgraph("mid|deep", update, UpdateAs::End).await.unwrap();
    let state = thread.subgraph_state("mid|deep").await.unwrap();
    assert_eq!(state.values["inner"], json!(["deep", "saw 1", "told"]));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let state = thread.subgraph_state("mid|deep").await.unwrap();
    assert_eq!(state.values["inner"], json!(["deep", "saw 1", "told", "deep", "saw 4"]));
}

#[tokio::test]
async fn an_update_goes_through_the_reducers_of_the_subgraph() {
    let doubling = Reducer::later(|held, writes| async move {
        tokio::task::yield_now().await;
        let sum: i64 = writes.iter().filter_map(Value::as_i64).sum();
        Ok::<_, String>(json!(held.and_then(|held| held.as_i64()).unwrap_or(0) + 2 * sum))
    });
    let initial = JsonFields::new().field("sum", doubling).initial();
    let ask = json_node(|state: Value, context: NodeContext| async move {
        let answer = context.interrupt("?")?.as_i64().unwrap();
        Ok::<_, NodeError>(json!({ "sum": answer + state["sum"].as_i64().unwrap() }))
    });
    let inner = StateGraph::new().node("ask", ask).edge(START, "ask").compile().unwrap();
    let sub = Subgraph::new(
        StateGraphEngine::persistent(inner, initial.clone()),
        initial,
        |_: &JsonState| update(json!({ "sum": 1 })),
        |inner: &JsonState| update(json!({ "count": inner.get("sum") })),
    );
    let thread = thread_of(StateGraph::new().node("sub", sub).edge(START, "sub"));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let namespace = inside(&thread).await;
    thread.update_subgraph(&*namespace, json!({ "sum": 10 }), UpdateAs::Input).await.unwrap();
    let state = thread.subgraph_state(&*namespace).await.unwrap();
    assert_eq!(*state.values, json!({ "sum": 22 }));
    let refused = thread.update_subgraph(&*namespace, json!({ "sun": 1 }), UpdateAs::Input).await;
    assert_eq!(refused.unwrap_err().code(), GraphErrorCode::StateFailed);
    let done = thread.run(Input::answer(100), RunOptions::default()).await.unwrap();
    assert_eq!(done.state.get("count"), Some(json!(22 + 2 * 122)));
}

#[tokio::test]
async fn an_effect_before_a_question_does_not_happen_again_behind_an_update() {
    let calls = Calls::default();
    let counted = calls.clone();
    let ask = json_node(move |_, context: NodeContext| {
        let counted = counted.clone();
        async move {
            let pay = async { Ok::<_, NodeError>(counted.one()) };
            let paid: usize = context.effect("pay", pay).await?;
            let answer = context.interrupt("sure?")?;
            Ok::<_, NodeError>(json!({ "inner": [format!("paid {paid}, {answer}")] }))
        }
    });
    let thread = thread_of(around(StateGraph::new().node("ask", ask).edge(START, "ask")));
    thread.run(start(), RunOptions::default()).await.unwrap();
    let namespace = inside(&thread).await;
    let update = json!({ "inner": ["told"] });
    thread.update_subgraph(&*namespace, update, UpdateAs::Input).await.unwrap();
    let done = thread.run(Input::answer(true), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "begun", "told", "paid 0, true", "after"]);
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn a_namespace_that_leads_nowhere_is_told_with_those_there_are() {
    let thread = thread_of(around(asking(&Calls::default())));
    let say = || json!({ "inner": ["x"] });
    let error = thread.update_subgraph("sub", say(), UpdateAs::Last).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::UnknownNamespace);
    assert!(error.to_string().ends_with("it goes on with none"), "{error}");

    thread.run(start(), RunOptions::default()).await.unwrap();
    let known = inside(&thread).await;
    for wrong in ["sub", "sub:0", "after", "nobody", &format!("{known}|ask")] {
        let looked = thread.subgraph_state(wrong).await.unwrap_err();
        let updated = thread.update_subgraph(wrong, say(), UpdateAs::Last).await.unwrap_err();
        for error in [looked, updated] {
            let RunFailure::UnknownNamespace { namespace, known: told } = &error else {
                panic!("{error:?}")
            };
            assert_eq!(namespace.as_str(), wrong);
            assert_eq!(told.iter().map(|one| one.as_str()).collect::<Vec<_>>(), [&*known]);
            assert!(error.to_string().contains(&known), "{error}");
        }
    }
    // Nobody would see an update of a subgraph that is through; looked at it can still be.
    thread.run(Input::answer(1), with(Durability::Sync)).await.unwrap();
    let error = thread.update_subgraph(&*known, say(), UpdateAs::Last).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::UnknownNamespace);
    let state = thread.subgraph_state(&*known).await.unwrap();
    assert_eq!(state.values["inner"], json!(["begun", "first", "answer 1"]));
}

#[tokio::test]
async fn a_subgraph_is_not_updated_while_a_run_is_under_way() {
    let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
    let thread = thread_in(counting(SubgraphMemory::PerThread), &store);
    thread.run(start(), RunOptions::default()).await.unwrap();
    let ttl = std::time::Duration::from_secs(60);
    let lease = store.acquire(&LeaseRequest::new("t".into(), "another", ttl)).await.unwrap();
    let update = || thread.update_subgraph("sub", json!({ "inner": ["x"] }), UpdateAs::End);
    assert_eq!(update().await.unwrap_err().code(), GraphErrorCode::ThreadBusy);
    store.release(&lease).await.unwrap();
    update().await.unwrap();
}

/// Killed between two of its nodes, a subgraph that remembers goes on behind the first, as one does that does not.
#[tokio::test]
async fn a_subgraph_with_a_memory_goes_on_where_it_was_cut_off() {
    for memory in MEMORIES {
        let (first, reached) = (Calls::default(), Arc::new(tokio::sync::Notify::new()));
        let (counted, tell) = (first.clone(), Arc::clone(&reached));
        let one = json_node(move |_, _| {
            let call = counted.one();
            async move { Ok::<_, NodeError>(json!({ "inner": [format!("first {call}")] })) }
        });
        let hangs = Calls::default();
        let two = json_node(move |_, _| {
            let (tell, hangs) = (Arc::clone(&tell), hangs.one() == 1);
            async move {
                if hangs {
                    tell.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok::<_, NodeError>(json!({ "inner": ["second"] }))
            }
        });
        let inner = StateGraph::new()
            .node("one", one)
            .node("two", two)
            .edge(START, "one")
            .edge("one", "two");
        let sub = subgraph(inner).memory(memory);
        let thread = thread_of(StateGraph::new().node("sub", sub).edge(START, "sub"));
        thread.run(start(), with(Durability::Sync)).await.unwrap();
        tokio::select! {
            _ = thread.run(start(), with(Durability::Sync)) => panic!("it hangs"),
            () = reached.notified() => {}
        }
        let options = RunOptions { busy: BusyThread::Interrupt, ..RunOptions::default() };
        let done = thread.run(Input::Continue, options).await.unwrap();
        assert_eq!(first.count(), 2, "{memory:?}: what was through is not run again");
        assert_eq!(log_of(&done.state).last().unwrap(), "second");
        let steps = log_of(&done.state).iter().filter(|step| *step == "first 1").count();
        assert_eq!(steps, 1);
    }
}
