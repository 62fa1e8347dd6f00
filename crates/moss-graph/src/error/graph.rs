//! Why a graph does not compile.

use std::fmt;

use thiserror::Error;

use super::GraphErrorCode;
use crate::graph::{InvalidNodeName, NodeName};

/// Why [`StateGraph::compile`](crate::StateGraph::compile) refused a graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A node has a name that no node may have.
    #[error(transparent)]
    InvalidNodeName(#[from] InvalidNodeName),
    /// Two nodes have the same name.
    #[error("there are two nodes named {node:?}; give one of them another name")]
    DuplicateNode {
        /// The name.
        node: NodeName,
    },
    /// An edge names a node that is not in the graph.
    #[error(
        "{edge} names {name:?}, but there is no such node; {}",
        Mend { name, nearest: nearest.as_ref() }
    )]
    UnknownNode {
        /// The name that is not there.
        name: String,
        /// The edge that uses it.
        edge: String,
        /// The node whose name is nearest to it, if one is near.
        nearest: Option<NodeName>,
    },
    /// No way from `__start__` leads to these nodes.
    #[error(
        "no way leads from __start__ to {}; add an edge to it, name it among the targets of a conditional edge, \
         or leave it out. A join is reached when all its sources are",
        Names(nodes)
    )]
    UnreachableNodes {
        /// The nodes, by name.
        nodes: Vec<NodeName>,
    },
    /// No edge leaves `__start__`.
    #[error("the graph has no entry point; add an edge from START to the node that runs first")]
    MissingEntryPoint,
    /// An edge leads into `__start__`.
    #[error(
        "{edge} leads into __start__, where a run only begins; lead it to the node that should run"
    )]
    EdgeIntoStart {
        /// The edge.
        edge: String,
    },
    /// An edge leads out of `__end__`.
    #[error("{edge} leads out of __end__, where a run has ended; let it leave the node before")]
    EdgeOutOfEnd {
        /// The edge.
        edge: String,
    },
    /// A join that makes no sense.
    #[error("the join into {target:?} {problem}")]
    InvalidJoin {
        /// The join's target.
        target: String,
        /// What is wrong with it.
        problem: JoinProblem,
    },
    /// A conditional edge without targets.
    #[error(
        "the conditional edge from {node:?} declares no target; name all nodes its router may choose, and END \
         where it may end"
    )]
    MissingRouteTargets {
        /// The edge's source.
        node: String,
    },
}

/// What is wrong with a join edge.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinProblem {
    /// It has no source.
    #[error("has no source; name the nodes it waits for")]
    NoSource,
    /// It has one source only.
    #[error("has {source_node:?} as its only source; use a plain edge")]
    OneSource {
        /// The source.
        source_node: String,
    },
    /// It names one source twice.
    #[error("names its source {source_node:?} twice; name it once")]
    DuplicateSource {
        /// The source.
        source_node: String,
    },
    /// One of its sources is `__start__`.
    #[error("has __start__ among its sources, which is always there; leave it out")]
    StartAsSource,
    /// Its target is `__end__`.
    #[error("leads to __end__, where nothing waits; let each source end by itself")]
    EndAsTarget,
}

impl GraphError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(&self) -> GraphErrorCode {
        match self {
            Self::InvalidNodeName(_) => GraphErrorCode::InvalidNodeName,
            Self::DuplicateNode { .. } => GraphErrorCode::DuplicateNode,
            Self::UnknownNode { .. } => GraphErrorCode::UnknownNode,
            Self::UnreachableNodes { .. } => GraphErrorCode::UnreachableNode,
            Self::MissingEntryPoint => GraphErrorCode::MissingEntryPoint,
            Self::EdgeIntoStart { .. } | Self::EdgeOutOfEnd { .. } => GraphErrorCode::InvalidEdge,
            Self::InvalidJoin { .. } => GraphErrorCode::InvalidJoin,
            Self::MissingRouteTargets { .. } => GraphErrorCode::MissingRouteTargets,
        }
    }
}

/// How to mend an unknown name.
struct Mend<'a> {
    name: &'a str,
    nearest: Option<&'a NodeName>,
}

impl fmt::Display for Mend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nearest {
            Some(nearest) => write!(f, "did you mean {:?}?", nearest.as_str()),
            None => write!(f, "add it with .node({:?}, …) or correct the name", self.name),
        }
    }
}

/// Names in quotes, with commas between them.
pub(super) struct Names<'a, T>(pub(super) &'a [T]);

impl<T: AsRef<str>> fmt::Display for Names<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{:?}", name.as_ref())?;
        }
        Ok(())
    }
}
