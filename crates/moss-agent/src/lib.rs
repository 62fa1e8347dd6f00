//! Agents on the state-graph engine: a model, its tools and its instructions become a graph whose run a
//! host follows event by event.
//!
//! [`AgentRuntime`] is the entry. Its graph has three nodes, `llm`, `tools` and `done`, and takes more of the
//! host's own ([`AgentNode`]). Events go to an [`EventSink`]: for a Rust host an [`EventHandlerRegistry`]. Their
//! order and their JSON are those of the Run interface of `@librechat/agents`.

mod agent;
mod ask;
mod content;
mod error;
mod events;
mod graph;
mod nodes;
mod runtime;
mod steps;
mod tools;

pub use agent::Agent;
pub use ask::ModelAnswer;
pub use content::{ContentAggregator, content_of_messages};
pub use error::AgentError;
pub use events::{Delivery, EventHandlerRegistry, EventSink, HandlerError, RunEvent};
pub use graph::{AgentContext, AgentState, AgentStateUpdate, ExecutionGraph, NodeRun};
pub use nodes::{AgentNode, DONE, LLM, TOOLS};
pub use runtime::{AgentRuntime, AgentRuntimeBuilder, CallOptions, RunOutcome};
pub use tools::{
    FunctionTool, Tool, ToolError, ToolInvocation, ToolOutput, ToolSet, builtin, nearest,
};

/// Runs the Rust example of the repository's README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct ReadmeExample;
