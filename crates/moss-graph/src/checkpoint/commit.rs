//! What one superstep adds to a thread.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::names::check_name;
use super::{
    BlobError, ChannelChange, ChannelName, Checkpoint, CheckpointId, MAX_DEPTH, Namespace,
    StoreError,
};

/// What one superstep adds to a namespace: a checkpoint and what changed since its parent. All of it is stored,
/// or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Where it goes.
    pub namespace: Namespace,
    /// The newest checkpoint the writer knows of; none when the namespace has none. The commit is refused when it
    /// is another by now. Usually it is the checkpoint's parent; where it is not, a branch begins.
    pub expected_head: Option<CheckpointId>,
    /// The checkpoint. The pending writes of its parent are removed with the commit.
    pub checkpoint: Checkpoint,
    /// What changed since the parent. A channel that is not here is as it was.
    pub changes: BTreeMap<ChannelName, ChannelChange>,
}

impl Commit {
    /// A commit without changes.
    #[must_use]
    pub const fn new(
        namespace: Namespace,
        expected_head: Option<CheckpointId>,
        checkpoint: Checkpoint,
    ) -> Self {
        Self { namespace, expected_head, checkpoint, changes: BTreeMap::new() }
    }

    /// Adds the change of one channel; a second one of the same channel takes the place of the first.
    #[must_use]
    pub fn change(mut self, channel: ChannelName, change: ChannelChange) -> Self {
        self.changes.insert(channel, change);
        self
    }

    /// Checks what every store refuses, whatever it holds: names and metadata beyond the limits. For stores.
    ///
    /// # Errors
    /// [`StoreError::Name`] and [`StoreError::Value`].
    pub fn check(&self) -> Result<(), StoreError> {
        check_name("a namespace", self.namespace.as_str())?;
        if let Some(run) = &self.checkpoint.run {
            check_name("a run id", run.as_str())?;
        }
        for channel in self.changes.keys() {
            check_name("a channel's name", channel.as_str())?;
        }
        if self.checkpoint.metadata.values().all(|value| fits_depth(value, MAX_DEPTH - 1)) {
            Ok(())
        } else {
            Err(BlobError::TooDeep.into())
        }
    }
}

/// Whether a value has at most `left` levels of lists and objects.
fn fits_depth(value: &Value, left: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => left > 0 && items.iter().all(|item| fits_depth(item, left - 1)),
        Value::Object(members) => {
            left > 0 && members.values().all(|item| fits_depth(item, left - 1))
        }
    }
}

/// Why a commit makes no sense: a defect of who made it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommitProblem {
    /// Its id is not greater than that of the newest checkpoint.
    #[error("its id is not greater than {head}, the newest; make it with CheckpointId::next")]
    IdOutOfOrder {
        /// The newest checkpoint.
        head: CheckpointId,
    },
    /// Items are put behind a channel that holds a value, or a log is cut that is none.
    #[error("the channel {channel:?} holds a value and no log; set it, or clear it first")]
    NotALog {
        /// The channel.
        channel: ChannelName,
    },
    /// More items of a log are to stay than there are.
    #[error("{keep} items of the log {channel:?} are to stay, and it has {length}")]
    KeepsTooMuch {
        /// The channel.
        channel: ChannelName,
        /// How many are to stay.
        keep: usize,
        /// How many there are.
        length: usize,
    },
}
