//! What changed between two checkpoints.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Thread;
use crate::State;
use crate::checkpoint::CheckpointId;
use crate::error::{EmptyInput, RunFailure};

/// What changed between two checkpoints, by field.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct StateDiff(pub BTreeMap<String, FieldChange>);

/// What became of one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum FieldChange {
    /// It has a value now, and had none.
    Added {
        /// The value.
        value: Value,
    },
    /// It has none any more.
    Removed {
        /// The value it had.
        value: Value,
    },
    /// A list has more items behind those it had.
    Appended {
        /// The items.
        items: Vec<Value>,
    },
    /// It has another value.
    Changed {
        /// The value it had.
        before: Value,
        /// The value it has.
        after: Value,
    },
}

impl<S: State> Thread<S> {
    /// What changed from one checkpoint of the thread to another, which need not be its descendant.
    ///
    /// # Errors
    /// Those of [`state`](Self::state), and [`RunFailure::EmptyInput`] when a checkpoint is not there.
    pub async fn diff(
        &self,
        from: CheckpointId,
        to: CheckpointId,
    ) -> Result<StateDiff, RunFailure> {
        let (before, after) = (self.json_at(from).await?, self.json_at(to).await?);
        Ok(StateDiff::between(before, after))
    }

    async fn json_at(&self, checkpoint: CheckpointId) -> Result<Map<String, Value>, RunFailure> {
        let Some(snapshot) = self.state_at(checkpoint).await? else {
            return Err(RunFailure::EmptyInput(EmptyInput::NoSuchCheckpoint));
        };
        Ok(crate::state::persist::object(self.codec.to_json(&snapshot.values)?)?)
    }
}

impl StateDiff {
    /// What changed from one state as JSON to another.
    #[must_use]
    pub fn between(mut before: Map<String, Value>, after: Map<String, Value>) -> Self {
        let mut changes = BTreeMap::new();
        for (field, after) in after {
            match before.shift_remove(&field) {
                None => {
                    changes.insert(field, FieldChange::Added { value: after });
                }
                Some(before) if before == after => {}
                Some(before) => {
                    changes.insert(field, FieldChange::of(before, after));
                }
            }
        }
        let removed =
            before.into_iter().map(|(field, value)| (field, FieldChange::Removed { value }));
        changes.extend(removed);
        Self(changes)
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FieldChange {
    fn of(before: Value, after: Value) -> Self {
        match (before, after) {
            (Value::Array(before), Value::Array(mut after)) if after.starts_with(&before) => {
                Self::Appended { items: after.split_off(before.len()) }
            }
            (before, after) => Self::Changed { before, after },
        }
    }
}
