//! A graph ready to run: names interned, edges resolved.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::builder::{JoinMode, Router};
use super::name::{END, NodeName};
use crate::{Node, State};

/// A graph ready to run. A clone is one reference count: thousands of runs share one graph.
pub struct CompiledGraph<S: State>(Arc<Inner<S>>);

struct Inner<S> {
    /// Sorted by name, so that the order of indices is the order of names.
    nodes: Vec<CompiledNode<S>>,
    start: Outgoing<S>,
    joins: Vec<Join>,
}

pub(super) struct CompiledNode<S> {
    pub(super) name: NodeName,
    pub(super) node: Box<dyn Node<S>>,
    pub(super) outgoing: Outgoing<S>,
}

/// The number of a node in its graph. Indices are ordered as the nodes' names are, and have a meaning in that
/// graph only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub(super) usize);

/// The number of a join in its graph, in the order the joins were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinIndex(pub(super) usize);

/// All that leaves a node, or `__start__`.
pub(crate) struct Outgoing<S> {
    pub(crate) edges: Vec<NodeIndex>,
    pub(crate) joins: Vec<JoinIndex>,
    pub(crate) conditional_edges: Vec<ConditionalEdge<S>>,
}

pub(crate) struct ConditionalEdge<S> {
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
    pub(super) fn new(nodes: Vec<CompiledNode<S>>, start: Outgoing<S>, joins: Vec<Join>) -> Self {
        Self(Arc::new(Inner { nodes, start, joins }))
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

    /// The declared targets of a conditional edge, as they are written.
    pub(crate) fn declared(&self, edge: &ConditionalEdge<S>) -> Vec<String> {
        let names = edge.targets.iter().map(|index| self.node_name(*index).into());
        names.chain(edge.may_end.then(|| END.to_owned())).collect()
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

impl<S> Default for Outgoing<S> {
    fn default() -> Self {
        Self { edges: Vec::new(), joins: Vec::new(), conditional_edges: Vec::new() }
    }
}

impl<S> Outgoing<S> {
    pub(super) const fn is_empty(&self) -> bool {
        self.edges.is_empty() && self.joins.is_empty() && self.conditional_edges.is_empty()
    }
}
