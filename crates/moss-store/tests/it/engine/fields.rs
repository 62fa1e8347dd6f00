//! Fields of JSON states, and what tests write to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::json::{JsonFields, JsonState, JsonUpdate, Reducer, json_node};
use moss_graph::{Input, Node, NodeError, StateGraph};
use serde_json::{Value, json};

use super::home::Home;
use super::reopened::Reopened;

pub fn fields() -> JsonFields {
    JsonFields::new()
        .field("log", Reducer::Append)
        .field("last", Reducer::LastValue)
        .field_with_default("count", Reducer::Add, 0)
}

/// A thread of a graph over these fields.
pub fn reopened<'h>(
    home: &'h Home,
    name: &str,
    graph: impl Fn() -> StateGraph<JsonState> + 'h,
) -> Reopened<'h, JsonState> {
    Reopened::new(home, name, fields().initial(), graph)
}

pub fn update(value: Value) -> JsonUpdate {
    JsonUpdate::from_json(value).unwrap()
}

pub fn input() -> Input<JsonState> {
    Input::Update(update(json!({ "log": ["in"] })))
}

/// The items of a state's log.
pub fn log_of(state: &JsonState) -> Vec<String> {
    let log = state.log("log").unwrap();
    log.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// A node that logs its own name and counts that.
pub fn logs() -> impl Node<JsonState> {
    json_node(|_, context| async move {
        Ok::<_, NodeError>(json!({ "log": [context.node().as_str()], "count": 1 }))
    })
}

/// Counts calls.
#[derive(Clone, Default)]
pub struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// Counts one, and gives how many there are now.
    pub fn one(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
