//! Where a run stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{JoinIndex, NodeIndex};

/// Where a run stands between two supersteps: with the graph and the state, all there is to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The last committed superstep; 0 before the first.
    pub(super) superstep: u64,
    /// The nodes that run in the next superstep: sorted, each once.
    pub(super) next: Vec<NodeIndex>,
    /// The joins that wait, with the sources that have run. Joins of which no source has run are not here.
    pub(super) waiting: BTreeMap<JoinIndex, BTreeSet<NodeIndex>>,
}

impl Progress {
    /// The last committed superstep; 0 before the first.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.superstep
    }

    /// The nodes that run in the next superstep, in the order of their names. None when the run is at its end.
    #[must_use]
    pub fn next(&self) -> &[NodeIndex] {
        &self.next
    }

    /// The joins that have seen some of their sources, with those.
    #[must_use]
    pub const fn waiting(&self) -> &BTreeMap<JoinIndex, BTreeSet<NodeIndex>> {
        &self.waiting
    }
}
