//! Why a run did not come to its end.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::GraphErrorCode;
use super::graph::Names;
use super::node::NodeFailures;
use crate::checkpoint::{Namespace, StoreError, ThreadId};
use crate::graph::NodeName;
use crate::state::{ReduceError, StateError};

/// A run that did not come to its end: why, and the state as the last committed superstep left it.
///
/// A superstep that fails changes nothing, so [`RunError::state`] is a state the graph was really in.
/// Neither the text nor the debug form shows the state: it may hold what no log should.
pub struct RunError<S> {
    failure: Box<RunFailure>,
    state: Arc<S>,
}

impl<S> RunError<S> {
    pub(crate) fn new(failure: RunFailure, state: Arc<S>) -> Self {
        Self { failure: Box::new(failure), state }
    }

    /// Why the run failed.
    #[must_use]
    pub fn failure(&self) -> &RunFailure {
        &self.failure
    }

    /// The error's stable code.
    #[must_use]
    pub fn code(&self) -> GraphErrorCode {
        self.failure.code()
    }

    /// The state after the last committed superstep; the initial state when none was committed.
    #[must_use]
    pub const fn state(&self) -> &Arc<S> {
        &self.state
    }

    /// The failure and the state.
    #[must_use]
    pub fn into_parts(self) -> (RunFailure, Arc<S>) {
        (*self.failure, self.state)
    }
}

impl<S> fmt::Debug for RunError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunError").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl<S> fmt::Display for RunError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl<S> Error for RunError<S> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure.source()
    }
}

