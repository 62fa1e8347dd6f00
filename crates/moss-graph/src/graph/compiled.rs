//! A graph ready to run: names interned, edges resolved.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::NodeOptions;
use super::builder::{Execution, JoinMode};
use super::name::{END, NodeName};
use super::router::Router;
use crate::{Node, State};

/// A graph ready to run. A clone is one reference count: thousands of runs share one graph.
pub struct CompiledGraph<S: State>(Arc<Inner<S>>);

struct Inner<S: State> {
    /// Sorted by name, so that the order of indices is the order of names.
    nodes: Vec<CompiledNode<S>>,
    start: Outgoing<S>,
    joins: Vec<Join>,
    execution: Execution,
    stops: Stops,
}

/// Where every run of a graph stops.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    pub(crate) before: BTreeSet<NodeIndex>,
    pub(crate) after: BTreeSet<NodeIndex>,
}

pub(super) struct CompiledNode<S: State> {
    pub(super) name: NodeName,
    pub(super) node: Arc<dyn Node<S>>,
    pub(super) options: NodeOptions<S>,
    pub(super) ends: CompiledEnds,
    pub(super) outgoing: Outgoing<S>,
}

/// Where the commands of a node may lead.
#[derive(Default)]
pub(crate) struct CompiledEnds {
    /// Sorted, each once.
    pub(crate) targets: Vec<NodeIndex>,
    /// Whether [`END`] is among them.
    pub(crate) may_end: bool,
    /// Whether nothing was declared, and everything is allowed.
    pub(crate) any: bool,
}

/// The number of a node in its graph. Indices are ordered as the nodes' names are, and have a meaning in that
/// graph only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub(super) usize);

/// The number of a join in its graph, in the order the joins were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinIndex(pub(super) usize);

/// All that leaves a node, or `__start__`.
pub(crate) struct Outgoing<S: State> {
    pub(crate) edges: Vec<NodeIndex>,
    pub(crate) joins: Vec<JoinIndex>,
    pub(crate) conditional_edges: Vec<ConditionalEdge<S>>,
}

pub(crate) struct ConditionalEdge<S: State> {
    pub(crate) router: Router<S>,
    /// Sorted, each once.
    pub(crate) targets: Vec<NodeIndex>,
    /// Whether [`END`] is among the targets.
    pub(crate) may_end: bool,
}

pub(crate) struct Join {
    pub(crate) mode: JoinMode,
    pub(crate) sources: BTreeSet<NodeIndex>,
    pub(crate) target: NodeIndex,
}

impl<S: State> CompiledGraph<S> {
    pub(super) fn new(
        nodes: Vec<CompiledNode<S>>,
        start: Outgoing<S>,
        joins: Vec<Join>,
        execution: Execution,
        stops: Stops,
    ) -> Self {
        Self(Arc::new(Inner { nodes, start, joins, execution, stops }))
    }

    /// When nodes run.
    #[must_use]
    pub fn execution(&self) -> Execution {
        self.0.execution
    }

    /// The node with a name.
    #[must_use]
    pub fn node_index(&self, name: &str) -> Option<NodeIndex> {
        let place = self.0.nodes.binary_search_by(|node| node.name.as_str().cmp(name)).ok()?;
        Some(NodeIndex(place))
    }

    /// What was said about a node, with the graph's defaults.
    ///
    /// # Panics
    /// When the index is of another, larger graph.
    #[must_use]
    pub fn node_options(&self, index: NodeIndex) -> &NodeOptions<S> {
        &self.0.nodes[index.0].options
    }

    pub(crate) fn ends(&self, index: NodeIndex) -> &CompiledEnds {
        &self.0.nodes[index.0].ends
    }

    pub(crate) fn is_deferred(&self, index: NodeIndex) -> bool {
        self.0.nodes[index.0].options.deferred.unwrap_or(false)
    }

    pub(crate) fn stops(&self) -> &Stops {
        &self.0.stops
    }

    pub(crate) fn joins(&self) -> &[Join] {
        &self.0.joins
    }

    pub(crate) fn join_indices(&self) -> impl Iterator<Item = JoinIndex> + use<S> {
        (0..self.0.joins.len()).map(JoinIndex)
    }

    pub(crate) fn node_indices(&self) -> impl Iterator<Item = NodeIndex> + use<S> {
        (0..self.0.nodes.len()).map(NodeIndex)
    }

    /// The names of the graph's nodes, in order.
    pub fn node_names(&self) -> impl ExactSizeIterator<Item = &NodeName> {
        self.0.nodes.iter().map(|node| &node.name)
    }

    /// The name of a node.
    ///
    /// # Panics
    /// When the index is of another, larger graph.
    #[must_use]
    pub fn node_name(&self, index: NodeIndex) -> &NodeName {
        &self.0.nodes[index.0].name
    }

    pub(crate) fn node(&self, index: NodeIndex) -> &dyn Node<S> {
        &*self.0.nodes[index.0].node
    }

    pub(crate) fn outgoing(&self, index: NodeIndex) -> &Outgoing<S> {
        &self.0.nodes[index.0].outgoing
    }

    pub(crate) fn start(&self) -> &Outgoing<S> {
        &self.0.start
    }

    pub(crate) fn join(&self, index: JoinIndex) -> &Join {
        &self.0.joins[index.0]
    }

    /// The node with this name among the sorted targets of a conditional edge.
    pub(crate) fn find(&self, name: &str, among: &[NodeIndex]) -> Option<NodeIndex> {
        let place =
            among.binary_search_by(|index| self.node_name(*index).as_str().cmp(name)).ok()?;
        Some(among[place])
    }

    /// Declared targets, as they are written.
    pub(crate) fn declared(&self, targets: &[NodeIndex], may_end: bool) -> Vec<String> {
        let names = targets.iter().map(|index| self.node_name(*index).into());
        names.chain(may_end.then(|| END.to_owned())).collect()
    }
}

impl<S: State> Clone for CompiledGraph<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: State> fmt::Debug for CompiledGraph<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledGraph")
            .field("nodes", &self.node_names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<S: State> Default for Outgoing<S> {
    fn default() -> Self {
        Self { edges: Vec::new(), joins: Vec::new(), conditional_edges: Vec::new() }
    }
}

impl<S: State> Outgoing<S> {
    pub(super) const fn is_empty(&self) -> bool {
        self.edges.is_empty() && self.joins.is_empty() && self.conditional_edges.is_empty()
    }
}
