//! Following a run from outside.

use crate::{NodeFailure, NodeName, TaskId};

/// Follows the supersteps of a run, for logs and tests. Every method does nothing unless it is written.
///
/// The methods are called on the task that drives the run, in order, between its steps: they should return at
/// once.
pub trait Observer: Send + Sync {
    /// A superstep begins with these tasks, in the order of their nodes' names.
    fn superstep_started(&self, superstep: u64, tasks: &[TaskId]) {
        let _ = (superstep, tasks);
    }

    /// A task has come to its end, by itself. Tasks that were dropped with their superstep are not told of.
    fn task_finished(&self, task: &TaskId, outcome: Result<(), &NodeFailure>) {
        let _ = (task, outcome);
    }

    /// A superstep's updates are in the state, and these nodes run next: none when the run is done.
    fn superstep_committed(&self, superstep: u64, next: &[NodeName]) {
        let _ = (superstep, next);
    }
}
