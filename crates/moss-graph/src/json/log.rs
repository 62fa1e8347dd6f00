//! A list that grows at its end, with the ids of its items where they are messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::Log;

/// A log of JSON values. Versions of it that only grew out of each other share one lineage.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonLog {
    items: Log<Arc<Value>>,
    lineage: Arc<Lineage>,
}

/// Where the messages with an id are. It is shared by versions of a log that may have grown apart, so a place is only
/// a guess, and is checked; an id that is not here is in none of them.
#[derive(Debug, Default)]
struct Lineage(Mutex<HashMap<String, usize>>);

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
        if let Some(id) = id_of(&message) {
            let mut ids = self.lineage.0.lock().unwrap_or_else(PoisonError::into_inner);
            ids.insert(id.to_owned(), self.items.len());
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
        Arc::ptr_eq(&self.lineage, &older.lineage) && self.items.len() >= older.items.len()
    }

    /// How many of the first items are those of an older version.
    pub(super) fn common_prefix(&self, older: &Self) -> usize {
        self.items.iter().zip(&older.items).take_while(|(a, b)| Arc::ptr_eq(a, b)).count()
    }

    /// Where the message with an id is.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let guess = {
            let ids = self.lineage.0.lock().unwrap_or_else(PoisonError::into_inner);
            *ids.get(id)?
        };
        let is_it = |item: &Arc<Value>| id_of(item) == Some(id);
        if self.items.get(guess).is_some_and(is_it) {
            return Some(guess);
        }
        self.items.iter().position(is_it)
    }
}

impl FromIterator<Arc<Value>> for JsonLog {
    fn from_iter<I: IntoIterator<Item = Arc<Value>>>(items: I) -> Self {
        Self { items: items.into_iter().collect(), lineage: Arc::default() }
    }
}

impl PartialEq for JsonLog {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

pub(super) fn id_of(item: &Value) -> Option<&str> {
    item.get("id")?.as_str()
}
