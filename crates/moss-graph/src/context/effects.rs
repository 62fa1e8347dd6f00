//! Side effects that happen once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::NodeContext;
use super::desk::JournalEntry;
use crate::NodeError;
use crate::checkpoint::{StoreError, WriteKind};

/// Why the result of a side effect could not be kept or given back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EffectError {
    /// Its result cannot be written as JSON.
    #[error("the result of the effect `{name}` cannot be stored")]
    Encode {
        /// The effect's name.
        name: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// What is stored is not of the type that is asked for.
    #[error(
        "the stored result of the effect `{name}` is of another type. Give the effect another name where its result changes"
    )]
    Decode {
        /// The effect's name.
        name: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It happened, and its result could not be stored.
    #[error("the effect `{name}` happened, and its result could not be stored")]
    Store {
        /// The effect's name.
        name: String,
        /// Why.
        #[source]
        source: StoreError,
    },
}

impl NodeContext {
    /// Does something that must not be done twice, and gives its result: LangGraph's `task` within a node. In a run on
    /// a thread the result is stored before it is given back, and when the node runs again, because the run was
    /// stopped, failed or crashed behind it, it is given back without doing it again. An effect that fails may be
    /// done again.
    ///
    /// Effects of a task are told apart by name and, where a name is used several times, by their order.
    /// Between the effect and its being stored a crash may still fall: what must not happen twice even then needs a
    /// key that its other end knows, such as the thread, the task and the name. With
    /// [`Durability::Exit`](crate::Durability::Exit) nothing is stored before the run ends.
    ///
    /// # Errors
    /// The effect's own error, and [`EffectError`].
    pub async fn effect<T, E>(
        &self,
        name: &str,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, NodeError>
    where
        T: Serialize + DeserializeOwned,
        E: Into<NodeError>,
    {
        let (Some(desk), Some(ledger)) = (self.desk(), &self.run().ledger) else {
            return effect.await.map_err(Into::into);
        };
        let name = name.to_owned();
        let (nth, known) = desk.look_up(&name);
        if let Some(known) = known {
            return serde_json::from_value(known)
                .map_err(|source| EffectError::Decode { name, source }.into());
        }
        let result = effect.await.map_err(Into::into)?;
        let encoded = match serde_json::to_value(&result) {
            Ok(encoded) => encoded,
            Err(source) => return Err(EffectError::Encode { name, source }.into()),
        };
        let entry = JournalEntry { name, nth, result: encoded };
        let index = desk.note(&entry);
        let mut stored = ledger.put(&desk.key(), WriteKind::Journal, index, &entry).await;
        if stored.is_ok() {
            stored = ledger.writer().flush().await;
        }
        match stored {
            Ok(()) => Ok(result),
            Err(source) => Err(EffectError::Store { name: entry.name, source }.into()),
        }
    }
}
