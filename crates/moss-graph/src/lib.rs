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
//! # Threads
//!
//! With a [`CheckpointStore`](checkpoint::CheckpointStore) a run is durable: it is on a [`Thread`], and a later one
//! goes on where it stopped, be it for a question, for a failure or for a crash.
//!
//! ```
//! use std::sync::Arc;
//! use moss_graph::checkpoint::MemoryStore;
//! use moss_graph::{
//!     Ending, Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
//! };
//!
//! #[derive(Clone, Debug, Default, PartialEq, State)]
//! #[state(persist)]
//! struct Order {
//!     #[state(append)]
//!     lines: Vec<String>,
//! }
//!
//! async fn confirm(_: Arc<Order>, context: NodeContext) -> NodeResult<Order> {
//!     let answer = context.interrupt("Send it?")?;
//!     Ok(Order::update().lines([format!("sent: {answer}")]))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = StateGraph::new().node("confirm", confirm).edge(START, "confirm").compile()?;
//! let engine = StateGraphEngine::persistent(graph, Order::default())
//!     .with_store(Arc::new(MemoryStore::new()));
//! let thread = engine.thread("order-7")?;
//!
//! let input = Input::Update(Order::update().lines(["tea".to_owned()]));
//! let stopped = thread.run(input, RunOptions::default()).await?;
//! assert_eq!(stopped.ending.interrupts()[0].value, "Send it?");
//!
//! let done = thread.run(Input::answer(true), RunOptions::default()).await?;
//! assert_eq!(done.ending, Ending::Done);
//! assert_eq!(done.state.lines, ["tea", "sent: true"]);
//! # Ok(())
//! # }
//! ```
//!
//! States whose fields are known at run time are in [`json`]. An example for each feature is in the folder
//! `examples/guide`, and what it shows in the guide, `docs/state-graph`.
//!
//! # Where it differs from LangGraph
//!
//! - A join some of whose sources are skipped fails the run, or is built as [`JoinMode::Reached`]. LangGraph ends
//!   the run as if all were well.
//! - Targets of a conditional edge are declared, so that unreachable nodes and wrong routes are told.
//! - Two writers of one field: the error names the field, both nodes and the superstep, and carries the state as
//!   it was before.
//! - A run that is done after exactly as many supersteps as its recursion limit is done; LangGraph needs one more.
//! - Where commands lead is declared, as targets of conditional edges are.
//! - A thread whose updates conflict can be read and mended. Two runs on one thread are fenced.
//! - One answer for several questions is refused; each is answered by its id.
//! - Side effects within a node happen once ([`NodeContext::effect`]), however often the node runs.
//! - Branches may run without the barrier of supersteps ([`Execution::Dataflow`]).
//! - A superstep costs what its own nodes cost, however large the graph.
//! - There is no ambient context: a node has its arguments and nothing else.

pub mod checkpoint;
mod context;
mod engine;
mod error;
mod graph;
mod interrupt;
pub mod json;
mod node;
mod observer;
mod panic;
mod policy;
pub mod scheduler;
mod state;
mod stream;
mod subgraph;
mod thread;

pub use context::{Drain, EffectError, InterruptError, NodeContext};
pub use engine::{RunOptions, StateGraphEngine};
pub use error::{
    EmptyInput, GraphError, GraphErrorCode, JoinProblem, NodeFailure, NodeFailures, RunError,
    RunFailure,
};
pub use graph::{
    CompiledGraph, DrawFormat, Drawing, DrawnEdge, DrawnNode, END, EdgeKind, Ends, Execution,
    Interrupts, InvalidNodeName, JoinIndex, JoinMode, NodeIndex, NodeName, NodeOptions, Route,
    START, StateGraph,
};
pub use interrupt::{Answers, Interrupt};
#[doc = include_str!("state/derive.md")]
pub use moss_graph_derive::State;
pub use moss_protocol::{RunId, ThreadId};
pub use node::{Command, Goto, Node, NodeError, NodeFuture, NodeOutput, NodeResult, SendTo};
pub use observer::Observer;
pub use policy::{
    CachePolicy, Cached, ErrorHandler, MemoryCache, NodeCache, Refresh, RetryJudge, RetryPolicy,
    TimeoutPolicy,
};
pub use scheduler::TaskId;
pub use state::{
    Append, ApplyFuture, Applying, Changes, Channels, Iter as LogIter, Json, Log, Marks,
    PersistentState, ReduceError, ReducerOutcome, State, StateError, append_unique, persist,
    reduce, replace,
};
pub use stream::{
    RunStream, StreamEvent, StreamMode, StreamModes, StreamOptions, StreamPayload, TaskOutcome,
};
pub use subgraph::{InnerGraph, Subgraph, SubgraphError, SubgraphMemory};
pub use thread::{
    ASYNC_BACKLOG, BusyThread, Durability, Ending, FieldChange, HistoryFilter, Input, Outcome,
    StateDiff, StateSnapshot, TaskSnapshot, Thread, UpdateAs,
};
pub use tokio_util::sync::CancellationToken;
