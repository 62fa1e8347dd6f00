//! Where a run stands.

use std::collections::{BTreeMap, BTreeSet};

use super::task::Task;
use crate::graph::{JoinIndex, NodeIndex};

/// Where a run stands between two supersteps: with the graph and the state, all there is to go on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress<S> {
    /// The last committed superstep; 0 before the first.
    pub(crate) superstep: u64,
    /// The superstep the run began behind: what supersteps are counted from.
    pub(crate) began: u64,
    /// The tasks that run next, in the order of their places.
    pub(crate) next: Vec<Task<S>>,
    /// The joins that wait, with the sources that have run. Joins of which no source has run are not here.
    pub(crate) waiting: BTreeMap<JoinIndex, Arrived>,
    /// The deferred nodes whose turn has come, and that wait for everything else; with the depths they will have.
    pub(crate) deferred: BTreeMap<NodeIndex, u64>,
    /// The nodes that ran last: sorted, each once.
    pub(crate) ran: Vec<NodeIndex>,
}

/// What a join that waits has seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Arrived {
    /// The sources that have run.
    pub(crate) sources: BTreeSet<NodeIndex>,
    /// The depth of the deepest of their tasks; 0 where they ran before this run.
    pub(crate) depth: u64,
}

impl<S> Progress<S> {
    pub(crate) const fn new(superstep: u64) -> Self {
        Self {
            superstep,
            began: superstep,
            next: Vec::new(),
            waiting: BTreeMap::new(),
            deferred: BTreeMap::new(),
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
    pub fn waiting(&self) -> impl Iterator<Item = (JoinIndex, &BTreeSet<NodeIndex>)> {
        self.waiting.iter().map(|(index, arrived)| (*index, &arrived.sources))
    }

    /// The deferred nodes that run when nothing else does, sorted.
    pub fn deferred(&self) -> impl Iterator<Item = NodeIndex> {
        self.deferred.keys().copied()
    }

    /// The nodes that ran last, those of the last superstep or the last task: sorted, each once.
    #[must_use]
    pub fn ran(&self) -> &[NodeIndex] {
        &self.ran
    }
}
