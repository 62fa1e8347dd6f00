//! Building a graph.

use super::Route;
use super::compile::compile;
use super::compiled::CompiledGraph;
use crate::{GraphError, Node, State};

pub(crate) type Router<S> = Box<dyn Fn(&S) -> Route + Send + Sync>;

/// What a join does about sources that a run does not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    pub(super) nodes: Vec<(String, Box<dyn Node<S>>)>,
    pub(super) edges: Vec<(String, String)>,
    pub(super) joins: Vec<JoinEdge>,
    pub(super) conditional_edges: Vec<ConditionalEdgeSpec<S>>,
}

pub(super) struct JoinEdge {
    pub(super) mode: JoinMode,
    pub(super) sources: Vec<String>,
    pub(super) target: String,
}

pub(super) struct ConditionalEdgeSpec<S> {
    pub(super) source: String,
    pub(super) router: Router<S>,
    pub(super) targets: Vec<String>,
}

impl<S: State> StateGraph<S> {
    /// A graph without nodes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            joins: Vec::new(),
            conditional_edges: Vec::new(),
        }
    }

    /// Adds a node. The name may not be empty, [`START`](crate::START), [`END`](crate::END), or hold `|` or `:`.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>, node: impl Node<S>) -> Self {
        self.nodes.push((name.into(), Box::new(node)));
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
    pub fn conditional_edge<R: Into<Route>>(
        mut self,
        source: impl Into<String>,
        router: impl Fn(&S) -> R + Send + Sync + 'static,
        targets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.conditional_edges.push(ConditionalEdgeSpec {
            source: source.into(),
            router: Box::new(move |state| router(state).into()),
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

impl<S: State> Default for StateGraph<S> {
    fn default() -> Self {
        Self::new()
    }
}