/// Why a run failed. The superstep named is the one that was not committed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunFailure {
    /// Nodes returned errors or panicked.
    #[error(transparent)]
    Nodes(#[from] NodeFailures),
    /// Two nodes wrote one last-value field in one superstep.
    #[error(
        "the nodes \"{first}\" and \"{second}\" both wrote the state field {field:?} in superstep {superstep}, \
         and it takes one value a superstep; give the field a reducer, or let one of the nodes run later"
    )]
    ConcurrentUpdate {
        /// The field.
        field: String,
        /// The node that comes first by name.
        first: NodeName,
        /// The other node.
        second: NodeName,
        /// The superstep both ran in.
        superstep: u64,
    },
    /// A reducer refused a node's update, or panicked.
    #[error("the update of node \"{node}\" in superstep {superstep} does not fit the state")]
    Reducer {
        /// The node that wrote the update.
        node: NodeName,
        /// The superstep it ran in.
        superstep: u64,
        /// Which field, and why.
        #[source]
        source: ReduceError,
    },
    /// A reducer refused a run's input, or an update from outside.
    #[error("the input does not fit the state")]
    Input {
        /// Which field, and why.
        #[source]
        source: ReduceError,
    },
    /// A router chose a target that its conditional edge does not declare.
    #[error(
        "the router after \"{node}\" chose {target:?} in superstep {superstep}, but its conditional edge declares \
         {} only; add it to the edge's targets, or mend the router",
        Names(declared)
    )]
    UndeclaredRouteTarget {
        /// The conditional edge's source: a node, or `__start__`.
        node: String,
        /// What the router chose.
        target: String,
        /// What the edge declares.
        declared: Vec<String>,
        /// The superstep the source ran in; 0 for `__start__`.
        superstep: u64,
    },
    /// A router panicked.
    #[error("the router after \"{node}\" panicked in superstep {superstep}: {message}")]
    RouterPanicked {
        /// The conditional edge's source: a node, or `__start__`.
        node: String,
        /// The superstep the source ran in; 0 for `__start__`.
        superstep: u64,
        /// The panic's message.
        message: String,
    },
    /// A router returned an error.
    #[error("the router after \"{node}\" failed in superstep {superstep}")]
    RouterFailed {
        /// The conditional edge's source: a node, or `__start__`.
        node: String,
        /// The superstep the source ran in; 0 for `__start__`.
        superstep: u64,
        /// The router's own error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nothing is left to run, and a join has seen some of its sources but not all.
    #[error(
        "the run ended after superstep {superstep} while the join into \"{target}\" still waited for {}: {} ran, \
         so the others were skipped; route to all of its sources or to none, or build it with JoinMode::Reached",
        Names(missing),
        Names(seen)
    )]
    IncompleteJoin {
        /// The node the join leads to, which did not run.
        target: NodeName,
        /// The sources that ran.
        seen: Vec<NodeName>,
        /// The sources that did not.
        missing: Vec<NodeName>,
        /// The last superstep of the run, which is committed.
        superstep: u64,
    },
    /// The run has taken all the supersteps it may, and there is more to run; in
    /// [`Execution::Dataflow`](crate::Execution::Dataflow), more tasks would follow each other than may.
    #[error(
        "the run is not done after {limit} supersteps, which is its recursion limit; look for a loop without a \
         way out, or raise RunOptions::recursion_limit"
    )]
    RecursionLimit {
        /// The limit.
        limit: u64,
    },
    /// The run was cancelled.
    #[error("the run was cancelled in superstep {superstep}")]
    Cancelled {
        /// The superstep that was running or about to run.
        superstep: u64,
    },
    /// A run that needs a thread is on none.
    #[error("{what} needs a checkpoint store; give the graph one, and run it on a thread")]
    MissingStore {
        /// What needs it.
        what: &'static str,
    },
    /// The checkpoint store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A state cannot be stored, or what is stored does not fit it.
    #[error(transparent)]
    State(#[from] StateError),
    /// Another run is under way on the thread.
    #[error(
        "another run is under way on thread `{thread}`; wait until it is done, or choose with RunOptions::busy what becomes \
         of it"
    )]
    ThreadBusy {
        /// The thread.
        thread: ThreadId,
    },
    /// What is stored of a thread names nodes or joins that the graph no longer has.
    #[error(
        "the thread stands at {}, which the graph does not have; add it under that name, or update the thread's state as \
         one of the graph's nodes",
        Names(missing)
    )]
    GraphChanged {
        /// The names.
        missing: Vec<String>,
    },
    /// An answer is for a question that is not open.
    #[error("there is no open question `{id}`; open are {}", Names(open))]
    UnknownInterrupt {
        /// The id.
        id: String,
        /// The ids of the open questions.
        open: Vec<String>,
    },
    /// One answer is given, and several questions are open.
    #[error("one answer is given, and {} are open; answer them by their ids", Names(open))]
    AmbiguousAnswer {
        /// The ids of the open questions.
        open: Vec<String>,
    },
    /// An answer does not satisfy its question's schema. Nothing has been done with any of the answers.
    #[error("the answer to `{id}` does not satisfy its schema: {problem}")]
    InvalidAnswer {
        /// The question's id.
        id: String,
        /// What is wrong.
        problem: String,
    },
    /// A run is to go on, and there is nothing to go on with.
    #[error("{0}")]
    EmptyInput(EmptyInput),
    /// An update does not say which node it is of.
    #[error(
        "the update does not say which node it is of, and {} ran last; name one",
        Names(candidates)
    )]
    AmbiguousUpdate {
        /// The nodes it could be of.
        candidates: Vec<NodeName>,
    },
    /// A namespace leads to no subgraph of the thread.
    #[error(
        "the thread has no subgraph at `{namespace}`, or the task it was in is through; {}",
        Known(known)
    )]
    UnknownNamespace {
        /// The namespace.
        namespace: Namespace,
        /// The namespaces of the subgraphs that the thread goes on with.
        known: Vec<Namespace>,
    },
    /// A command is for the graph around one that has none, or that is of another state.
    #[error(
        "the node \"{node}\" gave a command for the graph around its own, and there is none that takes it; give it without \
         `to_parent`, or run the graph as a subgraph of one with that state"
    )]
    NoParentGraph {
        /// The node.
        node: NodeName,
    },
    /// The run was asked to stop ([`Drain`](crate::Drain)), and did. What it came to is the error's state.
    #[error("the run was asked to stop, and did behind superstep {superstep}")]
    Drained {
        /// The last committed superstep.
        superstep: u64,
    },
    /// A superstep took longer than it may.
    #[error("superstep {superstep} took longer than {limit:?}, which is RunOptions::step_timeout")]
    StepTimeout {
        /// The superstep.
        superstep: u64,
        /// The limit.
        limit: std::time::Duration,
    },
    /// A task of a graph without the barrier, where each is a step of its own, took longer than a step may.
    #[error(
        "node \"{node}\" in superstep {superstep} took longer than {limit:?}, which is RunOptions::step_timeout"
    )]
    TaskTimeout {
        /// The node.
        node: NodeName,
        /// The superstep it was planned for.
        superstep: u64,
        /// The limit.
        limit: std::time::Duration,
    },
    /// The tasks handed to [`commit`](crate::scheduler::commit) are not those it waits for.
    #[error(
        "superstep {superstep} was to be committed with other tasks than were planned; finish each planned task \
         exactly once"
    )]
    UnplannedTasks {
        /// The superstep.
        superstep: u64,
    },
}

