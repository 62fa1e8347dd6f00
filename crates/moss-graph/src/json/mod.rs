//! States whose fields are known at run time: for graphs that come from JavaScript or over HTTP.
//!
//! A [`JsonFields`] names the fields and how each is reduced; a [`JsonState`] holds their values, which are shared by all
//! who hold them ([`JsonValue`]). Graphs over it are built as all others are, with nodes made of callbacks from JSON to
//! JSON ([`json_node`]), or of functions from states to updates ([`JsonUpdate`]).
//!
//! ```
//! use moss_graph::json::{JsonFields, JsonState, Reducer, json_node};
//! use moss_graph::{RunOptions, START, StateGraph, StateGraphEngine};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let fields = JsonFields::new().field("messages", Reducer::Messages).field("turns", Reducer::Add);
//! let answer = json_node(|state, _| async move {
//!     let asked = state["messages"].as_array().map_or(0, Vec::len);
//!     Ok(json!({ "messages": [{ "id": "m2", "type": "ai", "content": format!("{asked} asked") }], "turns": 1 }))
//! });
//! let graph = StateGraph::<JsonState>::new().node("answer", answer).edge(START, "answer").compile()?;
//!
//! let input = fields.state(json!({ "messages": [{ "id": "m1", "type": "human", "content": "Hi" }] }))?;
//! let state = StateGraphEngine::new(graph).run(input, RunOptions::default()).await?;
//! assert_eq!(state.get("turns"), Some(json!(1)));
//! assert_eq!(state.log("messages").map(|messages| messages.len()), Some(2));
//! # Ok(())
//! # }
//! ```

mod apply;
mod blobs;
mod changes;
pub mod definition;
mod fields;
mod ids;
mod later;
mod log;
mod messages;
mod node;
mod persist;
mod reducer;
mod state;
mod stored;
mod update;
mod value;

pub(crate) use log::JsonLog;

pub use changes::{JsonChange, JsonChanges, JsonItems};
pub use fields::{FieldSpec, JsonFields};
pub use node::{
    JsonNode, command_from_json, goto_from_json, json_node, json_node_on, route_from_json,
};
pub use reducer::{BatchReducer, LaterReducer, ReduceFuture, Reducer};
pub use state::JsonState;
pub use update::{JsonUpdate, JsonWrite};
pub use value::{JsonParts, JsonValue};

pub use crate::state::persist::overwrite;
