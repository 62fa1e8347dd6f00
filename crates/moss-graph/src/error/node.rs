//! Why nodes failed.

use std::error::Error;
use std::fmt;

use thiserror::Error;

use super::GraphErrorCode;
use super::graph::Names;
use crate::graph::NodeName;

/// A node gave back something that is no output of a node.
#[derive(Debug, Error)]
#[error("a node gives back an object of the fields it writes, null, a command, or a list of those")]
pub(crate) struct InvalidNodeOutput {
    #[source]
    pub(crate) source: crate::state::StateError,
}

/// The failure of one node.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeFailure {
    /// It returned an error.
    #[error("node \"{node}\" failed in superstep {superstep}")]
    Failed {
        /// The node.
        node: NodeName,
        /// The superstep it ran in.
        superstep: u64,
        /// The node's own error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It took longer than it may.
    #[error("node \"{node}\" was over its {limit} limit of {after:?} in superstep {superstep}")]
    TimedOut {
        /// The node.
        node: NodeName,
        /// The superstep it ran in.
        superstep: u64,
        /// Which limit: `run` or `idle`.
        limit: &'static str,
        /// How long the limit is.
        after: std::time::Duration,
    },
    /// It panicked.
    #[error("node \"{node}\" panicked in superstep {superstep}: {message}")]
    Panicked {
        /// The node.
        node: NodeName,
        /// The superstep it ran in.
        superstep: u64,
        /// The panic's message.
        message: String,
    },
}

impl NodeFailure {
    /// The node that failed.
    #[must_use]
    pub const fn node(&self) -> &NodeName {
        match self {
            Self::Failed { node, .. }
            | Self::TimedOut { node, .. }
            | Self::Panicked { node, .. } => node,
        }
    }

    /// Why it failed, with all causes, as a text for where the node is named already: what stands beside a task.
    #[must_use]
    pub fn reason(&self) -> String {
        let Self::Failed { source, .. } = self else { return self.to_string() };
        let mut text = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// The superstep it failed in.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        match self {
            Self::Failed { superstep, .. }
            | Self::TimedOut { superstep, .. }
            | Self::Panicked { superstep, .. } => *superstep,
        }
    }
}

/// The failures of one superstep: at least one. Those that had already happened when the first was seen are all
/// here, by the nodes' names; what had not is cancelled.
#[derive(Debug)]
pub struct NodeFailures {
    first: NodeFailure,
    others: Vec<NodeFailure>,
}

impl NodeFailures {
    pub(crate) fn new(seen: NodeFailure, mut others: Vec<NodeFailure>) -> Self {
        let mut first = seen;
        others.sort_by(|a, b| a.node().cmp(b.node()));
        if let Some(lowest) = others.first_mut()
            && lowest.node() < first.node()
        {
            std::mem::swap(lowest, &mut first);
            others.sort_by(|a, b| a.node().cmp(b.node()));
        }
        Self { first, others }
    }

    pub(super) fn code(&self) -> GraphErrorCode {
        match &self.first {
            NodeFailure::TimedOut { .. } if self.others.is_empty() => GraphErrorCode::NodeTimeout,
            NodeFailure::Failed { source, .. }
                if self.others.is_empty() && source.is::<InvalidNodeOutput>() =>
            {
                GraphErrorCode::InvalidNodeReturn
            }
            NodeFailure::Failed { .. }
            | NodeFailure::TimedOut { .. }
            | NodeFailure::Panicked { .. } => GraphErrorCode::NodeFailed,
        }
    }

    /// The failure of the node that comes first by name.
    #[must_use]
    pub const fn first(&self) -> &NodeFailure {
        &self.first
    }

    /// All failures, by the nodes' names.
    pub fn iter(&self) -> impl Iterator<Item = &NodeFailure> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl IntoIterator for NodeFailures {
    type Item = NodeFailure;
    type IntoIter = std::iter::Chain<std::iter::Once<NodeFailure>, std::vec::IntoIter<NodeFailure>>;

    /// All failures, by the nodes' names.
    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.first).chain(self.others)
    }
}

impl fmt::Display for NodeFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.others.is_empty() {
            return self.first.fmt(f);
        }
        let nodes: Vec<_> = self.iter().map(NodeFailure::node).collect();
        let superstep = self.first.superstep();
        write!(f, "{} nodes failed in superstep {superstep}: {}", nodes.len(), Names(&nodes))
    }
}

impl Error for NodeFailures {
    /// The cause of the only failure, or the first of several.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if self.others.is_empty() { self.first.source() } else { Some(&self.first) }
    }
}
