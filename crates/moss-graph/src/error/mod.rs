//! What can go wrong with a graph and with a run.

mod code;
mod graph;
mod node;
mod run;

pub use code::GraphErrorCode;
pub use graph::{GraphError, JoinProblem};
pub(crate) use node::InvalidNodeOutput;
pub use node::{NodeFailure, NodeFailures};
pub use run::{EmptyInput, RunError, RunFailure};
