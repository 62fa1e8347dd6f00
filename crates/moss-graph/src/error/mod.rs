//! What can go wrong with a graph and with a run.

mod code;
mod graph;
mod run;

pub use code::GraphErrorCode;
pub use graph::{GraphError, JoinProblem};
pub(crate) use run::InvalidNodeOutput;
pub use run::{EmptyInput, NodeFailure, NodeFailures, RunError, RunFailure};
