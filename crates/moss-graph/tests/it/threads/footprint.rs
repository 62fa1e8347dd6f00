//! What a run takes that waits: its future is held as long as it does.

use moss_graph::json::{JsonState, json_node};
use moss_graph::{NodeError, RunOptions, START, StateGraph, StateGraphEngine};
use serde_json::json;

use super::support::{fields, start, thread_of};

/// Bytes. A run that waits is to take less than 32 KB with its state, its store and what JavaScript holds of it; futures
/// within futures add up unseen.
const MOST: usize = 4608;

fn one_node() -> StateGraph<JsonState> {
    let node = json_node(|_, _| async { Ok::<_, NodeError>(json!({ "log": ["a"] })) });
    StateGraph::new().node("a", node).edge(START, "a")
}

#[test]
fn the_future_of_a_run_is_small() {
    let engine = StateGraphEngine::new(one_node().compile().unwrap());
    let run = engine.run(fields().initial(), RunOptions::default());
    assert!(size_of_val(&run) < MOST, "{} bytes", size_of_val(&run));
}

#[test]
fn the_future_of_a_run_on_a_thread_is_small() {
    let thread = thread_of(one_node());
    let run = thread.run(start(), RunOptions::default());
    assert!(size_of_val(&run) < MOST, "{} bytes", size_of_val(&run));
}
