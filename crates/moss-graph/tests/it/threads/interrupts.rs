//! Runs that stop for an answer, and go on.

use std::sync::Arc;

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Answers, Ending, GraphErrorCode, Input, Interrupts, NodeError, RunOptions, START, StateGraph,
};
use serde_json::{Value, json};

use super::support::{Calls, DURABILITIES, log_of, start, thread_in, thread_of, with};

/// `ask` asks for a name, and writes it.
fn asking() -> StateGraph<JsonState> {
    StateGraph::new()
        .node(
            "ask",
            json_node(|_, context| async move {
                let name = context.interrupt(json!({ "question": "Who?" }))?;
                Ok::<_, NodeError>(json!({ "log": [format!("hello {}", name.as_str().unwrap())] }))
            }),
        )
        .edge(START, "ask")
}

#[tokio::test]
async fn a_run_stops_for_a_question_and_goes_on_with_the_answer() {
    for durability in DURABILITIES {
        let store: Arc<dyn CheckpointStore> = Arc::new(MemoryStore::new());
        let thread = thread_in(asking(), &store);
        let outcome = thread.run(start(), with(durability)).await.unwrap();
        let [interrupt] = outcome.ending.interrupts() else { panic!("{outcome:?}") };
        assert_eq!(interrupt.value, json!({ "question": "Who?" }));
        assert_eq!(interrupt.node, "ask");
        assert_eq!(log_of(&outcome.state), ["in"]);
        // Another process goes on with it.
        let thread = thread_in(asking(), &store);
        let snapshot = thread.state().await.unwrap().unwrap();
        assert_eq!(snapshot.next, ["ask"]);
        assert_eq!(snapshot.interrupts().collect::<Vec<_>>(), [interrupt]);
        let outcome = thread.run(Input::answer("Ada"), with(durability)).await.unwrap();
        assert_eq!(outcome.ending, Ending::Done);
        assert_eq!(log_of(&outcome.state), ["in", "hello Ada"]);
    }
}

#[tokio::test]
async fn null_and_false_are_answers() {
    let graph = || {
        let node = json_node(|_, context| async move {
            let answer = context.interrupt("?")?;
            Ok::<_, NodeError>(json!({ "last": { "answer": answer } }))
        });
        StateGraph::new().node("ask", node).edge(START, "ask")
    };
    for answer in [Value::Null, json!(false), json!(0), json!("")] {
        let thread = thread_of(graph());
        thread.run(start(), RunOptions::default()).await.unwrap();
        let outcome =
            thread.run(Input::answer(answer.clone()), RunOptions::default()).await.unwrap();
        assert_eq!(outcome.state.get("last"), Some(json!({ "answer": answer })));
    }
}

#[tokio::test]
async fn a_node_that_asks_twice_takes_the_answers_in_order() {
    let node = json_node(|_, context| async move {
        let first = context.interrupt("first?")?;
        let second = context.interrupt("second?")?;
        Ok::<_, NodeError>(json!({ "log": [first, second] }))
    });
    let thread = thread_of(StateGraph::new().node("ask", node).edge(START, "ask"));
    let first = thread.run(start(), RunOptions::default()).await.unwrap();
    let second = thread.run(Input::answer("1"), RunOptions::default()).await.unwrap();
    let ids = [&first, &second].map(|outcome| outcome.ending.interrupts()[0].id.clone());
    assert_ne!(ids[0], ids[1]);
    assert_eq!(second.ending.interrupts()[0].value, json!("second?"));
    let done = thread.run(Input::answer("2"), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "1", "2"]);
}

fn two_ask() -> StateGraph<JsonState> {
    let node = || {
        json_node(|_, context| async move {
            let schema = json!({ "type": "integer", "minimum": 1 });
            let answer = context.interrupt_for("how many?", schema)?;
            let line = format!("{} {answer}", context.node());
            Ok::<_, NodeError>(json!({ "log": [line] }))
        })
    };
    StateGraph::new().node("a", node()).node("b", node()).edge(START, "a").edge(START, "b")
}

#[tokio::test]
async fn several_questions_are_answered_by_id_at_once_or_one_by_one() {
    let thread = thread_of(two_ask());
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let ids: Vec<_> = asked.ending.interrupts().iter().map(|ask| ask.id.clone()).collect();
    assert_eq!(ids.len(), 2);
    let one = Answers::by_id([(ids[1].clone(), json!(2))]);
    let still = thread.run(Input::Resume(one), RunOptions::default()).await.unwrap();
    let open: Vec<_> = still.ending.interrupts().iter().map(|ask| ask.id.clone()).collect();
    assert_eq!(open, [ids[0].clone()]);
    // What b wrote is shown, and not committed.
    assert_eq!(log_of(&still.state), ["in", "b 2"]);
    assert_eq!(thread.state().await.unwrap().unwrap().next, ["a"]);
    let done = thread.run(Input::answer(1), RunOptions::default()).await.unwrap();
    assert_eq!(done.ending, Ending::Done);
    assert_eq!(log_of(&done.state), ["in", "a 1", "b 2"]);

    let thread = thread_of(two_ask());
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let both = asked.ending.interrupts().iter().map(|ask| (ask.id.clone(), json!(7)));
    let done = thread.run(Input::Resume(Answers::by_id(both)), RunOptions::default()).await;
    assert_eq!(log_of(&done.unwrap().state), ["in", "a 7", "b 7"]);
}