impl RunFailure {
    /// The error's stable code.
    #[must_use]
    pub fn code(&self) -> GraphErrorCode {
        match self {
            Self::Nodes(failures) => failures.code(),
            Self::MissingStore { .. } => GraphErrorCode::MissingStore,
            Self::Store(_) => GraphErrorCode::StoreFailed,
            Self::State(_) => GraphErrorCode::StateFailed,
            Self::ThreadBusy { .. } => GraphErrorCode::ThreadBusy,
            Self::GraphChanged { .. } => GraphErrorCode::GraphChanged,
            Self::UnknownInterrupt { .. } => GraphErrorCode::UnknownInterrupt,
            Self::AmbiguousAnswer { .. } => GraphErrorCode::AmbiguousAnswer,
            Self::InvalidAnswer { .. } => GraphErrorCode::InvalidAnswer,
            Self::EmptyInput(_) => GraphErrorCode::EmptyInput,
            Self::AmbiguousUpdate { .. } => GraphErrorCode::AmbiguousUpdate,
            Self::UnknownNamespace { .. } => GraphErrorCode::UnknownNamespace,
            Self::NoParentGraph { .. } => GraphErrorCode::NoParentGraph,
            Self::Drained { .. } => GraphErrorCode::Drained,
            Self::StepTimeout { .. } | Self::TaskTimeout { .. } => GraphErrorCode::StepTimeout,
            Self::ConcurrentUpdate { .. } => GraphErrorCode::InvalidConcurrentGraphUpdate,
            Self::Reducer { .. } | Self::Input { .. } => GraphErrorCode::ReducerFailed,
            Self::UndeclaredRouteTarget { .. } => GraphErrorCode::UndeclaredRouteTarget,
            Self::RouterPanicked { .. } => GraphErrorCode::RouterPanicked,
            Self::RouterFailed { .. } => GraphErrorCode::RouterFailed,
            Self::IncompleteJoin { .. } => GraphErrorCode::IncompleteJoin,
            Self::RecursionLimit { .. } => GraphErrorCode::GraphRecursionLimit,
            Self::Cancelled { .. } => GraphErrorCode::Cancelled,
            Self::UnplannedTasks { .. } => GraphErrorCode::UnplannedTasks,
        }
    }
}

/// The subgraphs there are, in words.
struct Known<'a>(&'a [Namespace]);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("it goes on with none")
        } else {
            write!(f, "it goes on with those at {}", Names(self.0))
        }
    }
}

/// Why there is nothing to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EmptyInput {
    /// The thread has no checkpoint.
    #[error("the thread has no checkpoint to go on from; give it an input")]
    NewThread,
    /// No question is open.
    #[error("an answer is given, and no question is open; go on without, or give an input")]
    NothingAsked,
    /// A command says nothing.
    #[error("the command says nothing; give it an update, places to go on at, or answers")]
    EmptyCommand,
    /// The run asked for is on a checkpoint that is not there.
    #[error("there is no such checkpoint on the thread; list its history")]
    NoSuchCheckpoint,
}
