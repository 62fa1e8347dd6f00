//! What runs at a node of a graph.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::{NodeContext, State};

/// What a node gives back: the fields it writes, or why it failed.
pub type NodeResult<S> = Result<<S as State>::Update, NodeError>;

/// The future of one node run.
pub type NodeFuture<'a, S> = Pin<Box<dyn Future<Output = NodeResult<S>> + Send + 'a>>;

/// A node: reads the state, does its work, and gives back the fields it writes.
///
/// Async functions and closures `Fn(Arc<S>, NodeContext) -> impl Future<Output = NodeResult<S>>` are nodes. By hand:
///
/// ```
/// use std::sync::Arc;
/// use moss_graph::{Node, NodeContext, NodeFuture, State};
///
/// #[derive(Clone, State)]
/// struct Counter {
///     count: u64,
/// }
///
/// struct Add(u64);
///
/// impl Node<Counter> for Add {
///     fn run(&self, state: Arc<Counter>, _: NodeContext) -> NodeFuture<'_, Counter> {
///         Box::pin(async move { Ok(Counter::update().count(state.count + self.0)) })
///     }
/// }
/// ```
///
/// The nodes of a superstep run concurrently on the task that drives the run, not in parallel: one that computes
/// for long should hand that work to `tokio::task::spawn_blocking`. The future is dropped when the run is
/// cancelled or a sibling fails, at whatever `await` it has come to.
pub trait Node<S: State>: Send + Sync + 'static {
    /// Runs the node on the state as the last superstep left it.
    fn run(&self, state: Arc<S>, context: NodeContext) -> NodeFuture<'_, S>;
}

impl<S, F, R> Node<S> for F
where
    S: State,
    F: Fn(Arc<S>, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = NodeResult<S>> + Send + 'static,
{
    fn run(&self, state: Arc<S>, context: NodeContext) -> NodeFuture<'_, S> {
        Box::pin(self(state, context))
    }
}

/// Why a node failed: any error, made with `?` or `into`.
///
/// Like `anyhow::Error` it is no [`Error`] itself, so that every error converts into it.
pub struct NodeError(Box<dyn Error + Send + Sync>);

impl NodeError {
    /// The error as it was given.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for NodeError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
