//! Graphs as nodes of other graphs.

use std::sync::Arc;

use futures::StreamExt;
use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, json_node};
use moss_graph::{
    Answers, Command, Ending, GraphErrorCode, Input, NodeContext, NodeError, NodeOptions,
    RunOptions, START, StateGraph, StateGraphEngine, StreamMode, StreamOptions, Subgraph,
    SubgraphMemory,
};
use serde_json::{Value, json};

use crate::support::chain;
use crate::threads::support::{
    Calls, DURABILITIES, fields, log_of, start, thread_in, thread_of, with,
};

pub(crate) fn inner_fields() -> JsonFields {
    JsonFields::new().field("inner", Reducer::Append).field("topic", Reducer::LastValue)
}

pub(crate) fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

/// A subgraph whose last `inner` entries become the outer log's.
pub(crate) fn subgraph(inner: StateGraph<JsonState>) -> Subgraph<JsonState, JsonState> {
    let initial = inner_fields().initial();
    let engine = StateGraphEngine::persistent(inner.compile().unwrap(), initial.clone());
    Subgraph::new(
        engine,
        initial,
        |outer: &JsonState| {
            let topic = outer.sent().cloned().or_else(|| outer.get("last"));
            update(json!({ "topic": topic, "inner": ["begun"] }))
        },
        |inner: &JsonState| update(json!({ "log": inner.get("inner") })),
    )
}

/// `first` counts its calls, `ask` asks.
pub(crate) fn asking(calls: &Calls) -> StateGraph<JsonState> {
    let calls = calls.clone();
    let first = json_node(move |_, _| {
        calls.one();
        async { Ok::<_, NodeError>(json!({ "inner": ["first"] })) }
    });
    let ask = json_node(|_, context: NodeContext| async move {
        let answer = context.interrupt(json!({ "from": context.namespace().as_str() }))?;
        Ok::<_, NodeError>(json!({ "inner": [format!("answer {answer}")] }))
    });
    StateGraph::new()
        .node("first", first)
        .node("ask", ask)
        .edge(START, "first")
        .edge("first", "ask")
}

pub(crate) fn around(inner: StateGraph<JsonState>) -> StateGraph<JsonState> {
    let after = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "log": ["after"] })) });
    StateGraph::new()
        .node("sub", subgraph(inner))
        .node("after", after)
        .edge(START, "sub")
        .edge("sub", "after")
}

#[tokio::test]
async fn a_subgraph_stops_for_a_question_and_goes_on_where_it_was() {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let thread = thread_in(around(asking(&calls)), &store);
        let asked = thread.run(start(), with(durability)).await.unwrap();
        let [interrupt] = asked.ending.interrupts() else { panic!("{asked:?}") };
        assert_eq!(interrupt.node, "ask");
        assert!(interrupt.namespace.starts_with("sub:"), "{interrupt:?}");
        assert_eq!(interrupt.value["from"], json!(interrupt.namespace));
        // Its own state can be looked at.
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(snapshot.tasks[0].interrupts, asked.ending.interrupts());
        let inside = thread.subgraph_state(snapshot.tasks[0].namespace.clone()).await.unwrap();
        assert_eq!(inside.values["inner"], json!(["begun", "first"]));

        let thread = thread_in(around(asking(&calls)), &store);
        let done = thread.run(Input::answer(42), with(durability)).await.unwrap();
        assert_eq!(done.ending, Ending::Done);
        assert_eq!(log_of(&done.state), ["in", "begun", "first", "answer 42", "after"]);
        assert_eq!(calls.count(), 1, "{durability:?}: what was through is not run again");
    }
}

#[tokio::test]
async fn subgraphs_of_sent_tasks_ask_each_for_itself() {
    let calls = Calls::default();
    let graph =
        StateGraph::<JsonState>::new().node("sub", subgraph(asking(&calls))).conditional_edge(
            START,
            |state: &JsonState| {
                use moss_graph::SendTo;
                [1, 2, 3].map(|topic| SendTo::new("sub", state.argument(topic)))
            },
            ["sub"],
        );
    let thread = thread_of(graph);
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let asks = asked.ending.interrupts();
    assert_eq!(asks.len(), 3);
    let answers = asks.iter().zip(["a", "b"]).map(|(ask, answer)| (ask.id.clone(), json!(answer)));
    let asked =
        thread.run(Input::Resume(Answers::by_id(answers)), RunOptions::default()).await.unwrap();
    assert_eq!(asked.ending.interrupts(), &asks[2..]);
    let done = thread.run(Input::answer("c"), RunOptions::default()).await.unwrap();
    assert_eq!(
        log_of(&done.state),
        [
            "in",
            "begun",
            "first",
            "answer \"a\"",
            "begun",
            "first",
            "answer \"b\"",
            "begun",
            "first",
            "answer \"c\""
        ]
    );
    assert_eq!(calls.count(), 3);
}

