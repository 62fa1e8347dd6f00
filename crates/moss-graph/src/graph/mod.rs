//! Graphs: their nodes and edges, and the form that runs.

mod builder;
mod compile;
mod compiled;
mod name;
mod options;
mod reach;
mod route;
mod router;
mod suggest;

pub use builder::{Execution, Interrupts, JoinMode, StateGraph};
pub use compiled::{CompiledGraph, JoinIndex, NodeIndex};
pub(crate) use compiled::{Join, Outgoing};
pub use name::{END, InvalidNodeName, NodeName, START};
pub use options::{Ends, NodeOptions};
pub use route::Route;
pub(crate) use suggest::{DidYouMean, nearest};
pub(crate) use router::Router;
