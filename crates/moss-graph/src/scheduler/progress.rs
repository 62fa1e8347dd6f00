//! Where a run stands.

use std::collections::{BTreeMap, BTreeSet};

use super::task::Task;
use crate::graph::{JoinIndex, NodeIndex};

/// Where a run stands between two supersteps: with the graph and the state, all there is to go on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress<S> {
    /// The last committed superstep; 0 before the first.
    pub(crate) superstep: u64,
    /// The superstep the run began behind: what the recursion limit is counted from.
    pub(crate) began: u64,
    /// The tasks that run next, in the order of their places.
    pub(crate) next: Vec<Task<S>>,
    /// The joins that wait, with the sources that have run. Joins of which no source has run are not here.
    pub(crate) waiting: BTreeMap<JoinIndex, BTreeSet<NodeIndex>>,
    /// The deferred nodes whose turn has come, and that wait for everything else.
    pub(crate) deferred: BTreeSet<NodeIndex>,
    /// The nodes that ran last: sorted, each once.
    pub(crate) ran: Vec<NodeIndex>,
}

impl<S> Progress<S> {
    pub(crate) const fn new(superstep: u64) -> Self {
        Self {
            superstep,
            began: superstep,
            next: Vec::new(),
            waiting: BTreeMap::new(),
            deferred: BTreeSet::new(),
            ran: Vec::new(),
        }
    }

    /// The last committed superstep; 0 before the first. In [`Execution::Dataflow`](crate::Execution::Dataflow) each
    /// task that ends is one.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.superstep
    }

    /// The tasks that run next: nodes in the order of their names, then what was sent. None when the run is at its
    /// end.
    #[must_use]
    pub fn next(&self) -> &[Task<S>] {
        &self.next
    }

    /// The joins that have seen some of their sources, with those.
    #[must_use]
    pub const fn waiting(&self) -> &BTreeMap<JoinIndex, BTreeSet<NodeIndex>> {
        &self.waiting
    }

    /// The deferred nodes that run when nothing else does.
    #[must_use]
    pub const fn deferred(&self) -> &BTreeSet<NodeIndex> {
        &self.deferred
    }

    /// The nodes that ran last, those of the last superstep or the last task: sorted, each once.
    #[must_use]
    pub fn ran(&self) -> &[NodeIndex] {
        &self.ran
    }
}
