//! The functions of a definition: all are JavaScript's, by their numbers.

use std::sync::Arc;

use moss_graph::json::definition::{Behaviours, FunctionRef, JsonRouter};
use moss_graph::json::{JsonState, Reducer};
use moss_graph::{ErrorHandler, MemoryCache, Node, NodeCache, NodeContext, NodeFuture, RetryJudge};

use super::calls::Thrown;
use super::dialogue::Here;
use super::engine::CACHE_CAPACITY;
use super::function::{FunctionHandler, FunctionNode, reduce, route};

/// JavaScript's functions.
pub(super) struct Functions;

impl Behaviours for Functions {
    fn node(&self, at: &FunctionRef<'_>, _: Option<&[String]>) -> Option<Arc<dyn Node<JsonState>>> {
        // What a node does not see of the state, JavaScript leaves out: it has the state for all nodes.
        Some(Arc::new(FunctionNode(at.function?)))
    }

    fn router(&self, at: &FunctionRef<'_>) -> Option<Arc<JsonRouter>> {
        let function = at.function?;
        Some(Arc::new(move |state| Box::pin(route(function, state))))
    }

    fn reducer(&self, at: &FunctionRef<'_>) -> Option<Reducer> {
        let function = at.function?;
        Some(Reducer::later(move |held, writes| reduce(function, held, writes)))
    }

    fn error_handler(&self, at: &FunctionRef<'_>) -> Option<Arc<dyn ErrorHandler<JsonState>>> {
        Some(Arc::new(FunctionHandler(at.function?)))
    }

    fn retry_judge(&self, _: &FunctionRef<'_>, policy: usize) -> Option<Arc<RetryJudge>> {
        Some(Arc::new(move |error| match error.downcast_ref::<Thrown>() {
            Some(thrown) => thrown.fits.get(policy).copied().unwrap_or(false),
            // The engine's own: a time limit.
            None => true,
        }))
    }

    fn subgraph(
        &self,
        _: &FunctionRef<'_>,
        node: Arc<dyn Node<JsonState>>,
    ) -> Arc<dyn Node<JsonState>> {
        Arc::new(ScopedGraph(node))
    }

    fn cache(&self, _: &FunctionRef<'_>) -> Option<Arc<dyn NodeCache<JsonState>>> {
        Some(Arc::new(MemoryCache::new(CACHE_CAPACITY)))
    }
}

/// A subgraph, of whose state JavaScript is told apart from that of the graph around it.
struct ScopedGraph(Arc<dyn Node<JsonState>>);

impl Node<JsonState> for ScopedGraph {
    fn run(&self, state: Arc<JsonState>, context: NodeContext) -> NodeFuture<'_, JsonState> {
        Box::pin(async move { Scope::open(Here::now()?).within(self.0.run(state, context)).await })
    }

    fn drawing(&self) -> Option<moss_graph::Drawing> {
        self.0.drawing()
    }

    fn inner_graph(&self) -> Option<moss_graph::InnerGraph<'_>> {
        self.0.inner_graph()
    }
}

/// The scope of a subgraph under way. Dropped, JavaScript forgets it.
pub(super) struct Scope {
    scope: u32,
    here: Here,
}

impl Scope {
    pub(super) fn open(here: Here) -> Self {
        Self { scope: here.dialogue.open_scope(), here }
    }

    /// Runs a future as part of the subgraph.
    pub(super) async fn within<F: Future>(&self, future: F) -> F::Output {
        let inner = Here { dialogue: Arc::clone(&self.here.dialogue), scope: self.scope };
        inner.within(future).await
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.here.dialogue.close_scope(self.scope);
    }
}
