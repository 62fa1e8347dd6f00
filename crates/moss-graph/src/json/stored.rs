//! Messages as a store has them.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::blobs::Decoded;
use super::state::Slot;
use super::{JsonLog, JsonState};
use crate::Log;
use crate::checkpoint::Blob;

/// Messages that have been read from a store and are decoded when somebody looks at them: who wants them as JSON text has
/// that already.
#[derive(Debug)]
pub(super) struct StoredMessages {
    /// Gone when messages are made of them.
    blobs: Mutex<Option<Log<Blob>>>,
    made: OnceLock<JsonLog>,
}

impl StoredMessages {
    /// Messages that are decoded later; none where one of them cannot be, or where its text does not say what it is.
    pub(super) fn new(blobs: &Log<Blob>) -> Option<Self> {
        let is_sound = blobs.iter().all(Blob::is_sound_json);
        is_sound.then(|| Self { blobs: Mutex::new(Some(blobs.clone())), made: OnceLock::new() })
    }

    /// The messages. The first to ask has them decoded, for all that hold them.
    pub(super) fn made(&self) -> &JsonLog {
        self.made.get_or_init(|| {
            let blobs = self.blobs().take().unwrap_or_default();
            let mut decoded = Decoded::default();
            // None of them fails: that has been looked at.
            let messages = blobs.iter().filter_map(|blob| decoded.value("", blob).ok());
            JsonLog::of_messages(messages)
        })
    }

    fn blobs(&self) -> MutexGuard<'_, Option<Log<Blob>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JsonState {
    /// The items of a field as a store has them, each a JSON text that can be decoded. Only messages of a
    /// [snapshot](crate::StateSnapshot) have them, and only as long as nobody has looked at the field: who shows a
    /// long conversation elsewhere hands on what is stored, and nothing is made of it here.
    #[must_use]
    pub fn stored(&self, field: &str) -> Option<Log<Blob>> {
        match self.slots.get(*self.fields.0.places.get(field)?)? {
            Slot::Log(log) => log.as_stored()?.blobs().clone(),
            Slot::Empty | Slot::Value(_) => None,
        }
    }
}
