//! Stable codes of errors.

use std::fmt;

/// What kind of error it is, as a code that stays the same between versions. LangGraph's code where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphErrorCode {
    /// A text cannot name a node.
    InvalidNodeName,
    /// Two nodes have one name.
    DuplicateNode,
    /// An edge names a node that is not there.
    UnknownNode,
    /// No way leads to a node. LangGraph's code.
    UnreachableNode,
    /// No edge leaves `__start__`.
    MissingEntryPoint,
    /// An edge leads into `__start__` or out of `__end__`.
    InvalidEdge,
    /// A join edge without sense.
    InvalidJoin,
    /// A conditional edge declares no target.
    MissingRouteTargets,
    /// A node returned an error or panicked.
    NodeFailed,
    /// Two nodes wrote one last-value field in one superstep. LangGraph's code.
    InvalidConcurrentGraphUpdate,
    /// A reducer refused an update or panicked.
    ReducerFailed,
    /// A router chose a target that its edge does not declare.
    UndeclaredRouteTarget,
    /// A router panicked.
    RouterPanicked,
    /// A router returned an error.
    RouterFailed,
    /// A run came to its end while a join still waited for some of its sources.
    IncompleteJoin,
    /// A run took all the supersteps it may and was not done. LangGraph's code.
    GraphRecursionLimit,
    /// The run was cancelled.
    Cancelled,
    /// The tasks given to the scheduler are not those it planned.
    UnplannedTasks,
}

impl GraphErrorCode {
    /// The code as text, in upper case with underscores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidNodeName => "INVALID_NODE_NAME",
            Self::DuplicateNode => "DUPLICATE_NODE",
            Self::UnknownNode => "UNKNOWN_NODE",
            Self::UnreachableNode => "UNREACHABLE_NODE",
            Self::MissingEntryPoint => "MISSING_ENTRY_POINT",
            Self::InvalidEdge => "INVALID_EDGE",
            Self::InvalidJoin => "INVALID_JOIN",
            Self::MissingRouteTargets => "MISSING_ROUTE_TARGETS",
            Self::NodeFailed => "NODE_FAILED",
            Self::InvalidConcurrentGraphUpdate => "INVALID_CONCURRENT_GRAPH_UPDATE",
            Self::ReducerFailed => "REDUCER_FAILED",
            Self::UndeclaredRouteTarget => "UNDECLARED_ROUTE_TARGET",
            Self::RouterPanicked => "ROUTER_PANICKED",
            Self::RouterFailed => "ROUTER_FAILED",
            Self::IncompleteJoin => "INCOMPLETE_JOIN",
            Self::GraphRecursionLimit => "GRAPH_RECURSION_LIMIT",
            Self::Cancelled => "CANCELLED",
            Self::UnplannedTasks => "UNPLANNED_TASKS",
        }
    }
}

impl fmt::Display for GraphErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
