//! What tasks have finished before their superstep is committed.

use std::fmt;

use super::names::check_name;
use super::{Blob, CheckpointId, Commit, Namespace, StoreError, StoredCheckpoint, TaskKey};

/// What a pending write is. Writes of a task are told apart by kind and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriteKind {
    /// What a finished task writes to the state, and where it leads. The task does not run again.
    Update,
    /// The result of a side effect inside a task that may be under way still. The effect does not happen again.
    Journal,
    /// What a task asks, and waits for.
    Interrupt,
    /// An answer to what a task asked.
    Resume,
    /// Why a task failed.
    Error,
}

impl WriteKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 5] =
        [Self::Update, Self::Journal, Self::Interrupt, Self::Resume, Self::Error];

    /// The kind's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Journal => "journal",
            Self::Interrupt => "interrupt",
            Self::Resume => "resume",
            Self::Error => "error",
        }
    }

    /// The number a store keeps for the kind. It does not change between versions, and is in the order of the kinds.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Update => 0,
            Self::Journal => 1,
            Self::Interrupt => 2,
            Self::Resume => 3,
            Self::Error => 4,
        }
    }

    /// The kind with a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// What happens when a write of this kind is there already. Results never change: the first stays. A question,
    /// an answer or an error is that of the last attempt: the new one takes its place.
    #[must_use]
    pub const fn is_replaced(self) -> bool {
        match self {
            Self::Update | Self::Journal => false,
            Self::Interrupt | Self::Resume | Self::Error => true,
        }
    }
}

impl fmt::Display for WriteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that a task has finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWrite {
    /// The task.
    pub task: TaskKey,
    /// What it is.
    pub kind: WriteKind,
    /// Which of the task's writes of this kind it is.
    pub index: u32,
    /// What was written, in the engine's own words.
    pub value: Blob,
}

/// Pending writes behind one checkpoint. All of them are stored, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWrites {
    /// Where the checkpoint is.
    pub namespace: Namespace,
    /// The checkpoint whose superstep is under way: the newest of the namespace.
    pub checkpoint: CheckpointId,
    /// The writes.
    pub writes: Vec<PendingWrite>,
}

impl PendingWrites {
    /// Writes behind the checkpoint that a commit makes.
    #[must_use]
    pub fn behind(commit: &Commit, writes: Vec<PendingWrite>) -> Self {
        Self { namespace: commit.namespace.clone(), checkpoint: commit.checkpoint.id, writes }
    }

    /// Checks what every store refuses, whatever it holds: names beyond the limits. For stores.
    ///
    /// # Errors
    /// [`StoreError::Name`].
    pub fn check(&self) -> Result<(), StoreError> {
        check_name("a namespace", self.namespace.as_str())?;
        self.writes.iter().try_for_each(|write| check_name("a task's key", write.task.as_str()))
    }

    /// Whether all of them are stored, behind the checkpoint they belong to.
    pub(super) fn are_behind(&self, stored: &StoredCheckpoint) -> bool {
        let place = |write: &PendingWrite| (write.task.clone(), write.kind, write.index);
        stored.checkpoint.id == self.checkpoint
            && self
                .writes
                .iter()
                .all(|write| stored.writes.iter().any(|stored| place(stored) == place(write)))
    }
}
