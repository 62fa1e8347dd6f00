//! Checkpoints as they are stored and read back.

use std::collections::BTreeMap;
use std::fmt;

use moss_protocol::{JsonObject, RunId};

use super::{Blob, ChannelName, ChannelValue, CheckpointId, Namespace, PendingWrite, Timestamp};

/// What made a checkpoint. The names are LangGraph's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckpointSource {
    /// The input of a run.
    Input,
    /// A superstep.
    Loop,
    /// An update from outside.
    Update,
    /// A copy of an older checkpoint, to go on from there.
    Fork,
}

impl CheckpointSource {
    /// All sources.
    pub const ALL: [Self; 4] = [Self::Input, Self::Loop, Self::Update, Self::Fork];

    /// The source's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Loop => "loop",
            Self::Update => "update",
            Self::Fork => "fork",
        }
    }

    /// The source with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

impl fmt::Display for CheckpointSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A checkpoint without the state: where a run stood between two supersteps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Its id, greater than all before it in its namespace.
    pub id: CheckpointId,
    /// The checkpoint it came from; none for the first. It may have been deleted since.
    pub parent: Option<CheckpointId>,
    /// The superstep it ends: -1 for a run's input, as in LangGraph.
    pub superstep: i64,
    /// What made it.
    pub source: CheckpointSource,
    /// When it was made.
    pub created_at: Timestamp,
    /// The run that made it, where the host gave it an id.
    pub run: Option<RunId>,
    /// What the host and the engine note beside it, to find it by.
    pub metadata: JsonObject,
    /// What the engine needs to go on, in the engine's own words: next tasks, joins, interrupts.
    pub progress: Blob,
}

/// A checkpoint with the state, and with what has been done since.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The channels that have a value at it.
    pub channels: BTreeMap<ChannelName, ChannelValue>,
    /// What tasks of the superstep behind it have finished, by task, kind and index.
    pub writes: Vec<PendingWrite>,
    /// The newest checkpoint of the namespace, which the next commit must expect. It is another than this one
    /// when an older one was asked for.
    pub head: CheckpointId,
}

/// A checkpoint in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedCheckpoint {
    /// Where it is.
    pub namespace: Namespace,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
}
