//! A thread's past.

use super::{StateSnapshot, Thread};
use crate::State;
use crate::checkpoint::{
    CheckpointFilter, CheckpointId, CheckpointQuery, CheckpointSource, JsonObject, Namespace,
};
use crate::error::RunFailure;

/// Which checkpoints of a thread's history are given: those that all parts fit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoryFilter {
    /// Only those before this one.
    pub before: Option<CheckpointId>,
    /// Only those that this made.
    pub source: Option<CheckpointSource>,
    /// Only those on which these members were noted.
    pub metadata: JsonObject,
    /// At most so many. Default: 100.
    pub limit: Option<usize>,
}

impl<S: State> Thread<S> {
    /// The thread as it stood at each of its checkpoints, of all forks, the newest first.
    ///
    /// # Errors
    /// Those of [`state`](Self::state).
    pub async fn history(
        &self,
        filter: HistoryFilter,
    ) -> Result<Vec<StateSnapshot<S>>, RunFailure> {
        let mut wanted = CheckpointFilter::of(Namespace::root());
        wanted.before = filter.before;
        wanted.source = filter.source;
        wanted.metadata = filter.metadata;
        wanted.limit = filter.limit.unwrap_or(wanted.limit);
        let mut history = Vec::new();
        for listed in self.store.list(&self.id, &wanted).await? {
            let id = listed.checkpoint.id;
            let query = CheckpointQuery::at(self.id.clone(), Namespace::root(), id);
            // One that has been pruned in the meantime is left out.
            if let Some(stored) = self.store.load(&query).await? {
                let is_newest = stored.head == id;
                history.push(self.snapshot(stored, is_newest).await?);
            }
        }
        Ok(history)
    }
}
