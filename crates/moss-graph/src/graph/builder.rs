//! Building a graph.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile::compile;
use super::compiled::CompiledGraph;
use super::router::Router;
use super::{NodeOptions, Route};
use crate::{GraphError, Node, NodeError, State};

/// When a node may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// In supersteps, as in LangGraph: the nodes whose turn it is run together, and what comes next begins when all of
    /// them are through.
    #[default]
    Supersteps,
    /// As soon as what leads to it is through, whatever else still runs: a fast branch does not wait for a slow one.
    /// Each task is committed by itself, as it ends, so the order of updates is the order in which tasks end; a
    /// last-value field takes the value written last. A node that several lead to runs behind each of them; a join runs
    /// it once. The recursion limit counts the tasks that follow each other on the longest way, however many there are
    /// beside them: a join or a deferred node is one further than the furthest that led to it.
    Dataflow,
}

/// What a join does about sources that a run does not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinMode {
    /// Waits for all sources. A run in which some of them run and others never do fails with
    /// `INCOMPLETE_JOIN`. LangGraph ends such a run as if all were well.
    #[default]
    All,
    /// Waits for the sources the run reaches: runs when all sources are through, or, with those that are, when
    /// nothing else is left to run (as LangGraph's `defer` does for a node).
    Reached,
}

/// A graph being built: nodes, and the edges that say which runs after which.
///
/// All sources' updates of one superstep are committed before the targets run. A node runs once a superstep,
/// however many edges lead to it. A node without an outgoing edge ends its branch, as one with an edge to
/// [`END`](crate::END) does; the run is done when no branch is left.
///
/// Mistakes are told by [`compile`](Self::compile).
pub struct StateGraph<S: State> {
    pub(super) nodes: Vec<NodeSpec<S>>,
    pub(super) defaults: NodeOptions<S>,
    pub(super) execution: Execution,
    pub(super) interrupt_before: Interrupts,
    pub(super) interrupt_after: Interrupts,
    pub(super) edges: Vec<(String, String)>,
    pub(super) joins: Vec<JoinEdge>,
    pub(super) conditional_edges: Vec<ConditionalEdgeSpec<S>>,
}

pub(super) struct NodeSpec<S: State> {
    pub(super) name: String,
    pub(super) node: Arc<dyn Node<S>>,
    pub(super) options: NodeOptions<S>,
}

/// At which nodes a run stops for somebody to look at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Interrupts {
    /// At none.
    #[default]
    None,
    /// At these.
    At(Vec<String>),
    /// At every node: LangGraph's `*`.
    All,
}

pub(super) struct JoinEdge {
    pub(super) mode: JoinMode,
    pub(super) sources: Vec<String>,
    pub(super) target: String,
}

pub(super) struct ConditionalEdgeSpec<S: State> {
    pub(super) source: String,
    pub(super) router: Router<S>,
    pub(super) targets: Vec<String>,
}

