//! What a node is told about the run it is part of, and what it can ask of it.

mod desk;
mod effects;
mod interrupts;
mod run;
mod writing;

use std::sync::{Arc, OnceLock};

use moss_protocol::RunId;
use tokio_util::sync::CancellationToken;

pub(crate) use desk::{Desk, TaskOrigin, decoded};
pub use effects::EffectError;
pub use interrupts::InterruptError;
pub use run::Drain;
pub(crate) use run::{AnswersGiven, RunContext};

use crate::checkpoint::{CheckpointId, JsonObject, Namespace, ThreadId};
use crate::{NodeName, TaskId};

/// What a node is told about its task and run, and what it can ask of it. All a node needs is here and in the state:
/// nothing is ambient.
#[derive(Clone)]
pub struct NodeContext {
    task: TaskId,
    attempt: u32,
    /// How many steps may come, this one among them.
    remaining_steps: u64,
    /// What is said about the node.
    metadata: Option<Arc<JsonObject>>,
    run: Arc<RunContext>,
    /// None in a run that is neither stored nor followed, of a node without a time limit.
    desk: Option<Arc<Desk>>,
    /// Made when it is asked for: most nodes leave cancellation to being dropped.
    cancellation: OnceLock<CancellationToken>,
}

impl NodeContext {
    pub(crate) fn new(
        task: TaskId,
        attempt: u32,
        (remaining_steps, metadata): (u64, Option<Arc<JsonObject>>),
        run: Arc<RunContext>,
        desk: Option<Arc<Desk>>,
    ) -> Self {
        Self { task, attempt, remaining_steps, metadata, run, desk, cancellation: OnceLock::new() }
    }

    /// The node that runs.
    #[must_use]
    pub const fn node(&self) -> &NodeName {
        self.task.node()
    }

    /// The superstep the node runs in; the first is 1, as LangGraph's `langgraph_step`. On a thread it goes on from
    /// run to run.
    #[must_use]
    pub const fn superstep(&self) -> u64 {
        self.task.superstep()
    }

    /// How many supersteps the run may take from this one on, by its [recursion limit](crate::RunOptions::recursion_limit):
    /// 1 in the last. So a node of a loop may come to an end in time. LangGraph's `RemainingSteps`, and where it is 1 its
    /// `IsLastStep`. In a subgraph it is the subgraph's own limit that counts.
    #[must_use]
    pub const fn remaining_steps(&self) -> u64 {
        self.remaining_steps
    }

    /// The task's id, the same in every execution that takes the same way.
    #[must_use]
    pub const fn task(&self) -> &TaskId {
        &self.task
    }

    /// Which attempt at the task this is, counted from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The run's id, where the host gave one.
    #[must_use]
    pub fn run_id(&self) -> Option<&RunId> {
        self.run.id.as_ref()
    }

    /// The thread the run is on, where it is on one.
    #[must_use]
    pub fn thread_id(&self) -> Option<&ThreadId> {
        self.run.thread()
    }

    /// The checkpoint the task's superstep comes from, in a run on a thread.
    #[must_use]
    pub fn checkpoint_id(&self) -> Option<CheckpointId> {
        self.run.ledger.as_ref()?.at()
    }

    /// The namespace of the graph: empty for the graph itself.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.run.namespace
    }

    /// What the host gave the run for its nodes ([`RunOptions::config`](crate::RunOptions::config)).
    #[must_use]
    pub fn config(&self) -> &JsonObject {
        &self.run.config
    }

    /// What is said about the node ([`NodeOptions::metadata`](crate::NodeOptions::metadata)).
    #[must_use]
    pub fn metadata(&self) -> Option<&JsonObject> {
        self.metadata.as_deref()
    }

    /// Whether the run has been asked to stop at the end of this superstep.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.run.drain.is_requested()
    }

    /// A sign of life, for a node with [`TimeoutPolicy::idle`](crate::TimeoutPolicy::idle).
    pub fn heartbeat(&self) {
        if let Some(desk) = &self.desk {
            desk.beat();
        }
    }

    /// Cancelled when the run ends, in whatever way: cancelled, failed, finished or dropped. For work the node
    /// hands to others; the node itself is dropped.
    ///
    /// It is a child of the run's token: cancelling it stops this node's own work and nothing else.
    pub fn cancellation(&self) -> &CancellationToken {
        self.cancellation.get_or_init(|| self.run.cancellation.child_token())
    }

    pub(crate) const fn run(&self) -> &Arc<RunContext> {
        &self.run
    }

    pub(crate) const fn desk(&self) -> Option<&Arc<Desk>> {
        self.desk.as_ref()
    }
}

impl std::fmt::Debug for NodeContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeContext")
            .field("task", &self.task)
            .field("attempt", &self.attempt)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}