pub(crate) fn counting(memory: SubgraphMemory) -> StateGraph<JsonState> {
    let node = json_node(|state: Value, _| async move {
        let so_far = state["inner"].as_array().unwrap().len();
        Ok::<_, NodeError>(json!({ "inner": [format!("saw {so_far}")] }))
    });
    let inner = StateGraph::new().node("count", node).edge(START, "count");
    StateGraph::new().node("sub", subgraph(inner).memory(memory)).edge(START, "sub")
}

#[tokio::test]
async fn a_subgraph_remembers_per_task_per_thread_or_nothing() {
    for (memory, second) in [
        (SubgraphMemory::PerTask, vec!["begun", "saw 1"]),
        (SubgraphMemory::PerThread, vec!["begun", "saw 1", "begun", "saw 3"]),
        (SubgraphMemory::None, vec!["begun", "saw 1"]),
    ] {
        let thread = thread_of(counting(memory));
        thread.run(start(), RunOptions::default()).await.unwrap();
        let first = thread.state().await.unwrap().unwrap().checkpoint;
        let outcome = thread.run(start(), RunOptions::default()).await.unwrap();
        let mut expected = vec!["in", "begun", "saw 1", "in"];
        expected.extend(second);
        assert_eq!(log_of(&outcome.state), expected, "{memory:?}");
        let remembered = thread.subgraph_state("sub").await;
        assert_eq!(remembered.is_ok(), memory == SubgraphMemory::PerThread);
        // Gone back to, it remembers what it knew then.
        let outcome = thread.run(start().at(first), RunOptions::default()).await.unwrap();
        assert_eq!(log_of(&outcome.state), expected, "{memory:?}");
    }
}

#[tokio::test]
async fn a_subgraph_that_fails_names_the_way_to_what_failed() {
    let inner = StateGraph::<JsonState>::new()
        .node("bad", json_node(|_, _| async { Err::<Value, _>(NodeError::from("no answer")) }))
        .edge(START, "bad");
    let error = thread_of(around(inner)).run(start(), RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::NodeFailed);
    assert_eq!(
        chain(&error),
        "node \"sub\" failed in superstep 1\nthe subgraph failed\nnode \"bad\" failed in superstep 1\nno answer"
    );
}

#[tokio::test]
async fn a_subgraph_that_failed_goes_on_where_it_was() {
    let (first, second) = (Calls::default(), Calls::default());
    let (one, two) = (first.clone(), second.clone());
    let inner = StateGraph::<JsonState>::new()
        .node(
            "first",
            json_node(move |_, _| {
                one.one();
                async { Ok::<_, NodeError>(json!({ "inner": ["first"] })) }
            }),
        )
        .node(
            "second",
            json_node(move |_, _| {
                let fails = two.one() == 0;
                async move {
                    if fails {
                        Err("not yet")?;
                    }
                    Ok::<_, NodeError>(json!({ "inner": ["second"] }))
                }
            }),
        )
        .edge(START, "first")
        .edge("first", "second");
    for durability in DURABILITIES {
        let thread = thread_of(around(
            StateGraph::new()
                .node("x", json_node(|_, _| async { Ok::<_, NodeError>(Value::Null) }))
                .edge(START, "x"),
        ));
        thread.run(start(), with(durability)).await.unwrap();
    }
    let thread = thread_of(around(inner));
    thread.run(start(), RunOptions::default()).await.unwrap_err();
    let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "begun", "first", "second", "after"]);
    assert_eq!((first.count(), second.count()), (1, 2));
}

#[tokio::test]
async fn a_command_for_the_graph_around_ends_the_subgraph() {
    let leave = json_node(|_, _| async {
        let command: Command<JsonState> =
            Command::update(update(json!({ "log": ["from within"] }))).goto("other");
        Ok::<Command<JsonState>, NodeError>(Command::to_parent(command))
    });
    let never = json_node(|_, _| async { Err::<Value, _>(NodeError::from("never")) });
    let inner = StateGraph::new()
        .node("leave", leave)
        .node("never", never)
        .edge(START, "leave")
        .edge("leave", "never");
    let other = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "log": ["other"] })) });
    let graph = StateGraph::new()
        .node_with("sub", subgraph(inner), NodeOptions::new().ends(["other"]))
        .node("other", other)
        .edge(START, "sub");
    let outcome = thread_of(graph).run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&outcome.state), ["in", "from within", "other"]);
}

