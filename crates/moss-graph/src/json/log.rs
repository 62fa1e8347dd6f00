//! A list that grows at its end, with the ids of its items where they are messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::ids::Ids;
use super::stored::StoredMessages;
use super::value::{JsonParts, JsonValue, is_same_list};
use crate::Log;

/// A log of JSON values. Versions of it that only grew out of each other share one lineage.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonLog {
    items: Log<Arc<Value>>,
    lineage: Arc<Lineage>,
    /// How many cuts the lineage had when this version last grew.
    seen: u64,
    /// Where the log stands in a store and has not changed since: it is made of that when somebody looks at it, and all
    /// else here is empty.
    stored: Option<Arc<StoredMessages>>,
}

#[derive(Debug, Default)]
struct Lineage(Mutex<Ids>);

impl Lineage {
    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JsonLog {
    pub(crate) fn items(&self) -> &Log<Arc<Value>> {
        &self.made().items
    }

    /// Messages as a store has them, which are not looked at before somebody asks for them.
    pub(super) fn stored(messages: StoredMessages) -> Self {
        Self { stored: Some(Arc::new(messages)), ..Self::default() }
    }

    /// Where nobody has looked at them, the messages as a store has them.
    pub(super) fn as_stored(&self) -> Option<&StoredMessages> {
        self.stored.as_deref()
    }

    fn made(&self) -> &Self {
        self.stored.as_ref().map_or(self, |stored| stored.made())
    }

    /// Has what is stored made, since the log is going to change.
    fn make(&mut self) {
        if let Some(stored) = self.stored.take() {
            *self = stored.made().clone();
        }
    }

    /// Puts an item at the end that is never asked for by its id.
    pub(super) fn push(&mut self, item: Arc<Value>) {
        self.make();
        self.items.push(item);
    }

    /// Puts the items of a list at the end, or a value as the only one. A list that begins the log is the log, without
    /// a look at its items.
    pub(super) fn push_all(&mut self, written: JsonValue) {
        self.make();
        match written.parts() {
            JsonParts::List(items) if self.items.is_empty() => *self = items.clone().into(),
            JsonParts::List(items) => self.items.extend(items.iter().cloned()),
            JsonParts::Whole(_) => written.for_each_item(|item| self.push(item)),
        }
    }

    /// Puts a message at the end.
    pub(super) fn push_message(&mut self, message: Arc<Value>) {
        self.make();
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

    /// How many of the first items are those of an older version, or equal to them. Where this log grew out of it, its
    /// items are not looked at.
    pub(super) fn kept_of(&self, older: &Self) -> usize {
        let (newer, older) = (self.made(), older.made());
        let grew = Arc::ptr_eq(&newer.lineage, &older.lineage);
        if grew && newer.items.len() >= older.items.len() {
            return older.items.len();
        }
        newer.items.common_prefix(&older.items, is_same)
    }

    /// Where the message with an id is.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let Self { items, lineage, seen, .. } = self.made();
        let length = items.len();
        let (trusted, place) = {
            let ids = lineage.ids();
            (ids.trusted(*seen, length), ids.find(id))
        };
        if let Some(place) = place.filter(|place| *place < trusted) {
            return Some(place);
        }
        // What stands behind was cut off by another version: a few messages at most, as a rule.
        (trusted..length).find(|place| items.get(*place).and_then(|item| id_of(item)) == Some(id))
    }
}

impl From<Log<Arc<Value>>> for JsonLog {
    /// A log of these items, none of which is asked for by its id.
    fn from(items: Log<Arc<Value>>) -> Self {
        Self { items, ..Self::default() }
    }
}

impl PartialEq for JsonLog {
    fn eq(&self, other: &Self) -> bool {
        is_same_list(self.items(), other.items())
    }
}

/// Whether two values are one, or equal.
pub(super) fn is_same(value: &Arc<Value>, other: &Arc<Value>) -> bool {
    Arc::ptr_eq(value, other) || value == other
}

pub(super) fn id_of(item: &Value) -> Option<&str> {
    item.get("id")?.as_str()
}
