//! A state that records which nodes ran, and graphs over it.

use std::sync::Arc;

use moss_graph::{
    CompiledGraph, Log, Node, NodeContext, NodeResult, RunError, RunOptions, State, StateGraph,
    StateGraphEngine,
};

/// Records the nodes that ran, as `<superstep>:<node>`, in the order their updates were applied.
#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(update_derive(Debug))]
pub(crate) struct Trail {
    #[state(append)]
    pub(crate) visits: Log<String>,
    /// Takes one value a superstep.
    pub(crate) last: String,
}

/// A node that records its visit.
pub(crate) async fn visit(_: Arc<Trail>, context: NodeContext) -> NodeResult<Trail> {
    Ok(Trail::update().visits([context.task().to_string()]))
}

/// A graph of nodes that record their visits.
pub(crate) fn visitors<'a>(names: impl IntoIterator<Item = &'a str>) -> StateGraph<Trail> {
    names.into_iter().fold(StateGraph::new(), |graph, name| graph.node(name, visit))
}

pub(crate) async fn run<S: State + Default>(graph: CompiledGraph<S>) -> Result<S, RunError<S>> {
    StateGraphEngine::new(graph).run(S::default(), RunOptions::default()).await
}

/// The visits of a run that succeeds.
pub(crate) async fn visits(graph: StateGraph<Trail>) -> Vec<String> {
    let trail = run(graph.compile().unwrap()).await.unwrap();
    trail.visits.iter().cloned().collect()
}

/// An async closure as a node. Only says the types.
pub(crate) fn node<F, R>(run: F) -> impl Node<Trail>
where
    F: Fn(Arc<Trail>, NodeContext) -> R + Send + Sync + 'static,
    R: Future<Output = NodeResult<Trail>> + Send + 'static,
{
    run
}

/// An error and its causes, one a line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
