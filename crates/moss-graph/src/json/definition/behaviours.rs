//! The functions of a graph, which stay with the host.

use std::pin::Pin;
use std::sync::Arc;

use crate::json::{JsonState, Reducer};
use crate::{ErrorHandler, Node, NodeCache, NodeError, RetryJudge, Route};

/// What a [`JsonRouter`] comes to.
pub type JsonRouterFuture =
    Pin<Box<dyn Future<Output = Result<Route<JsonState>, NodeError>> + Send>>;

/// The router of a conditional edge: see
/// [`StateGraph::conditional_edge_async`](crate::StateGraph::conditional_edge_async).
pub type JsonRouter = dyn Fn(Arc<JsonState>) -> JsonRouterFuture + Send + Sync;

/// Which function is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionRef<'d> {
    /// Its number, where the definition says one.
    pub function: Option<u32>,
    /// What it is of: the node's name, that of the node whose error it handles, the source of the conditional edge, the
    /// field.
    pub name: &'d str,
    /// The nodes whose graph it is in, from the outermost; empty for the whole graph.
    pub graph: &'d [&'d str],
}

/// The functions that a definition names. None where the host does not have one: then the graph is not built.
pub trait Behaviours {
    /// A node, and the fields it sees, where those are not all.
    fn node(
        &self,
        at: &FunctionRef<'_>,
        fields: Option<&[String]>,
    ) -> Option<Arc<dyn Node<JsonState>>>;

    /// The router of a conditional edge.
    fn router(&self, at: &FunctionRef<'_>) -> Option<Arc<JsonRouter>>;

    /// The reducer of a field.
    fn reducer(&self, at: &FunctionRef<'_>) -> Option<Reducer>;

    /// What runs in a node's place when it has failed for good.
    fn error_handler(&self, at: &FunctionRef<'_>) -> Option<Arc<dyn ErrorHandler<JsonState>>>;

    /// Which errors of a node one of its retry policies is for, by the policy's place. Default: all.
    fn retry_judge(&self, at: &FunctionRef<'_>, policy: usize) -> Option<Arc<RetryJudge>> {
        let _ = (at, policy);
        None
    }

    /// A graph as a node, for hosts that do something around it. Default: as it is.
    fn subgraph(
        &self,
        at: &FunctionRef<'_>,
        node: Arc<dyn Node<JsonState>>,
    ) -> Arc<dyn Node<JsonState>> {
        let _ = at;
        node
    }

    /// Where a subgraph keeps the outputs of its nodes: each needs a cache of its own, since nodes are told apart by
    /// their names. Default: nowhere. The whole graph's is its engine's.
    fn cache(&self, at: &FunctionRef<'_>) -> Option<Arc<dyn NodeCache<JsonState>>> {
        let _ = at;
        None
    }
}
