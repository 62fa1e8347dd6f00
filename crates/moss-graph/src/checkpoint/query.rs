//! Which checkpoints are asked for.

use moss_protocol::{JsonObject, RunId, ThreadId};

use super::{Checkpoint, CheckpointId, CheckpointSource, Namespace};

/// Which checkpoint of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckpointSelector {
    /// The newest.
    Latest,
    /// The one with this id.
    At(CheckpointId),
    /// The newest whose id is not greater than this one: a subgraph as it was at a checkpoint of its parent.
    NotAfter(CheckpointId),
}

/// Asks for one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointQuery {
    /// Its thread.
    pub thread: ThreadId,
    /// Its namespace.
    pub namespace: Namespace,
    /// Which one.
    pub selector: CheckpointSelector,
}

impl CheckpointQuery {
    /// Asks for the newest checkpoint.
    #[must_use]
    pub const fn latest(thread: ThreadId, namespace: Namespace) -> Self {
        Self { thread, namespace, selector: CheckpointSelector::Latest }
    }

    /// Asks for the checkpoint with an id.
    #[must_use]
    pub const fn at(thread: ThreadId, namespace: Namespace, id: CheckpointId) -> Self {
        Self { thread, namespace, selector: CheckpointSelector::At(id) }
    }

    /// Asks for the newest checkpoint whose id is not greater than `id`.
    #[must_use]
    pub const fn not_after(thread: ThreadId, namespace: Namespace, id: CheckpointId) -> Self {
        Self { thread, namespace, selector: CheckpointSelector::NotAfter(id) }
    }
}

/// Which checkpoints of a thread are listed: those that all given parts fit.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointFilter {
    /// Only those of this namespace. Left out, those of all.
    pub namespace: Option<Namespace>,
    /// Only those with a smaller id: the last one of the page before.
    pub before: Option<CheckpointId>,
    /// Only those that this made.
    pub source: Option<CheckpointSource>,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those whose metadata has each of these members with an equal value.
    pub metadata: JsonObject,
    /// At most so many, the newest ones. 100 by default.
    pub limit: usize,
}

impl Default for CheckpointFilter {
    fn default() -> Self {
        Self {
            namespace: None,
            before: None,
            source: None,
            run: None,
            metadata: JsonObject::new(),
            limit: 100,
        }
    }
}

impl CheckpointFilter {
    /// Lists those of one namespace.
    #[must_use]
    pub fn of(namespace: Namespace) -> Self {
        Self { namespace: Some(namespace), ..Self::default() }
    }

    /// Whether a checkpoint fits.
    #[must_use]
    pub fn fits(&self, namespace: &Namespace, checkpoint: &Checkpoint) -> bool {
        self.namespace.as_ref().is_none_or(|wanted| wanted == namespace)
            && self.before.is_none_or(|before| checkpoint.id < before)
            && self.source.is_none_or(|source| checkpoint.source == source)
            && self.run.as_ref().is_none_or(|run| checkpoint.run.as_ref() == Some(run))
            && self.metadata.iter().all(|(key, value)| checkpoint.metadata.get(key) == Some(value))
    }
}
