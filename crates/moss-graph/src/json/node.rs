//! Nodes made of callbacks from JSON to JSON.

use std::sync::Arc;

use serde_json::Value;

use super::definition::TimeoutDefinition;
use super::{JsonState, JsonUpdate, JsonValue};
use crate::node::{Command, Goto, NodeOutput, SendTo};
use crate::state::persist::{StateError, object};
use crate::{Node, NodeContext, NodeError, NodeFuture, Route};

/// A node made of a callback: see [`json_node`].
pub struct JsonNode<F> {
    run: F,
    /// The fields the callback sees; all where it is not said.
    view: Option<Vec<String>>,
}

/// A node made of a callback that sees the state as a JSON object (or what was sent to the task), and gives back an
/// object of the fields it writes, null, a [`Command`], or a list of those.
///
/// It sees a copy, which for a long log costs what the log is long, and what it hands on of it is copied too. A node
/// that is an async function over `Arc<JsonState>` sees the state itself, and shares what it hands on
/// ([`JsonUpdate::with`], [`JsonState::shared`]).
pub fn json_node<F, R, T>(run: F) -> JsonNode<F>
where
    F: Fn(Value, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, NodeError>> + Send + 'static,
    T: NodeOutput<JsonState>,
{
    JsonNode { run, view: None }
}

/// A node as [`json_node`] makes, that sees only some of the fields: LangGraph's private input schema of a node.
pub fn json_node_on<F, R, T>(
    fields: impl IntoIterator<Item = impl Into<String>>,
    run: F,
) -> JsonNode<F>
where
    F: Fn(Value, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, NodeError>> + Send + 'static,
    T: NodeOutput<JsonState>,
{
    JsonNode { run, view: Some(fields.into_iter().map(Into::into).collect()) }
}

impl<F, R, T> Node<JsonState> for JsonNode<F>
where
    F: Fn(Value, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, NodeError>> + Send + 'static,
    T: NodeOutput<JsonState>,
{
    fn run(&self, state: Arc<JsonState>, context: NodeContext) -> NodeFuture<'_, JsonState> {
        let seen = match (&self.view, state.sent()) {
            (Some(names), None) => state.view(names),
            (None | Some(_), _) => state.to_value(),
        };
        let run = (self.run)(seen, context);
        Box::pin(async move { run.await?.into_command() })
    }
}

/// A command from its JSON form: `{"update": {…}, "goto": name | {"node", "args"} | list, "graph": "__parent__"}`, as
/// callbacks in other languages and clients over HTTP give it. `state` is any state of the graph, or of the graph
/// around it for a command to the parent.
///
/// # Errors
/// [`StateError`] when it is no such object.
pub fn command_from_json(
    state: &JsonState,
    command: Value,
) -> Result<Command<JsonState>, StateError> {
    let mut members = object(command)?;
    let mut made = Command::new();
    match members.shift_remove("update") {
        None | Some(Value::Null) => {}
        Some(Value::Array(updates)) => {
            for update in updates {
                made = made.and_update(JsonUpdate::from_json(update)?);
            }
        }
        Some(update) => made = made.and_update(JsonUpdate::from_json(update)?),
    }
    for place in places(state, members.shift_remove("goto").unwrap_or_default())? {
        made = made.goto(place);
    }
    Ok(match members.get("graph").and_then(Value::as_str) {
        Some("__parent__") => Command::to_parent(made),
        Some(_) | None => made,
    })
}

/// Where a run goes on, from the JSON form of a router's answer: a node's name, `{"node", "args", "timeout"?}`, or a list of those.
///
/// # Errors
/// [`StateError::NotASend`] when it is none of these.
pub fn route_from_json(state: &JsonState, route: Value) -> Result<Route<JsonState>, StateError> {
    places(state, route).map(Route::from_iter)
}

/// A place, or a list of them; null is none.
fn places(state: &JsonState, places: Value) -> Result<Vec<Goto<JsonState>>, StateError> {
    let places = match places {
        Value::Null => Vec::new(),
        Value::Array(places) => places,
        place => vec![place],
    };
    places.into_iter().map(|place| goto_from_json(state, place, None)).collect()
}

/// A place to go on to, from its JSON form: a node's name, or `{"node", "args", "timeout"?}`. `shared` is sent in place
/// of `args`: a value that the state holds already, as a rule.
///
/// # Errors
/// [`StateError::NotASend`] when it is neither.
pub fn goto_from_json(
    state: &JsonState,
    place: Value,
    shared: Option<JsonValue>,
) -> Result<Goto<JsonState>, StateError> {
    if let Value::String(name) = place {
        return Ok(Goto::from(name));
    }
    let mut send = object(place)?;
    let node = match send.shift_remove("node") {
        Some(Value::String(node)) => node,
        Some(_) | None => return Err(StateError::NotASend),
    };
    let argument = shared.unwrap_or_else(|| send.shift_remove("args").into());
    let sent = SendTo::new(node, state.argument(argument));
    Ok(match send.shift_remove("timeout") {
        None | Some(Value::Null) => sent.into(),
        Some(timeout) => {
            let timeout: TimeoutDefinition =
                serde_json::from_value(timeout).map_err(|_| StateError::NotASend)?;
            sent.timeout(timeout.policy()).into()
        }
    })
}