impl<S: State> StateGraph<S> {
    /// A graph without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            defaults: NodeOptions::new(),
            execution: Execution::Supersteps,
            interrupt_before: Interrupts::None,
            interrupt_after: Interrupts::None,
            edges: Vec::new(),
            joins: Vec::new(),
            conditional_edges: Vec::new(),
        }
    }

    /// Adds a node. The name may not be empty, [`START`](crate::START), [`END`](crate::END), or hold `|` or `:`.
    #[must_use]
    pub fn node(self, name: impl Into<String>, node: impl Node<S>) -> Self {
        self.node_with(name, node, NodeOptions::new())
    }

    /// Adds a node as [`node`](Self::node) does, with options.
    #[must_use]
    pub fn node_with(
        mut self,
        name: impl Into<String>,
        node: impl Node<S>,
        options: NodeOptions<S>,
    ) -> Self {
        self.nodes.push(NodeSpec { name: name.into(), node: Arc::new(node), options });
        self
    }

    /// What holds for all nodes whose own options do not say otherwise.
    #[must_use]
    pub fn node_defaults(mut self, options: NodeOptions<S>) -> Self {
        self.defaults = options;
        self
    }

    /// Says when nodes run. Default: in supersteps.
    #[must_use]
    pub const fn execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// Stops every run before these nodes, to be gone on with later. It needs a thread.
    #[must_use]
    pub fn interrupt_before(mut self, nodes: impl Into<Interrupts>) -> Self {
        self.interrupt_before = nodes.into();
        self
    }

    /// Stops every run after these nodes, to be gone on with later. It needs a thread.
    #[must_use]
    pub fn interrupt_after(mut self, nodes: impl Into<Interrupts>) -> Self {
        self.interrupt_after = nodes.into();
        self
    }

    /// Adds edges from each of these to the next, as LangGraph's `addSequence` does for nodes that are there.
    #[must_use]
    pub fn sequence(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        for pair in names.windows(2) {
            self.edges.push((pair[0].clone(), pair[1].clone()));
        }
        self
    }

    /// Adds an edge: when the source has run, the target runs in the next superstep.
    #[must_use]
    pub fn edge(mut self, source: impl Into<String>, target: impl Into<String>) -> Self {
        self.edges.push((source.into(), target.into()));
        self
    }

    /// Adds a join: the target runs when all sources have run, be it in different supersteps, and the join
    /// begins anew. A run that skips some of the sources fails: see [`JoinMode`].
    #[must_use]
    pub fn join(
        self,
        sources: impl IntoIterator<Item = impl Into<String>>,
        target: impl Into<String>,
    ) -> Self {
        self.join_with(JoinMode::All, sources, target)
    }

    /// Adds a join as [`join`](Self::join) does, and says what it does about sources a run does not reach.
    #[must_use]
    pub fn join_with(
        mut self,
        mode: JoinMode,
        sources: impl IntoIterator<Item = impl Into<String>>,
        target: impl Into<String>,
    ) -> Self {
        let sources = sources.into_iter().map(Into::into).collect();
        self.joins.push(JoinEdge { mode, sources, target: target.into() });
        self
    }

    /// Adds a conditional edge: when the source has run, the router says where to go on, and may choose among
    /// the declared targets only.
    ///
    /// The router sees the state the source saw with the source's own update applied, not those of siblings of
    /// the same superstep, as in LangGraph. It must depend on nothing else: it may be asked again. From
    /// [`START`](crate::START) it sees the initial state. Several conditional edges may leave one source; all
    /// are asked.
    #[must_use]
    pub fn conditional_edge<R: Into<Route<S>>>(
        self,
        source: impl Into<String>,
        router: impl Fn(&S) -> R + Send + Sync + 'static,
        targets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.routed(source, Router::Sync(Box::new(move |state| router(state).into())), targets)
    }

    /// Adds a conditional edge whose router may wait for something, and may fail: it is part of the source's task.
    #[must_use]
    pub fn conditional_edge_async<R, F>(
        self,
        source: impl Into<String>,
        router: impl Fn(Arc<S>) -> F + Send + Sync + 'static,
        targets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self
    where
        R: Into<Route<S>>,
        F: Future<Output = Result<R, NodeError>> + Send + 'static,
    {
        let router = move |state| {
            let route = router(state);
            let route: super::router::RouteFuture<S> =
                Box::pin(async move { route.await.map(Into::into) });
            route
        };
        self.routed(source, Router::Async(Box::new(router)), targets)
    }

    fn routed(
        mut self,
        source: impl Into<String>,
        router: Router<S>,
        targets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.conditional_edges.push(ConditionalEdgeSpec {
            source: source.into(),
            router,
            targets: targets.into_iter().map(Into::into).collect(),
        });
        self
    }

    /// Checks the graph and makes the form that runs.
    ///
    /// # Errors
    /// [`GraphError`] for the first mistake found: a name that is invalid, taken or unknown, an edge or a join
    /// that makes no sense, no entry point, a node that no way leads to.
    pub fn compile(self) -> Result<CompiledGraph<S>, GraphError> {
        compile(self)
    }
}

impl<T: Into<String>> From<Vec<T>> for Interrupts {
    fn from(names: Vec<T>) -> Self {
        Self::At(names.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Interrupts {
    fn from(names: [T; N]) -> Self {
        Self::At(names.into_iter().map(Into::into).collect())
    }
}

impl<S: State> Default for StateGraph<S> {
    fn default() -> Self {
        Self::new()
    }
}
