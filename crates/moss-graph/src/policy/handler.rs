//! Nodes that handle the failures of others.

use std::sync::Arc;

use crate::node::NodeOutput;
use crate::{NodeContext, NodeError, NodeFailure, NodeFuture, State};

/// Runs in place of a node that has failed for good, in the same superstep. Its own failure fails the superstep.
///
/// Where its command leads somewhere, the run goes on there and nowhere else, as in LangGraph: neither along the node's
/// edges, nor to its joins. Where it leads nowhere, what it gives back is the node's output, and the node's edges are
/// followed; LangGraph ends the branch. No cache keeps it.
///
/// Async functions and closures `Fn(Arc<S>, Arc<NodeFailure>, NodeContext) -> impl Future<…>` are error handlers, and
/// give back what nodes do.
pub trait ErrorHandler<S: State>: Send + Sync + 'static {
    /// Handles the failure of a node, on the state the node saw.
    fn handle(
        &self,
        state: Arc<S>,
        failure: Arc<NodeFailure>,
        context: NodeContext,
    ) -> NodeFuture<'_, S>;
}

impl<S: State, H: ErrorHandler<S> + ?Sized> ErrorHandler<S> for Arc<H> {
    fn handle(
        &self,
        state: Arc<S>,
        failure: Arc<NodeFailure>,
        context: NodeContext,
    ) -> NodeFuture<'_, S> {
        H::handle(self, state, failure, context)
    }
}

impl<S, F, R, T> ErrorHandler<S> for F
where
    S: State,
    F: Fn(Arc<S>, Arc<NodeFailure>, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, NodeError>> + Send + 'static,
    T: NodeOutput<S>,
{
    fn handle(
        &self,
        state: Arc<S>,
        failure: Arc<NodeFailure>,
        context: NodeContext,
    ) -> NodeFuture<'_, S> {
        let run = self(state, failure, context);
        Box::pin(async move { run.await?.into_command() })
    }
}
