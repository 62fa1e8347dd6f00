//! A list that grows at its end, with the ids of its items where they are messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::ids::Ids;
use crate::Log;

/// A log of JSON values. Versions of it that only grew out of each other share one lineage.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonLog {
    items: Log<Arc<Value>>,
    lineage: Arc<Lineage>,
    /// How many cuts the lineage had when this version last grew.
    seen: u64,
}

#[derive(Debug, Default)]
struct Lineage(Mutex<Ids>);

impl Lineage {
    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JsonLog {
    pub(crate) const fn items(&self) -> &Log<Arc<Value>> {
        &self.items
    }

    /// Puts an item at the end that is never asked for by its id.
    pub(super) fn push(&mut self, item: Arc<Value>) {
        self.items.push(item);
    }

    /// Puts a message at the end.
    pub(super) fn push_message(&mut self, message: Arc<Value>) {
        let length = self.items.len();
        if length == 0 {
            // What all threads of a graph begin with is the same empty log: they have no more in common.
            self.lineage = Arc::default();
        } else if self.lineage.ids().trusted(self.seen, length) < length {
            // Another version has gone on in this one's place: this one needs ids of its own.
            *self = Self::of_messages(self.items.iter().cloned());
        }
        {
            let mut ids = self.lineage.ids();
            ids.put(length, id_of(&message));
            self.seen = ids.cuts();
        }
        self.items.push(message);
    }

    /// Begins a log anew with these messages.
    pub(super) fn of_messages(messages: impl IntoIterator<Item = Arc<Value>>) -> Self {
        let mut log = Self::default();
        for message in messages {
            log.push_message(message);
        }
        log
    }

    /// Whether this log grew out of an older version, whose items are its first.
    pub(super) fn grew_from(&self, older: &Self) -> bool {
        older.items.is_empty()
            || (Arc::ptr_eq(&self.lineage, &older.lineage) && self.items.len() >= older.items.len())
    }

    /// How many of the first items are those of an older version, or equal to them.
    pub(super) fn common_prefix(&self, older: &Self) -> usize {
        self.items.common_prefix(&older.items, is_same)
    }

    /// Where the message with an id is.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let length = self.items.len();
        let (trusted, place) = {
            let ids = self.lineage.ids();
            (ids.trusted(self.seen, length), ids.find(id))
        };
        if let Some(place) = place.filter(|place| *place < trusted) {
            return Some(place);
        }
        // What stands behind was cut off by another version: a few messages at most, as a rule.
        (trusted..length)
            .find(|place| self.items.get(*place).and_then(|item| id_of(item)) == Some(id))
    }
}

impl FromIterator<Arc<Value>> for JsonLog {
    fn from_iter<I: IntoIterator<Item = Arc<Value>>>(items: I) -> Self {
        Self { items: items.into_iter().collect(), lineage: Arc::default(), seen: 0 }
    }
}

impl PartialEq for JsonLog {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

/// Whether two values are one, or equal.
pub(super) fn is_same(value: &Arc<Value>, other: &Arc<Value>) -> bool {
    Arc::ptr_eq(value, other) || value == other
}

pub(super) fn id_of(item: &Value) -> Option<&str> {
    item.get("id")?.as_str()
}
