//! Graphs: their nodes and edges, and the form that runs.

mod builder;
mod compile;
mod compiled;
mod name;
mod reach;
mod route;
mod suggest;

pub use builder::{JoinMode, StateGraph};
pub(crate) use compiled::Outgoing;
pub use compiled::{CompiledGraph, JoinIndex, NodeIndex};
pub use name::{END, InvalidNodeName, NodeName, START};
pub use route::Route;
