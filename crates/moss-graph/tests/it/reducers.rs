//! How the writes of a superstep are put together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::{
    Command, CompiledGraph, END, GraphErrorCode, Log, NodeContext, NodeError, NodeOutput,
    NodeResult, ReduceError, RunFailure, START, State, StateGraph,
};
use proptest::prelude::*;

use crate::support::{Trail, chain, node, run, visitors};

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{0} is more than a balance may change")]
struct TooMuch(i64);

fn change(balance: &mut i64, by: i64) -> Result<(), TooMuch> {
    // Changed first and refused later: what is half done must not be seen.
    *balance += by;
    if by.abs() > 100 { Err(TooMuch(by)) } else { Ok(()) }
}

fn count(words: &mut BTreeMap<String, usize>, word: &str) {
    assert!(!word.is_empty(), "an empty word");
    *words.entry(word.to_owned()).or_default() += 1;
}

#[derive(Clone, Debug, Default, PartialEq, State)]
struct Ledger {
    #[state(append)]
    lines: Vec<String>,
    #[state(append)]
    log: Log<String>,
    #[state(reducer = change)]
    balance: i64,
    #[state(reducer = count, update = &'static str)]
    words: BTreeMap<String, usize>,
    #[state(reducer = |most: &mut u8, other| *most = (*most).max(other))]
    most: u8,
    last: Option<String>,
    r#type: u8,
}

fn ledger() -> Ledger {
    Ledger {
        lines: vec!["first".to_owned()],
        balance: 5,
        last: Some("old".to_owned()),
        ..Ledger::default()
    }
}

#[test]
fn every_field_is_reduced_in_its_own_way_and_in_the_order_given() {
    let mut state = ledger();
    let updates = vec![
        Ledger::update().lines(["a".to_owned()]).balance(1).words("x").most(7).last(None),
        Ledger::update().lines(["b".to_owned(), "c".to_owned()]).balance(2).words("x").most(3),
        Ledger::update().log(["d".to_owned()]).log(["e".to_owned()]).words("y").r#type(9),
        Ledger::update(),
    ];
    state.apply(updates).unwrap();
    assert_eq!(
        state,
        Ledger {
            lines: ["first", "a", "b", "c"].map(str::to_owned).into(),
            log: ["d", "e"].map(str::to_owned).into_iter().collect(),
            balance: 8,
            words: [("x".to_owned(), 2), ("y".to_owned(), 1)].into(),
            most: 7,
            last: None,
            r#type: 9,
        }
    );
}

#[test]
fn only_last_values_take_one_write_a_superstep() {
    let update =
        Ledger::update().lines([]).balance(1).words("x").most(1).last(None).r#type(1).log([]);
    let mut fields = Vec::new();
    ledger().visit_last_values(&update, &mut |field| fields.push(field));
    assert_eq!(fields, ["last", "type"]);
}

#[test]
fn a_refused_update_changes_nothing() {
    let refused = [
        (Ledger::update().balance(500), "balance", "500 is more than a balance may change"),
        (Ledger::update().words(""), "words", "panicked: an empty word"),
    ];
    for (update, field, cause) in refused {
        let mut state = ledger();
        let good = Ledger::update().lines(["a".to_owned()]).balance(1).words("x").r#type(1);
        let error = state.apply(vec![good.clone(), update, good]).unwrap_err();
        assert_eq!((error.field.as_str(), error.update), (field, 1));
        assert_eq!(
            chain(&error),
            format!("the reducer of the state field {field:?} refused an update\n{cause}")
        );
        assert_eq!(state, ledger());
    }
}

#[tokio::test]
async fn a_refused_update_fails_the_run_and_names_the_node() {
    let write = |by: i64| {
        move |_: Arc<Ledger>, _: NodeContext| async move {
            Ok(Ledger::update().balance(by)) as NodeResult<Ledger>
        }
    };
    let graph = || {
        StateGraph::new()
            .node("a", write(1))
            .node("b", write(500))
            .node("c", write(1))
            .edge(START, "a")
            .edge("a", "b")
            .edge("a", "c")
    };
    // With a router the update is tried twice: alone, and with those of its siblings.
    let routed = graph().conditional_edge("b", |_| END, [END]);
    let alone = StateGraph::new()
        .node("a", write(1))
        .node("b", write(500))
        .edge(START, "a")
        .edge("a", "b")
        .conditional_edge("b", |_| END, [END]);
    for graph in [graph(), routed, alone] {
        let error = run(graph.compile().unwrap()).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::ReducerFailed);
        assert_eq!(error.code().as_str(), "REDUCER_FAILED");
        assert_eq!(
            chain(&error),
            "the update of node \"b\" in superstep 2 does not fit the state\n\
             the reducer of the state field \"balance\" refused an update\n\
             500 is more than a balance may change"
        );
        assert_eq!(error.state().balance, 1);
    }
}

