//! What can go wrong with a graph and with a run.

mod code;
mod graph;
mod run;

pub use code::GraphErrorCode;
pub use graph::{GraphError, JoinProblem};
pub use run::{NodeFailure, NodeFailures, RunError, RunFailure};
