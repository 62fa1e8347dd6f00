//! Graphs: their nodes and edges, and the form that runs.

mod builder;
mod compile;
mod compiled;
mod draw;
mod name;
mod options;
mod reach;
mod route;
mod router;
mod suggest;

pub use builder::{Execution, Interrupts, JoinMode, StateGraph};
pub(crate) use compiled::Outgoing;
pub use compiled::{CompiledGraph, JoinIndex, NodeIndex};
pub use draw::{DrawFormat, Drawing, DrawnEdge, DrawnNode, EdgeKind};
pub use name::{END, InvalidNodeName, NodeName, START};
pub use options::{Ends, NodeOptions};
pub use route::Route;
pub(crate) use router::Router;
pub(crate) use suggest::{DidYouMean, nearest};
