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
    /// A graph definition is of a version that is not known here.
    UnknownDefinitionVersion,
    /// A graph definition has not the form it should have.
    InvalidDefinition,
    /// A graph definition names a function that the host does not have.
    MissingFunction,
    /// A node returned an error or panicked.
    NodeFailed,
    /// A node took longer than it may.
    NodeTimeout,
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
    /// A run that needs a thread is on none. LangGraph's code.
    MissingStore,
    /// The checkpoint store failed; the error says how.
    StoreFailed,
    /// A state cannot be stored, or what is stored does not fit it.
    StateFailed,
    /// Another run is under way on the thread.
    ThreadBusy,
    /// What is stored of a thread names nodes that the graph no longer has.
    GraphChanged,
    /// An answer is for a question that is not open.
    UnknownInterrupt,
    /// One answer is given and several questions are open.
    AmbiguousAnswer,
    /// An answer does not satisfy its question's schema.
    InvalidAnswer,
    /// A run is to go on, and there is nothing to go on with.
    EmptyInput,
    /// An update does not say which node it is of, and several could be meant.
    AmbiguousUpdate,
    /// A namespace leads to no subgraph of the thread.
    UnknownNamespace,
    /// A command is for the graph around one that has none.
    NoParentGraph,
    /// The run was asked to stop, and did.
    Drained,
    /// A node gave back what is no output. LangGraph's code.
    InvalidNodeReturn,
    /// A superstep took longer than it may.
    StepTimeout,
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
            Self::UnknownDefinitionVersion => "UNKNOWN_DEFINITION_VERSION",
            Self::InvalidDefinition => "INVALID_GRAPH_DEFINITION",
            Self::MissingFunction => "MISSING_FUNCTION",
            Self::NodeFailed => "NODE_FAILED",
            Self::NodeTimeout => "NODE_TIMEOUT",
            Self::InvalidConcurrentGraphUpdate => "INVALID_CONCURRENT_GRAPH_UPDATE",
            Self::ReducerFailed => "REDUCER_FAILED",
            Self::UndeclaredRouteTarget => "UNDECLARED_ROUTE_TARGET",
            Self::RouterPanicked => "ROUTER_PANICKED",
            Self::RouterFailed => "ROUTER_FAILED",
            Self::IncompleteJoin => "INCOMPLETE_JOIN",
            Self::GraphRecursionLimit => "GRAPH_RECURSION_LIMIT",
            Self::Cancelled => "CANCELLED",
            Self::MissingStore => "MISSING_CHECKPOINTER",
            Self::StoreFailed => "STORE_FAILED",
            Self::StateFailed => "STATE_FAILED",
            Self::ThreadBusy => "THREAD_BUSY",
            Self::GraphChanged => "GRAPH_CHANGED",
            Self::UnknownInterrupt => "UNKNOWN_INTERRUPT",
            Self::AmbiguousAnswer => "AMBIGUOUS_ANSWER",
            Self::InvalidAnswer => "INVALID_ANSWER",
            Self::EmptyInput => "EMPTY_INPUT",
            Self::AmbiguousUpdate => "AMBIGUOUS_UPDATE",
            Self::UnknownNamespace => "UNKNOWN_NAMESPACE",
            Self::NoParentGraph => "NO_PARENT_GRAPH",
            Self::Drained => "GRAPH_DRAINED",
            Self::InvalidNodeReturn => "INVALID_GRAPH_NODE_RETURN_VALUE",
            Self::StepTimeout => "STEP_TIMEOUT",
            Self::UnplannedTasks => "UNPLANNED_TASKS",
        }
    }
}

impl fmt::Display for GraphErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