#[tokio::test]
async fn two_writers_of_a_last_value_in_one_superstep_are_an_error() {
    let write = || node(async |_, context| Ok(Trail::update().last(context.node().to_string())));
    let graph = visitors(["first", "harmless"])
        .node("b", write())
        .node("a", write())
        .edge(START, "first")
        .edge("first", "b")
        .edge("first", "harmless")
        .edge("first", "a");
    let error = run(graph.compile().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
    assert_eq!(error.code().as_str(), "INVALID_CONCURRENT_GRAPH_UPDATE");
    assert_eq!(
        error.to_string(),
        "the nodes \"a\" and \"b\" both wrote the state field \"last\" in superstep 2, and it takes one value a \
         superstep; give the field a reducer, or let one of the nodes run later"
    );
    let (failure, state) = error.into_parts();
    assert!(matches!(failure, RunFailure::ConcurrentUpdate { superstep: 2, .. }));
    assert_eq!(state.visits, ["1:first"]);
    assert_eq!(state.last, "");
}

#[tokio::test]
async fn a_last_value_may_be_written_again_in_a_later_superstep() {
    let write = || node(async |_, context| Ok(Trail::update().last(context.node().to_string())));
    let graph =
        StateGraph::new().node("a", write()).node("b", write()).edge(START, "b").edge("b", "a");
    assert_eq!(run(graph.compile().unwrap()).await.unwrap().last, "a");
}

/// Counts how often it is cloned.
#[derive(Debug, Default)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

#[derive(Clone, Debug, Default, State)]
struct Counting {
    counted: Counted,
    #[state(append)]
    steps: Vec<u64>,
}

async fn step(_: Arc<Counting>, context: NodeContext) -> NodeResult<Counting> {
    Ok(Counting::update().steps([context.superstep()]))
}

async fn clones_in(graph: CompiledGraph<Counting>) -> usize {
    run(graph).await.unwrap().counted.0.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_state_nobody_holds_is_changed_in_place() {
    let graph = StateGraph::new().node("a", step).node("b", step).node("c", step);
    let graph = graph.edge(START, "a").edge("a", "b").edge("a", "c");
    assert_eq!(clones_in(graph.compile().unwrap()).await, 0);
}

#[tokio::test]
async fn a_router_costs_one_clone_of_the_state() {
    let graph = StateGraph::new().node("a", step).node("b", step).edge(START, "a");
    let graph = graph.conditional_edge("a", |_| "b", ["b"]);
    assert_eq!(clones_in(graph.compile().unwrap()).await, 1);
}

/// A state whose fields are known only at run time.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fields(BTreeMap<String, i64>);

impl State for Fields {
    type Update = BTreeMap<String, i64>;

    fn visit_last_values<'u>(&self, update: &'u Self::Update, visit: &mut dyn FnMut(&'u str)) {
        update.keys().filter(|name| !name.starts_with("sum")).for_each(|name| visit(name));
    }

    fn apply(&mut self, updates: Vec<Self::Update>) -> Result<(), ReduceError> {
        for (name, value) in updates.into_iter().flatten() {
            let held = self.0.entry(name.clone()).or_default();
            *held = if name.starts_with("sum") { *held + value } else { value };
        }
        Ok(())
    }
}

impl NodeOutput<Fields> for BTreeMap<String, i64> {
    fn into_command(self) -> Result<Command<Fields>, NodeError> {
        Ok(Command::update(self))
    }
}

#[tokio::test]
async fn a_state_may_be_written_by_hand() {
    let write = |name: &'static str, value: i64| {
        move |_: Arc<Fields>, _: NodeContext| async move {
            Ok([(name.to_owned(), value)].into()) as NodeResult<Fields>
        }
    };
    let graph = |field| {
        let graph = StateGraph::new().node("a", write(field, 1)).node("b", write(field, 2));
        graph.edge(START, "a").edge(START, "b").compile().unwrap()
    };
    assert_eq!(run(graph("sum")).await.unwrap(), Fields([("sum".to_owned(), 3)].into()));
    let error = run(graph("x")).await.unwrap_err();
    assert_eq!(error.code(), GraphErrorCode::InvalidConcurrentGraphUpdate);
}

/// A state may have type parameters.
#[derive(Clone, Debug, Default, PartialEq, State)]
struct Generic<T: Clone + Send + Sync + 'static, U>
where
    U: Clone + Send + Sync + 'static,
{
    #[state(append)]
    items: Log<T>,
    value: Option<U>,
}

#[test]
fn a_state_may_be_generic() {
    let update = Generic::update().items([1, 2]).value(Some("x"));
    let state = Generic::from_update(update).unwrap();
    assert_eq!(state, Generic { items: Log::from(vec![1, 2]), value: Some("x") });
}

/// Nodes may share nothing but their order.
#[derive(Clone, Debug, Default, PartialEq, State)]
struct Nothing;

#[tokio::test]
async fn a_state_may_be_empty() {
    let nothing = |_: Arc<Nothing>, _: NodeContext| async { Ok(Nothing::update()) };
    let graph = StateGraph::new().node("a", nothing).edge(START, "a").compile().unwrap();
    assert_eq!(run(graph).await.unwrap(), Nothing);
}

proptest! {
    /// The updates of a superstep come to the same as the updates one by one.
    #[test]
    fn updates_together_are_updates_in_a_row(
        writes in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..4), -50..50i64, any::<u8>()), 0..20)
    ) {
        let updates: Vec<_> = writes
            .iter()
            .map(|(items, by, most)| {
                let lines: Vec<_> = items.iter().map(u8::to_string).collect();
                Ledger::update().lines(lines.clone()).log(lines).balance(*by).most(*most)
            })
            .collect();
        let mut together = ledger();
        together.apply(updates.clone()).unwrap();
        let mut in_a_row = ledger();
        for update in updates {
            in_a_row.apply(vec![update]).unwrap();
        }
        prop_assert_eq!(&together, &in_a_row);
        prop_assert_eq!(together.balance, 5 + writes.iter().map(|(_, by, _)| by).sum::<i64>());
        prop_assert_eq!(&together.lines[1..], together.log.iter().cloned().collect::<Vec<_>>());
    }
}
