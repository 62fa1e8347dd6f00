//! Graphs as nodes of other graphs.

use moss_graph::checkpoint::CheckpointSource;
use moss_graph::json::{JsonFields, JsonState, Reducer, json_node};
use moss_graph::{
    Ending, Input, NodeContext, NodeError, START, StateGraph, StateGraphEngine, Subgraph,
    SubgraphMemory, UpdateAs,
};
use serde_json::{Value, json};

use super::fields::{Calls, input, log_of, logs, reopened, update};
use super::home::Home;
use super::reopened::DURABILITIES;

/// A graph around another, whose entries become its own; `after` comes behind it.
fn around(inner: StateGraph<JsonState>, memory: SubgraphMemory) -> StateGraph<JsonState> {
    let initial = JsonFields::new().field("inner", Reducer::Append).initial();
    let engine = StateGraphEngine::persistent(inner.compile().unwrap(), initial.clone());
    let subgraph = Subgraph::new(
        engine,
        initial,
        |_: &JsonState| update(json!({ "inner": ["begun"] })),
        |inner: &JsonState| update(json!({ "log": inner.get("inner") })),
    );
    let graph = StateGraph::new().node("sub", subgraph.memory(memory)).node("after", logs());
    graph.edge(START, "sub").edge("sub", "after")
}

fn remembering() -> StateGraph<JsonState> {
    let node = json_node(|state: Value, _| async move {
        let so_far = state["inner"].as_array().unwrap().len();
        Ok::<_, NodeError>(json!({ "inner": [format!("saw {so_far}")] }))
    });
    StateGraph::new().node("count", node).edge(START, "count")
}

pub async fn a_subgraph_remembers_per_thread(home: &Home) {
    for durability in DURABILITIES {
        let graph = || around(remembering(), SubgraphMemory::PerThread);
        let thread = reopened(home, "memory", graph);
        thread.run(input(), durability).await;
        let first = thread.state().await.checkpoint;
        let second = thread.run(input(), durability).await;
        let mut expected = vec!["in", "begun", "saw 1", "after"];
        expected.extend(["in", "begun", "saw 1", "begun", "saw 3", "after"]);
        assert_eq!(log_of(&second.state), expected, "{durability:?}");
        let inside = thread.step(async |thread| thread.subgraph_state("sub").await.unwrap()).await;
        assert_eq!(inside.values["inner"], json!(["begun", "saw 1", "begun", "saw 3"]));
        // Gone back to, it remembers what it knew then.
        let back = thread.run(input().at(first), durability).await;
        assert_eq!(log_of(&back.state), expected);
    }
}

/// `first` counts its calls, and `ask` asks behind it.
fn asking(calls: &Calls) -> StateGraph<JsonState> {
    let calls = calls.clone();
    let first = json_node(move |_, _| {
        let call = calls.one();
        async move { Ok::<_, NodeError>(json!({ "inner": [format!("first {call}")] })) }
    });
    let ask = json_node(|_, context: NodeContext| async move {
        let answer = context.interrupt("?")?;
        Ok::<_, NodeError>(json!({ "inner": [format!("answer {answer}")] }))
    });
    let graph = StateGraph::new().node("first", first).node("ask", ask);
    graph.edge(START, "first").edge("first", "ask")
}

pub async fn a_subgraph_asks_and_goes_on_where_it_was(home: &Home) {
    for memory in [SubgraphMemory::PerTask, SubgraphMemory::PerThread] {
        for durability in DURABILITIES {
            let calls = Calls::default();
            let thread = reopened(home, "inner-question", || around(asking(&calls), memory));
            let asked = thread.run(input(), durability).await;
            let [question] = asked.ending.interrupts() else { panic!("{asked:?}") };
            let inside = question.namespace.clone();
            let inside = thread.step(async |thread| thread.subgraph_state(inside).await.unwrap());
            assert_eq!(inside.await.values["inner"], json!(["begun", "first 1"]));
            let done = thread.run(Input::answer(42), durability).await;
            assert_eq!(done.ending, Ending::Done);
            let expected = ["in", "begun", "first 1", "answer 42", "after"];
            assert_eq!(log_of(&done.state), expected, "{memory:?} {durability:?}");
            assert_eq!(calls.count(), 1);
        }
    }
}

pub async fn a_subgraph_is_updated_while_it_asks(home: &Home) {
    for memory in [SubgraphMemory::PerTask, SubgraphMemory::PerThread] {
        for durability in DURABILITIES {
            let calls = Calls::default();
            let thread = reopened(home, "inner-update", || around(asking(&calls), memory));
            let asked = thread.run(input(), durability).await;
            let inside = asked.ending.interrupts()[0].namespace.clone();
            let mended = json!({ "inner": ["mended"] });
            let made = thread
                .step(async |thread| thread.update_subgraph(&*inside, mended, UpdateAs::Last).await)
                .await
                .unwrap();
            let state = thread.step(async |thread| thread.subgraph_state(&*inside).await).await;
            let state = state.unwrap();
            assert_eq!(state.checkpoint, made);
            assert_eq!(state.interrupts().collect::<Vec<_>>(), [&asked.ending.interrupts()[0]]);
            let done = thread.run(Input::answer(42), durability).await;
            let expected = ["in", "begun", "first 1", "mended", "answer 42", "after"];
            assert_eq!(log_of(&done.state), expected, "{memory:?} {durability:?}");
        }
    }
}

pub async fn what_a_subgraph_remembers_is_updated(home: &Home) {
    for durability in DURABILITIES {
        let graph = || around(remembering(), SubgraphMemory::PerThread);
        let thread = reopened(home, "memory-update", graph);
        thread.run(input(), durability).await;
        let told = json!({ "inner": ["told"] });
        let made = thread
            .step(async |thread| thread.update_subgraph("sub", told, UpdateAs::End).await)
            .await
            .unwrap();
        let state = thread.step(async |thread| thread.subgraph_state("sub").await.unwrap()).await;
        assert_eq!((state.checkpoint, state.source), (made, CheckpointSource::Update));
        let second = thread.run(input(), durability).await;
        let expected = ["begun", "saw 1", "told", "begun", "saw 4", "after"];
        assert_eq!(log_of(&second.state)[5..], expected, "{durability:?}");
    }
}
