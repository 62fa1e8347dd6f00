//! How long checkpoints are kept.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::{CheckpointId, Namespace, Timestamp};

/// Which checkpoints are kept. A checkpoint goes when no part of it says that it stays.
///
/// The newest checkpoint of a namespace always stays, and so does what the checkpoints that stay need of the others.
/// The namespaces of single invocations of subgraphs go as a whole, once all checkpoints of the graph itself
/// that are older than theirs have gone, and the age does not keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// So many of each namespace stay, the newest ones. Left out, only the newest.
    pub keep_last: Option<NonZeroUsize>,
    /// Those that are younger than this stay. Left out, the age says nothing.
    pub keep_younger_than: Option<Duration>,
}

impl Retention {
    /// Keeps the newest so many of each namespace.
    #[must_use]
    pub const fn last(count: NonZeroUsize) -> Self {
        Self { keep_last: Some(count), keep_younger_than: None }
    }

    /// Keeps those that are younger.
    #[must_use]
    pub const fn younger_than(age: Duration) -> Self {
        Self { keep_last: None, keep_younger_than: Some(age) }
    }

    /// Which checkpoints of one thread go, of those given. For stores, so that all decide alike.
    #[must_use]
    pub fn removes(
        &self,
        checkpoints: &BTreeMap<Namespace, BTreeMap<CheckpointId, Timestamp>>,
        now: Timestamp,
    ) -> Vec<(Namespace, CheckpointId)> {
        let goes_of = |chain: &BTreeMap<CheckpointId, Timestamp>| self.goes_of(chain, now);
        let oldest_kept_root = checkpoints.get(&Namespace::root()).and_then(|root| {
            let goes = goes_of(root);
            root.keys().nth(goes.len()).copied()
        });
        let mut removed = Vec::new();
        for (namespace, chain) in checkpoints {
            let is_over = chain.last_key_value().is_some_and(|(newest, made)| {
                Some(*newest) < oldest_kept_root && self.is_old(*made, now)
            });
            let goes = if namespace.is_of_a_task() && is_over {
                chain.keys().copied().collect()
            } else {
                goes_of(chain)
            };
            removed.extend(goes.into_iter().map(|id| (namespace.clone(), id)));
        }
        removed
    }

    /// Which checkpoints of one namespace go: the oldest ones, up to the first that stays.
    fn goes_of(
        &self,
        chain: &BTreeMap<CheckpointId, Timestamp>,
        now: Timestamp,
    ) -> Vec<CheckpointId> {
        let least = self.keep_last.map_or(1, NonZeroUsize::get);
        chain
            .iter()
            .take(chain.len().saturating_sub(least))
            .take_while(|(_, made)| self.is_old(**made, now))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether the age says nothing for a checkpoint.
    fn is_old(&self, made: Timestamp, now: Timestamp) -> bool {
        self.keep_younger_than.is_none_or(|age| made <= now.before(age))
    }
}
