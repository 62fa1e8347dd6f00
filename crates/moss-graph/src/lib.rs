//! The state-graph engine of the MOSS agent runtime.
//!
//! A graph is nodes that read a shared state and give back the fields they write, and edges that say which node
//! runs after which. It runs in supersteps: the nodes whose turn it is run concurrently on the same state, their
//! writes are put together field by field, and the edges tell whose turn is next. The semantics are LangGraph's
//! where a user can see them; where they differ the item's documentation says so. The engine knows nothing of
//! models, messages or tools.
//!
//! ```
//! use std::sync::Arc;
//! use moss_graph::{
//!     END, Log, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
//! };
//!
//! #[derive(Clone, Debug, Default, PartialEq, State)]
//! struct Chat {
//!     #[state(append)]
//!     messages: Log<String>,
//!     turns: u32,
//! }
//!
//! async fn llm(state: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
//!     let answer = match state.messages.last() {
//!         Some(message) if message.starts_with("tool:") => "It is sunny.",
//!         _ => "call weather",
//!     };
//!     Ok(Chat::update().messages([answer.to_owned()]).turns(state.turns + 1))
//! }
//!
//! async fn tools(_: Arc<Chat>, _: NodeContext) -> NodeResult<Chat> {
//!     Ok(Chat::update().messages(["tool: sunny".to_owned()]))
//! }
//!
//! fn wants_tools(state: &Chat) -> &'static str {
//!     let calls = state.messages.last().is_some_and(|message| message.starts_with("call"));
//!     if calls { "tools" } else { END }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = StateGraph::<Chat>::new()
//!     .node("llm", llm)
//!     .node("tools", tools)
//!     .edge(START, "llm")
//!     .conditional_edge("llm", wants_tools, ["tools", END])
//!     .edge("tools", "llm")
//!     .compile()?;
//!
//! let question = Chat::from_update(Chat::update().messages(["Weather?".to_owned()]))?;
//! let chat = StateGraphEngine::new(graph).run(question, RunOptions::default()).await?;
//! assert_eq!(chat.turns, 2);
//! assert_eq!(chat.messages, ["Weather?", "call weather", "tool: sunny", "It is sunny."]);
//! # Ok(())
//! # }
//! ```
//!
//! # Where it differs from LangGraph
//!
//! - A join some of whose sources are skipped fails the run, or is built as [`JoinMode::Reached`]. LangGraph ends
//!   the run as if all were well.
//! - Targets of a conditional edge are declared, so that unreachable nodes and wrong routes are told.
//! - Two writers of one field: the error names the field, both nodes and the superstep, and carries the state as
//!   it was before.
//! - A run that is done after exactly as many supersteps as its recursion limit is done; LangGraph needs one more.
//! - A superstep costs what its own nodes cost, however large the graph.
//! - There is no ambient context: a node has its arguments and nothing else.

pub mod checkpoint;
mod context;
mod engine;
mod error;
mod graph;
mod node;
mod observer;
mod panic;
pub mod scheduler;
mod state;

pub use context::{NodeContext, TaskId};
pub use engine::{RunOptions, StateGraphEngine};
pub use error::{
    GraphError, GraphErrorCode, JoinProblem, NodeFailure, NodeFailures, RunError, RunFailure,
};
pub use graph::{
    CompiledGraph, END, InvalidNodeName, JoinIndex, JoinMode, NodeIndex, NodeName, Route, START,
    StateGraph,
};
#[doc = include_str!("state/derive.md")]
pub use moss_graph_derive::State;
pub use moss_protocol::{RunId, ThreadId};
pub use node::{Node, NodeError, NodeFuture, NodeResult};
pub use observer::Observer;
pub use state::{Append, Iter as LogIter, Log, ReduceError, ReducerOutcome, State, reduce};
pub use tokio_util::sync::CancellationToken;
