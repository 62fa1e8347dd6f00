//! What a node is told about the run it is part of.

use std::sync::{Arc, OnceLock};

use moss_protocol::RunId;
use tokio_util::sync::CancellationToken;

use crate::{NodeName, TaskId};

/// What a node is told about its task and run. All a node needs is here and in the state: nothing is ambient.
#[derive(Debug, Clone)]
pub struct NodeContext {
    task: TaskId,
    run: Arc<RunContext>,
    /// Made when it is asked for: most nodes leave cancellation to being dropped.
    cancellation: OnceLock<CancellationToken>,
}

/// What all tasks of a run share.
#[derive(Debug)]
pub(crate) struct RunContext {
    pub(crate) id: Option<RunId>,
    pub(crate) cancellation: CancellationToken,
}

impl NodeContext {
    pub(crate) const fn new(task: TaskId, run: Arc<RunContext>) -> Self {
        Self { task, run, cancellation: OnceLock::new() }
    }

    /// The node that runs.
    #[must_use]
    pub const fn node(&self) -> &NodeName {
        self.task.node()
    }

    /// The superstep the node runs in; the first is 1, as LangGraph's `langgraph_step`.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.task.superstep()
    }

    /// The task's id, the same in every execution that takes the same way.
    #[must_use]
    pub const fn task(&self) -> &TaskId {
        &self.task
    }

    /// The run's id, where the host gave one.
    #[must_use]
    pub fn run_id(&self) -> Option<&RunId> {
        self.run.id.as_ref()
    }

    /// Cancelled when the run ends, in whatever way: cancelled, failed, finished or dropped. For work the node
    /// hands to others; the node itself is dropped.
    ///
    /// It is a child of the run's token: cancelling it stops this node's own work and nothing else.
    pub fn cancellation(&self) -> &CancellationToken {
        self.cancellation.get_or_init(|| self.run.cancellation.child_token())
    }
}
