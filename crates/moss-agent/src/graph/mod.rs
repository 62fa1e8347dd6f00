//! The graph that an agent runs as, and what is left of a run.

mod agent_graph;
mod context;
mod execution_graph;
mod state;

pub(crate) use agent_graph::AgentGraph;
pub(crate) use context::NodeStopped;
pub use context::{AgentContext, NodeRun};
pub use execution_graph::ExecutionGraph;
pub use state::{AgentState, AgentStateUpdate};