#[tokio::test]
async fn a_subgraph_stops_before_and_after_nodes_and_goes_on_with_an_answer_or_without() {
    let step = |name: &'static str| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "inner": [name] })) })
    };
    let inner = StateGraph::new()
        .node("a", step("a"))
        .node("b", step("b"))
        .node("c", step("c"))
        .edge(START, "a")
        .sequence(["a", "b", "c"])
        .interrupt_before(["b"])
        .interrupt_after(["b"]);
    let thread = thread_of(around(inner));
    let stopped = thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(
        stopped.ending.interrupts()[0].value,
        json!({ "stopped": "before", "nodes": ["b"] })
    );
    let stopped = thread.run(Input::answer("go on"), RunOptions::default()).await.unwrap();
    assert_eq!(stopped.ending.interrupts()[0].value, json!({ "stopped": "after", "nodes": ["b"] }));
    let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "begun", "a", "b", "c", "after"]);
}

#[tokio::test]
async fn a_drain_reaches_into_subgraphs() {
    let options = RunOptions::default();
    let drain = options.drain.clone();
    let calls = Calls::default();
    let counted = calls.clone();
    let stop = json_node(move |_, _| {
        counted.one();
        drain.request();
        async { Ok::<_, NodeError>(json!({ "inner": ["stop"] })) }
    });
    let rest = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "inner": ["rest"] })) });
    let inner = StateGraph::new()
        .node("stop", stop)
        .node("rest", rest)
        .edge(START, "stop")
        .edge("stop", "rest");
    let thread = thread_of(around(inner));
    let outcome = thread.run(start(), options).await.unwrap();
    assert_eq!(outcome.ending, Ending::Drained);
    let done = thread.run(Input::Continue, RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "begun", "stop", "rest", "after"]);
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn subgraphs_are_told_of_under_their_namespaces_if_they_are_asked_for() {
    let inner = StateGraph::new()
        .node(
            "in",
            json_node(|_, context: NodeContext| async move {
                context.write("within").await;
                Ok::<_, NodeError>(json!({ "inner": ["in"] }))
            }),
        )
        .edge(START, "in");
    let modes = [StreamMode::Updates, StreamMode::Custom];
    let told = async |options: StreamOptions, inner: StateGraph<JsonState>| {
        let stream = thread_of(around(inner)).stream(start(), RunOptions::default(), options);
        let events: Vec<_> = stream.collect().await;
        assert!(events.iter().zip(1..).all(|(event, number)| event.seq == number));
        events
            .into_iter()
            .map(|event| {
                let node = event.namespace.as_str().split(':').next().unwrap().to_owned();
                (node, event.payload.to_json())
            })
            .collect::<Vec<_>>()
    };
    let after = ("".to_owned(), json!({ "after": { "log": ["after"] } }));
    let sub = ("".to_owned(), json!({ "sub": { "log": ["begun", "in"] } }));
    assert_eq!(
        told(StreamOptions::of(modes).with_subgraphs(), inner).await,
        [
            ("sub".to_owned(), json!("within")),
            ("sub".to_owned(), json!({ "in": { "inner": ["in"] } })),
            sub.clone(),
            after.clone(),
        ]
    );
    let quiet = StateGraph::new()
        .node("in", json_node(|_, _| async { Ok::<_, NodeError>(json!({ "inner": ["in"] })) }))
        .edge(START, "in");
    assert_eq!(told(StreamOptions::of(modes), quiet).await, [sub, after]);
}

#[tokio::test]
async fn a_subgraph_needs_no_thread() {
    let node = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "inner": ["in"] })) });
    let graph = around(StateGraph::new().node("in", node).edge(START, "in")).compile().unwrap();
    let state = StateGraphEngine::new(graph).run(fields().initial(), RunOptions::default()).await;
    assert_eq!(log_of(&state.unwrap()), ["begun", "in", "after"]);
}

#[tokio::test]
async fn what_nodes_inside_write_is_told_without_the_graphs_inside() {
    let writes = json_node(|_, context: NodeContext| async move {
        context.write("inside").await;
        context.write_message("token", serde_json::Map::new()).await;
        Ok::<_, NodeError>(json!({ "inner": ["x"] }))
    });
    let thread = thread_of(around(StateGraph::new().node("x", writes).edge(START, "x")));
    let modes = [StreamMode::Custom, StreamMode::Messages, StreamMode::Updates];
    let stream = thread.stream(start(), RunOptions::default(), StreamOptions::of(modes));
    let told: Vec<_> = stream.map(|event| event.payload.mode()).collect().await;
    assert_eq!(told, [modes[0], modes[1], modes[2], modes[2]]);
}
