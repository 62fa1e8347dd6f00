//! Reducers that take time.

use std::sync::Arc;

use futures::FutureExt;
use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, json_node, overwrite};
use moss_graph::{
    Answers, CancellationToken, Command, Durability, END, Ending, Execution, GraphErrorCode,
    HistoryFilter, Input, NodeContext, NodeError, RunFailure, RunOptions, START, State, StateGraph,
    StateGraphEngine, Subgraph, SubgraphMemory, Thread, UpdateAs,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::chain;
use crate::threads::support::{Calls, DURABILITIES, input, with};

/// A reducer that joins texts, a while after it was called.
fn joining(calls: &Calls) -> Reducer {
    let calls = calls.clone();
    Reducer::later(move |held: Option<Arc<Value>>, writes: Vec<Value>| {
        calls.one();
        async move {
            tokio::task::yield_now().await;
            let texts = held.iter().map(|held| &**held).chain(&writes);
            let texts = texts.map(|text| text.as_str().ok_or("only texts are joined"));
            Ok::<_, &str>(json!(texts.collect::<Result<Vec<_>, _>>()?.join("+")))
        }
    })
}

fn fields(calls: &Calls) -> JsonFields {
    JsonFields::new().field("text", joining(calls)).field("last", Reducer::LastValue)
}

fn writes(written: Value) -> impl moss_graph::Node<JsonState> {
    json_node(move |_, _| {
        let written = written.clone();
        async move { Ok::<_, NodeError>(written) }
    })
}

/// `a` and `b` write at once, and then `c`.
fn graph() -> StateGraph<JsonState> {
    StateGraph::new()
        .node("a", writes(json!([{ "text": "a1" }, { "text": "a2" }])))
        .node("b", writes(json!({ "text": "b" })))
        .node("c", writes(json!({ "text": "c" })))
        .edge(START, "a")
        .edge(START, "b")
        .join(["a", "b"], "c")
}

fn engine(graph: StateGraph<JsonState>) -> StateGraphEngine<JsonState> {
    StateGraphEngine::new(graph.compile().unwrap())
}

fn text(state: &JsonState) -> Value {
    state.get("text").unwrap_or_default()
}

fn thread_in(
    graph: StateGraph<JsonState>,
    calls: &Calls,
    store: &Arc<dyn CheckpointStore>,
) -> Thread<JsonState> {
    let engine = StateGraphEngine::persistent(graph.compile().unwrap(), fields(calls).initial());
    engine.with_store(Arc::clone(store)).thread("t").unwrap()
}

fn store() -> Arc<dyn CheckpointStore> {
    Arc::new(MemoryStore::new())
}

fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

#[tokio::test]
async fn a_superstep_is_reduced_at_once_and_waited_for() {
    for execution in [Execution::Supersteps, Execution::Dataflow] {
        let calls = Calls::default();
        let state = fields(&calls).state_later(json!({ "text": "in" })).await.unwrap();
        let graph = graph().execution(execution);
        let state = engine(graph).run(state, RunOptions::default()).await.unwrap();
        assert_eq!(text(&state), json!("in+a1+a2+b+c"));
        let supersteps = match execution {
            Execution::Supersteps => 2,
            // Each task is one.
            Execution::Dataflow => 3,
        };
        assert_eq!(calls.count(), 1 + supersteps);
    }
}

#[tokio::test]
async fn a_default_is_there_and_an_overwrite_needs_no_reducer() {
    let calls = Calls::default();
    let fields = JsonFields::new().field_with_default("text", joining(&calls), "default");
    assert_eq!(fields.initial().get("text"), Some(json!("default")));
    let state = fields.state_later(json!({ "text": "in" })).await.unwrap();
    assert_eq!((text(&state), calls.count()), (json!("default+in"), 1));
    // Nothing is waited for: so it is done where nothing waits, too.
    let overwritten = fields.state(json!({ "text": overwrite(json!("new")) })).unwrap();
    assert_eq!((text(&overwritten), calls.count()), (json!("new"), 1));
    let graph = StateGraph::new()
        .node("a", writes(json!([{ "text": "lost" }, { "text": overwrite(json!("new")) }])))
        .edge(START, "a");
    let state = engine(graph).run(state, RunOptions::default()).await.unwrap();
    assert_eq!((text(&state), calls.count()), (json!("new"), 1));
}

#[test]
fn where_nothing_waits_it_is_told_what_does() {
    let calls = Calls::default();
    let error = fields(&calls).state(json!({ "text": "in" })).unwrap_err();
    assert_eq!(
        chain(&error),
        "the reducer of the state field \"text\" refused an update\n\
         it takes time, and nothing waits for it here. Use `JsonFields::state_later` in place of `state`, and \
         `State::apply_later` in place of `apply`"
    );
    assert!(fields(&calls).state(json!({ "last": 1 })).is_ok());
    assert_eq!(calls.count(), 0);
}

#[tokio::test]
async fn reducers_of_several_fields_run_side_by_side() {
    let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    // Each lets the other go on.
    let reducer = |own: &Arc<Notify>, other: &Arc<Notify>| {
        let (own, other) = (Arc::clone(own), Arc::clone(other));
        Reducer::later(move |_, writes: Vec<Value>| {
            let (own, other) = (Arc::clone(&own), Arc::clone(&other));
            async move {
                other.notify_one();
                own.notified().await;
                Ok::<_, String>(json!(writes))
            }
        })
    };
    let fields = JsonFields::new()
        .field("x", reducer(&first, &second))
        .field("y", reducer(&second, &first))
        .field("z", Reducer::Append);
    let state = fields.state_later(json!({ "x": 1, "y": 2, "z": 3 })).await.unwrap();
    assert_eq!(state.to_value(), json!({ "x": [1], "y": [2], "z": [3] }));
}

#[tokio::test]
async fn a_reducer_that_fails_or_panics_is_named_and_nothing_is_applied() {
    let late = Reducer::later(|_, _| async { panic!("out of luck") as Result<Value, String> });
    let early = Reducer::later(|_, _| -> futures::future::Ready<Result<Value, String>> {
        panic!("out of luck at once")
    });
    for (reducer, text) in [
        (joining(&Calls::default()), "only texts are joined"),
        (late, "panicked: out of luck"),
        (early, "panicked: out of luck at once"),
    ] {
        let fields = JsonFields::new().field("log", Reducer::Append).field("text", reducer);
        let graph = StateGraph::new()
            .node("a", writes(json!({ "log": "a" })))
            .node("b", writes(json!({ "text": 7 })))
            .edge(START, "a")
            .edge(START, "b");
        let before = fields.initial();
        let error = engine(graph).run(before.clone(), RunOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::ReducerFailed);
        assert_eq!(
            chain(&error),
            format!(
                "the update of node \"b\" in superstep 1 does not fit the state\n\
                 the reducer of the state field \"text\" refused an update\n{text}"
            )
        );
        assert_eq!(**error.state(), before);
    }
}

#[tokio::test]
async fn a_conflict_is_told_before_any_reducer_is_asked() {
    let calls = Calls::default();
    let graph = StateGraph::new()
        .node("a", writes(json!({ "text": "a", "last": 1 })))
        .node("b", writes(json!({ "last": 2 })))
        .edge(START, "a")
        .edge(START, "b");
    let error =
        engine(graph).run(fields(&calls).initial(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
    assert_eq!(calls.count(), 0);
}

#[tokio::test]
async fn a_router_sees_what_its_node_wrote() {
    let calls = Calls::default();
    let graph = StateGraph::new()
        .node("a", writes(json!({ "text": "a" })))
        .node("b", writes(json!({ "text": "b" })))
        .edge(START, "a")
        .conditional_edge(
            "a",
            |state: &JsonState| if text(state) == "in+a" { "b" } else { END },
            ["b", END],
        );
    let state = fields(&calls).state_later(json!({ "text": "in" })).await.unwrap();
    let state = engine(graph).run(state, RunOptions::default()).await.unwrap();
    assert_eq!(text(&state), json!("in+a+b"));
    // What the router saw is what is committed.
    assert_eq!(calls.count(), 3);
}

/// Tells when it is called, and when it is dropped; in between it waits for ever.
fn endless(called: &Arc<Notify>, dropped: &Arc<Notify>) -> Reducer {
    struct Guard(Arc<Notify>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (called, dropped) = (Arc::clone(called), Arc::clone(dropped));
    Reducer::later(move |_, _| {
        called.notify_one();
        let guard = Guard(Arc::clone(&dropped));
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok::<_, String>(Value::Null)
        }
    })
}

#[tokio::test]
async fn a_reducer_is_dropped_with_a_run_that_is_cancelled() {
    for execution in [Execution::Supersteps, Execution::Dataflow] {
        let (called, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let fields = JsonFields::new().field("text", endless(&called, &dropped));
        let graph = StateGraph::new().node("a", writes(json!({ "text": "a" }))).edge(START, "a");
        let engine = engine(graph.execution(execution));
        let cancellation = CancellationToken::new();
        let options = RunOptions { cancellation: cancellation.clone(), ..RunOptions::default() };
        let before = fields.initial();
        let (result, ()) = tokio::join!(engine.run(before.clone(), options), async {
            called.notified().await;
            cancellation.cancel();
        });
        let error = result.unwrap_err();
        assert!(matches!(error.failure(), RunFailure::Cancelled { superstep: 1 }), "{error:?}");
        assert_eq!(**error.state(), before);
        assert!(dropped.notified().now_or_never().is_some());
    }
}

#[tokio::test]
async fn an_input_that_takes_time_is_cancelled_too() {
    let (called, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let fields = JsonFields::new().field("text", endless(&called, &dropped));
    let graph = StateGraph::new().node("a", writes(Value::Null)).edge(START, "a");
    let engine = StateGraphEngine::persistent(graph.compile().unwrap(), fields.initial());
    let thread = engine.with_store(store()).thread("t").unwrap();
    let cancellation = CancellationToken::new();
    let options = RunOptions { cancellation: cancellation.clone(), ..RunOptions::default() };
    let (result, ()) = tokio::join!(thread.run(input(json!({ "text": "in" })), options), async {
        called.notified().await;
        cancellation.cancel();
    });
    assert_eq!(result.unwrap_err().code(), GraphErrorCode::Cancelled);
    assert!(dropped.notified().now_or_never().is_some());
    assert!(thread.state().await.unwrap().is_none());
}

/// `a` writes, and `ask` writes what it is answered.
fn asking() -> StateGraph<JsonState> {
    let ask = json_node(|_, context: NodeContext| async move {
        let answer = context.interrupt("?")?;
        Ok::<_, NodeError>(json!({ "text": answer }))
    });
    StateGraph::new()
        .node("a", writes(json!({ "text": "a" })))
        .node("ask", ask)
        .edge(START, "a")
        .edge(START, "ask")
}

#[tokio::test]
async fn a_thread_stops_and_goes_on_with_what_was_written() {
    for durability in DURABILITIES {
        let (calls, store) = (Calls::default(), store());
        let thread = thread_in(asking(), &calls, &store);
        let asked = thread.run(input(json!({ "text": "in" })), with(durability)).await.unwrap();
        assert_eq!(asked.ending.interrupts().len(), 1);
        // What a wrote is shown, and not committed. It is stored as it was written.
        assert_eq!(text(&asked.state), json!("in+a"));
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(text(&snapshot.values), json!("in+a"));
        let results: Vec<_> =
            snapshot.tasks.iter().filter_map(|task| task.result.clone()).collect();
        assert_eq!(results, [[json!({ "text": "a" })]]);

        let thread = thread_in(asking(), &calls, &store);
        // An update comes along with the answer.
        let command = Command::update(update(json!({ "text": "said" })));
        let input = Input::Command { command, answers: Some(Answers::one("b")) };
        let done = thread.run(input, with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(text(&done.state), json!("in+said+a+b"));
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(text(&snapshot.values), json!("in+said+a+b"));
    }
}

#[tokio::test]
async fn what_came_from_outside_is_reduced_by_whoever_goes_on() {
    let (calls, store) = (Calls::default(), store());
    let two = || {
        asking()
            .node(
                "ask2",
                json_node(|_, context: NodeContext| async move {
                    let answer = context.interrupt("2?")?;
                    Ok::<_, NodeError>(json!({ "text": answer }))
                }),
            )
            .edge(START, "ask2")
    };
    let thread = thread_in(two(), &calls, &store);
    thread.run(input(json!({ "text": "in" })), RunOptions::default()).await.unwrap();
    let command = Command::update(update(json!({ "text": "said" })));
    let said = Input::Command { command, answers: None };
    let asked = thread.run(said, RunOptions::default()).await.unwrap();
    let ids: Vec<_> = asked.ending.interrupts().iter().map(|ask| ask.id.clone()).collect();
    assert_eq!(text(&thread.state().await.unwrap().unwrap().values), json!("in+said+a"));
    let answers = Answers::by_id(ids.into_iter().map(|id| (id, json!("yes"))));
    let thread = thread_in(two(), &calls, &store);
    let done = thread.run(Input::Resume(answers), RunOptions::default()).await.unwrap();
    assert_eq!(text(&done.state), json!("in+said+a+yes+yes"));
}

#[tokio::test]
async fn the_history_of_a_thread_and_its_updates_are_reduced_as_its_runs_are() {
    let (calls, store) = (Calls::default(), store());
    let thread = thread_in(graph(), &calls, &store);
    let sync = || with(Durability::Sync);
    thread.run(input(json!({ "text": "in" })), sync()).await.unwrap();
    thread.update(update(json!({ "text": "x" })), UpdateAs::Last).await.unwrap();
    thread.update(update(json!({ "text": "end" })), UpdateAs::End).await.unwrap();
    thread.run(input(json!({ "text": "again" })), sync()).await.unwrap();
    let history = thread.history(HistoryFilter::default()).await.unwrap();
    let mut texts: Vec<_> = history.iter().map(|snapshot| text(&snapshot.values)).collect();
    texts.reverse();
    let ran = "in+a1+a2+b+c";
    assert_eq!(
        texts,
        [
            "in".to_owned(),
            "in+a1+a2+b".to_owned(),
            ran.to_owned(),
            format!("{ran}+x"),
            format!("{ran}+x+end"),
            format!("{ran}+x+end+again"),
            format!("{ran}+x+end+again+a1+a2+b"),
            format!("{ran}+x+end+again+a1+a2+b+c"),
        ]
    );
    let refused = thread.update(update(json!({ "text": 1 })), UpdateAs::End).await.unwrap_err();
    assert_eq!(refused.code(), GraphErrorCode::ReducerFailed);
    assert_eq!(thread.history(HistoryFilter::default()).await.unwrap().len(), 8);
}

#[tokio::test]
async fn an_update_of_a_stopped_thread_takes_in_what_its_tasks_have_finished() {
    let (calls, store) = (Calls::default(), store());
    let thread = thread_in(asking(), &calls, &store);
    thread.run(input(json!({ "text": "in" })), RunOptions::default()).await.unwrap();
    thread.update(update(json!({ "text": "x" })), "ask").await.unwrap();
    assert_eq!(text(&thread.state().await.unwrap().unwrap().values), json!("in+a+x"));
}

#[tokio::test]
async fn a_subgraph_waits_for_its_reducers_too() {
    for memory in [SubgraphMemory::PerTask, SubgraphMemory::PerThread, SubgraphMemory::None] {
        let (calls, store) = (Calls::default(), store());
        let around = || {
            let initial = fields(&calls).initial();
            let inner = StateGraphEngine::persistent(graph().compile().unwrap(), initial.clone());
            let text = |name: &'static str| {
                move |state: &JsonState| {
                    update(json!({ "text": format!("{name}({})", text(state).as_str().unwrap()) }))
                }
            };
            let sub = Subgraph::new(inner, initial, text("down"), text("up")).memory(memory);
            StateGraph::new().node("sub", sub).edge(START, "sub")
        };
        let thread = thread_in(around(), &calls, &store);
        let done = thread.run(input(json!({ "text": "in" })), RunOptions::default()).await.unwrap();
        assert_eq!(text(&done.state), json!("in+up(down(in)+a1+a2+b+c)"), "{memory:?}");
    }
}

#[test]
fn a_state_without_such_fields_waits_for_nothing() {
    let fields = JsonFields::new().field("log", Reducer::Append);
    let state = fields.state_later(json!({ "log": 1 })).now_or_never().unwrap().unwrap();
    assert_eq!(state.get("log"), Some(json!([1])));
    let applying = state.apply_later(vec![update(json!({ "log": 2 }))]);
    assert!(matches!(applying, moss_graph::Applying::AtOnce(updates) if updates.len() == 1));
}
