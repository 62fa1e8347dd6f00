//! How a run is to go.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use moss_protocol::RunId;
use tokio_util::sync::CancellationToken;

use crate::checkpoint::JsonObject;
use crate::{BusyThread, Drain, Durability, Interrupts, Observer};

/// How a run is to go.
///
/// ```
/// use moss_graph::RunOptions;
///
/// let options = RunOptions { recursion_limit: 100, ..RunOptions::default() };
/// ```
#[derive(Clone)]
pub struct RunOptions {
    /// How many supersteps the run may take; in [`Execution::Dataflow`](crate::Execution::Dataflow), how many tasks may
    /// follow each other. A run that goes on with a thread counts anew. Default 25, as in LangGraph.js.
    pub recursion_limit: u64,
    /// Cancels the run: it ends at once with an error, and its nodes are dropped. Default: a token of its own,
    /// which nobody cancels.
    pub cancellation: CancellationToken,
    /// How many nodes of one superstep run at a time. Default: all.
    pub max_concurrency: Option<NonZeroUsize>,
    /// Who follows the run. Default: nobody.
    pub observer: Option<Arc<dyn Observer>>,
    /// The run's id, for the nodes to see and for its checkpoints. Default: none; on a thread, one is made.
    pub run_id: Option<RunId>,
    /// Asks the run to stop at the end of a superstep. Default: nobody does.
    pub drain: Drain,
    /// How long one superstep may take, or in [`Execution::Dataflow`](crate::Execution::Dataflow) one task, which is a step
    /// of its own there. Default: without limit.
    pub step_timeout: Option<Duration>,
    /// What the run's nodes find in [`NodeContext::config`](crate::NodeContext::config). Default: nothing.
    pub config: Arc<JsonObject>,
    /// Stops the run before these nodes, beside those the graph itself stops at. It needs a thread. Default: none.
    pub interrupt_before: Interrupts,
    /// Stops the run after these nodes, likewise.
    pub interrupt_after: Interrupts,
    /// When what the run has done is stored, on a thread. Default: behind the run.
    pub durability: Durability,
    /// What becomes of the run when another is under way on its thread. Default: it is refused.
    pub busy: BusyThread,
    /// What is noted on each checkpoint of the run, to find them by. Default: nothing.
    pub metadata: JsonObject,
    /// For how long the run's lease on its thread lasts without being renewed, which it is three times in that time.
    /// After a crash the thread is free when it has run out. Default 30 s.
    pub lease: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            recursion_limit: 25,
            cancellation: CancellationToken::new(),
            max_concurrency: None,
            observer: None,
            run_id: None,
            drain: Drain::new(),
            step_timeout: None,
            config: Arc::default(),
            interrupt_before: Interrupts::None,
            interrupt_after: Interrupts::None,
            durability: Durability::default(),
            busy: BusyThread::default(),
            metadata: JsonObject::new(),
            lease: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions")
            .field("recursion_limit", &self.recursion_limit)
            .field("max_concurrency", &self.max_concurrency)
            .field("run_id", &self.run_id)
            .field("durability", &self.durability)
            .field("busy", &self.busy)
            .finish_non_exhaustive()
    }
}
