//! Graphs on threads, and what tests ask of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::checkpoint::{CheckpointStore, MemoryStore};
use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer};
use moss_graph::{
    CompiledGraph, Durability, Input, RunOptions, StateGraph, StateGraphEngine, Thread,
};
use serde_json::{Value, json};

/// Fields of every kind that the tests use.
pub(crate) fn fields() -> JsonFields {
    JsonFields::new()
        .field("log", Reducer::Append)
        .field("last", Reducer::LastValue)
        .field_with_default("count", Reducer::Add, 0)
}

pub(crate) fn input(value: Value) -> Input<JsonState> {
    Input::Update(JsonUpdate::from_json(value).unwrap())
}

pub(crate) fn start() -> Input<JsonState> {
    input(json!({ "log": ["in"] }))
}

pub(crate) fn engine_on(
    graph: CompiledGraph<JsonState>,
    store: Arc<dyn CheckpointStore>,
) -> StateGraphEngine<JsonState> {
    StateGraphEngine::persistent(graph, fields().initial()).with_store(store)
}

/// The thread `t` of a graph, in a store of its own.
pub(crate) fn thread_of(graph: StateGraph<JsonState>) -> Thread<JsonState> {
    thread_in(graph, &(Arc::new(MemoryStore::new()) as Arc<dyn CheckpointStore>))
}

/// The thread `t` of a graph, in a store: another process would see the same.
pub(crate) fn thread_in(
    graph: StateGraph<JsonState>,
    store: &Arc<dyn CheckpointStore>,
) -> Thread<JsonState> {
    engine_on(graph.compile().unwrap(), Arc::clone(store)).thread("t").unwrap()
}

pub(crate) fn with(durability: Durability) -> RunOptions {
    RunOptions { durability, ..RunOptions::default() }
}

pub(crate) const DURABILITIES: [Durability; 3] =
    [Durability::Sync, Durability::Async, Durability::Exit];

/// Counts calls.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// Counts one, and gives how many there were before.
    pub(crate) fn one(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// The members of a state's log.
pub(crate) fn log_of(state: &JsonState) -> Vec<String> {
    let log = state.log("log").unwrap();
    log.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}
