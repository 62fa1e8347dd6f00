//! What runs at a node of a graph, and what it gives back.

mod command;
mod error;
mod output;
mod send;

use std::pin::Pin;
use std::sync::Arc;

pub use command::{Command, Goto};
pub(crate) use command::{Onward, Parts};
pub use error::NodeError;
pub use output::NodeOutput;
pub use send::SendTo;

use crate::{Drawing, InnerGraph, NodeContext, State};

/// What most nodes give back: the fields they write, or why they failed. For more than that see [`NodeOutput`].
pub type NodeResult<S> = Result<<S as State>::Update, NodeError>;

/// The future of one node run.
pub type NodeFuture<'a, S> =
    Pin<Box<dyn Future<Output = Result<Command<S>, NodeError>> + Send + 'a>>;

/// A node: reads the state, does its work, and gives back what it writes and, if it likes, where to go on.
///
/// Async functions and closures `Fn(Arc<S>, NodeContext) -> impl Future<Output = Result<T, NodeError>>` are nodes,
/// where `T` is an update of the state or a [`Command`] (see [`NodeOutput`]). By hand:
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
///         Box::pin(async move { Ok(Counter::update().count(state.count + self.0).into()) })
///     }
/// }
/// ```
///
/// The nodes of a superstep run concurrently on the task that drives the run, not in parallel: one that computes
/// for long should hand that work to `tokio::task::spawn_blocking`. The future is dropped when the run is
/// cancelled or a sibling fails, at whatever `await` it has come to.
pub trait Node<S: State>: Send + Sync + 'static {
    /// Runs the node on the state as the last superstep left it, or on what was sent to it ([`SendTo`]).
    fn run(&self, state: Arc<S>, context: NodeContext) -> NodeFuture<'_, S>;

    /// The graph in the node, for pictures. Only a [`Subgraph`](crate::Subgraph) has one.
    fn drawing(&self) -> Option<Drawing> {
        None
    }

    /// The graph in the node, for those who look at its state on a thread or update it. Only a
    /// [`Subgraph`](crate::Subgraph) has one, and a node around a subgraph passes on the subgraph's.
    fn inner_graph(&self) -> Option<InnerGraph<'_>> {
        None
    }
}

impl<S: State, N: Node<S> + ?Sized> Node<S> for Arc<N> {
    fn run(&self, state: Arc<S>, context: NodeContext) -> NodeFuture<'_, S> {
        N::run(self, state, context)
    }

    fn drawing(&self) -> Option<Drawing> {
        N::drawing(self)
    }

    fn inner_graph(&self) -> Option<InnerGraph<'_>> {
        N::inner_graph(self)
    }
}

impl<S, F, R, T> Node<S> for F
where
    S: State,
    F: Fn(Arc<S>, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, NodeError>> + Send + 'static,
    T: NodeOutput<S>,
{
    fn run(&self, state: Arc<S>, context: NodeContext) -> NodeFuture<'_, S> {
        let run = self(state, context);
        Box::pin(async move { run.await?.into_command() })
    }
}
