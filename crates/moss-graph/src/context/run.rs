//! What all tasks of one graph's run share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use moss_protocol::RunId;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::checkpoint::{JsonObject, Namespace, ThreadId};
use crate::error::RunFailure;
use crate::stream::Sink;
use crate::thread::Ledger;

/// What all tasks of one graph's run share.
pub(crate) struct RunContext {
    pub(crate) id: Option<RunId>,
    pub(crate) cancellation: CancellationToken,
    pub(crate) drain: Drain,
    /// What the host gave the run for its nodes.
    pub(crate) config: Arc<JsonObject>,
    /// Empty for the graph itself.
    pub(crate) namespace: Namespace,
    pub(crate) sink: Option<Sink>,
    pub(crate) ledger: Option<Arc<Ledger>>,
    /// Shared with the runs of subgraphs.
    pub(crate) answers: Arc<AnswersGiven>,
}

/// The answers that have been given to questions of tasks that are not committed yet, by id.
#[derive(Debug, Default)]
pub(crate) struct AnswersGiven(Mutex<BTreeMap<String, Value>>);

impl AnswersGiven {
    pub(crate) fn add(&self, answers: impl IntoIterator<Item = (String, Value)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    pub(crate) fn get(&self, id: &str) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl RunContext {
    pub(crate) fn thread(&self) -> Option<&ThreadId> {
        self.ledger.as_ref().map(|ledger| ledger.writer().thread())
    }

    /// What a future comes to, which is dropped when the run is cancelled before. One that is ready at once counts.
    pub(crate) async fn unless_cancelled<T>(
        &self,
        superstep: u64,
        future: impl Future<Output = Result<T, RunFailure>>,
    ) -> Result<T, RunFailure> {
        tokio::select! {
            biased;
            result = future => result,
            () = self.cancellation.cancelled() => Err(RunFailure::Cancelled { superstep }),
        }
    }
}

impl fmt::Debug for RunContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunContext")
            .field("id", &self.id)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// Asks a run to stop at the end of the superstep under way, so that it can be gone on with elsewhere. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Drain(CancellationToken);

impl Drain {
    /// A drain that nobody has asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Whether the run has been asked to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }
}