#[tokio::test]
async fn answers_that_fit_no_question_are_refused_and_change_nothing() {
    let thread = thread_of(two_ask());
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    let id = asked.ending.interrupts()[0].id.clone();
    let by_id = |id: &str, answer: Value| Input::Resume(Answers::by_id([(id.to_owned(), answer)]));
    for (input, code) in [
        (Input::answer(1), GraphErrorCode::AmbiguousAnswer),
        (by_id("nobody", json!(1)), GraphErrorCode::UnknownInterrupt),
        (by_id(&id, json!("many")), GraphErrorCode::InvalidAnswer),
        (by_id(&id, json!(0)), GraphErrorCode::InvalidAnswer),
        (Input::Resume(Answers::by_id([])), GraphErrorCode::EmptyInput),
    ] {
        let error = thread.run(input, RunOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(thread.state().await.unwrap().unwrap().interrupts().count(), 2);
    }
    let fresh = thread_of(asking());
    for input in [Input::answer(1), Input::Continue] {
        let error = fresh.run(input, RunOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::EmptyInput);
    }
}

#[tokio::test]
async fn a_question_without_a_thread_is_an_error() {
    let engine = moss_graph::StateGraphEngine::new(asking().compile().unwrap());
    let state = super::support::fields().initial();
    let error = engine.run(state, RunOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::NodeFailed);
    assert!(crate::support::chain(&error).contains("its run is on no thread"), "{error}");
}

#[tokio::test]
async fn a_node_that_swallows_a_question_stops_all_the_same() {
    let node = json_node(|_, context| async move {
        let answer = context.interrupt("?").unwrap_or(json!("lost"));
        Ok::<_, NodeError>(json!({ "log": [answer] }))
    });
    let thread = thread_of(StateGraph::new().node("ask", node).edge(START, "ask"));
    let asked = thread.run(start(), RunOptions::default()).await.unwrap();
    assert_eq!(asked.ending.interrupts().len(), 1);
    let done = thread.run(Input::answer("found"), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "found"]);
}

#[tokio::test]
async fn siblings_of_a_task_that_asks_are_through_and_do_not_run_again() {
    let calls = Calls::default();
    let counted = calls.clone();
    let graph = asking()
        .node(
            "beside",
            json_node(move |_, _| {
                counted.one();
                async { Ok::<_, NodeError>(json!({ "log": ["beside"] })) }
            }),
        )
        .edge(START, "beside");
    let thread = thread_of(graph);
    thread.run(start(), RunOptions::default()).await.unwrap();
    let done = thread.run(Input::answer("Ada"), RunOptions::default()).await.unwrap();
    assert_eq!(log_of(&done.state), ["in", "hello Ada", "beside"]);
    assert_eq!(calls.count(), 1);
}

fn chain_of(names: [&'static str; 3]) -> StateGraph<JsonState> {
    let node = |name: &'static str| {
        json_node(move |_, _| async move { Ok::<_, NodeError>(json!({ "log": [name] })) })
    };
    names
        .iter()
        .fold(StateGraph::new(), |graph, name| graph.node(*name, node(name)))
        .edge(START, names[0])
        .sequence(names)
}

#[tokio::test]
async fn a_graph_stops_before_and_after_nodes_and_goes_on() {
    for durability in DURABILITIES {
        let graph = chain_of(["a", "b", "c"]).interrupt_before(["b"]).interrupt_after(["b"]);
        let thread = thread_of(graph);
        let outcome = thread.run(start(), with(durability)).await.unwrap();
        assert_eq!(outcome.ending, Ending::StoppedBefore(vec!["b".try_into().unwrap()]));
        assert_eq!(log_of(&outcome.state), ["in", "a"]);
        let outcome = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(outcome.ending, Ending::StoppedAfter(vec!["b".try_into().unwrap()]));
        assert_eq!(thread.state().await.unwrap().unwrap().next, ["c"]);
        let outcome = thread.run(Input::Continue, with(durability)).await.unwrap();
        assert_eq!(outcome.ending, Ending::Done);
        assert_eq!(log_of(&outcome.state), ["in", "a", "b", "c"]);
    }
}

#[tokio::test]
async fn a_run_may_be_told_to_stop_everywhere() {
    let thread = thread_of(chain_of(["a", "b", "c"]));
    let options = || RunOptions { interrupt_before: Interrupts::All, ..RunOptions::default() };
    let mut stops = Vec::new();
    let mut input = start();
    loop {
        let outcome = thread.run(input, options()).await.unwrap();
        match outcome.ending {
            Ending::StoppedBefore(nodes) => stops.extend(nodes),
            Ending::Done => break,
            ending => panic!("{ending:?}"),
        }
        input = Input::Continue;
    }
    assert_eq!(stops, ["a", "b", "c"]);
}
