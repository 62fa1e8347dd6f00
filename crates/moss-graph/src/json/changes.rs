//! What makes one JSON state of another: for a holder elsewhere that is kept up to date.

use std::fmt;
use std::iter::Skip;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::log::is_same;
use super::state::Slot;
use super::{JsonParts, JsonState, JsonValue};
use crate::{Log, LogIter};

/// What a holder of one state does to have another: a change for each field that differs, in the order of the fields.
///
/// As JSON it is an object of up to four members, of which those without a field are left out:
/// `{"set": {field: value}, "clear": [field], "append": {field: items}, "rewrite": {field: {"keep": n, "items": […]}}}`.
#[derive(Clone, Default, PartialEq)]
pub struct JsonChanges(Vec<(Arc<str>, JsonChange)>);

/// What happens to one field.
#[derive(Clone, PartialEq)]
pub enum JsonChange {
    /// It has this value.
    Set(JsonValue),
    /// It has no value.
    Clear,
    /// These items are put behind those it has.
    Append(JsonItems),
    /// It is a list of the first items it had, as many as are kept, and these behind them.
    Rewrite {
        /// How many items are kept; where it is 0, it does not matter what the field held.
        keep: usize,
        /// What stands behind them.
        items: JsonItems,
    },
}

/// The last items of a log, shared with the state they are of.
#[derive(Clone)]
pub struct JsonItems {
    log: Log<Arc<Value>>,
    from: usize,
}

impl JsonState {
    /// What a holder of `older` does to have this state. Between states of one run it costs what has been written and a
    /// look at each field. What was written again with an equal value is not told: a router has seen its node's writes
    /// before they are committed. Nothing is assumed of which state is older, or that one came
    /// of the other; states of other [`JsonFields`](super::JsonFields) are told from the ground up.
    ///
    /// It is about fields: what was [sent](Self::sent) to a task is none.
    #[must_use]
    pub fn changes_since(&self, older: &Self) -> JsonChanges {
        if Arc::ptr_eq(&self.fields.0, &older.fields.0) {
            let slots = self.slots.iter().zip(&older.slots);
            return self.collect_changes(slots.map(|(slot, older)| slot.change_since(older)));
        }
        let mut changes = self.all_changes();
        let gone = older.fields.0.specs.iter().zip(&older.slots).filter(|(spec, slot)| {
            let place = self.fields.0.places.get(&spec.name);
            **slot != Slot::Empty && place.is_none_or(|place| self.slots[*place] == Slot::Empty)
        });
        changes.0.extend(gone.map(|(spec, _)| (Arc::clone(&spec.name), JsonChange::Clear)));
        changes
    }

    /// What a holder of nothing does to have this state.
    #[must_use]
    pub fn all_changes(&self) -> JsonChanges {
        self.collect_changes(self.slots.iter().map(Slot::first_change))
    }

    fn collect_changes(&self, changes: impl Iterator<Item = Option<JsonChange>>) -> JsonChanges {
        let changes = self.fields.0.specs.iter().zip(changes);
        let changed = changes.filter_map(|(spec, change)| Some((Arc::clone(&spec.name), change?)));
        JsonChanges(changed.collect())
    }
}

impl Slot {
    fn change_since(&self, older: &Self) -> Option<JsonChange> {
        match (self, older) {
            (Self::Empty, Self::Empty) => None,
            (Self::Empty, Self::Value(_) | Self::Log(_)) => Some(JsonChange::Clear),
            (Self::Value(value), Self::Value(older)) => value_change(value, older),
            (Self::Log(log), Self::Log(older)) => list_change(log.items(), older.items()),
            (Self::Value(_), Self::Empty | Self::Log(_))
            | (Self::Log(_), Self::Empty | Self::Value(_)) => self.first_change(),
        }
    }

    fn first_change(&self) -> Option<JsonChange> {
        match self {
            Self::Empty => None,
            Self::Value(value) => Some(JsonChange::Set(value.clone())),
            Self::Log(log) => {
                let items = JsonItems { log: log.items().clone(), from: 0 };
                Some(JsonChange::Rewrite { keep: 0, items })
            }
        }
    }
}

fn value_change(value: &JsonValue, older: &JsonValue) -> Option<JsonChange> {
    if let (JsonParts::List(items), JsonParts::List(older)) = (value.parts(), older.parts()) {
        // A list that is written anew with the items it had is told as one that grew.
        return match list_change(items, older) {
            Some(JsonChange::Rewrite { keep: 0, .. }) => Some(JsonChange::Set(value.clone())),
            Some(JsonChange::Append(_)) if older.is_empty() => Some(JsonChange::Set(value.clone())),
            change => change,
        };
    }
    (value != older).then(|| JsonChange::Set(value.clone()))
}

fn list_change(items: &Log<Arc<Value>>, older: &Log<Arc<Value>>) -> Option<JsonChange> {
    let keep = items.common_prefix(older, is_same);
    let new = JsonItems { log: items.clone(), from: keep };
    if keep < older.len() {
        Some(JsonChange::Rewrite { keep, items: new })
    } else {
        (!new.is_empty()).then_some(JsonChange::Append(new))
    }
}

impl JsonChanges {
    /// Whether nothing has changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes by field.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &JsonChange)> {
        self.0.iter().map(|(field, change)| (&**field, change))
    }

    /// Leaves only the changes of some fields: those of a node's private view.
    pub fn retain(&mut self, mut keeps: impl FnMut(&str) -> bool) {
        self.0.retain(|(field, _)| keeps(field));
    }
}

impl JsonItems {
    /// How many items there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.log.len() - self.from
    }

    /// Whether there is no item.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items from first to last.
    pub fn iter(&self) -> Skip<LogIter<'_, Arc<Value>>> {
        self.log.iter().skip(self.from)
    }
}

impl<'a> IntoIterator for &'a JsonItems {
    type Item = &'a Arc<Value>;
    type IntoIter = Skip<LogIter<'a, Arc<Value>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for JsonItems {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl Serialize for JsonItems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|item| &**item))
    }
}

impl Serialize for JsonChanges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let set = Members::of(self, |change| match change {
            JsonChange::Set(value) => Some(value),
            JsonChange::Clear | JsonChange::Append(_) | JsonChange::Rewrite { .. } => None,
        });
        let cleared = self.iter().filter(|(_, change)| matches!(change, JsonChange::Clear));
        let clear: Vec<&str> = cleared.map(|(field, _)| field).collect();
        let append = Members::of(self, |change| match change {
            JsonChange::Append(items) => Some(items),
            JsonChange::Set(_) | JsonChange::Clear | JsonChange::Rewrite { .. } => None,
        });
        let rewrite = Members::of(self, |change| match change {
            JsonChange::Rewrite { keep, items } => Some(Rewritten { keep: *keep, items }),
            JsonChange::Set(_) | JsonChange::Clear | JsonChange::Append(_) => None,
        });
        let mut members = serializer.serialize_map(None)?;
        if !set.0.is_empty() {
            members.serialize_entry("set", &set)?;
        }
        if !clear.is_empty() {
            members.serialize_entry("clear", &clear)?;
        }
        if !append.0.is_empty() {
            members.serialize_entry("append", &append)?;
        }
        if !rewrite.0.is_empty() {
            members.serialize_entry("rewrite", &rewrite)?;
        }
        members.end()
    }
}

/// The changes of one kind, by field.
struct Members<'c, T>(Vec<(&'c str, T)>);

impl<'c, T> Members<'c, T> {
    fn of(changes: &'c JsonChanges, kind: impl Fn(&'c JsonChange) -> Option<T>) -> Self {
        let members = changes.iter().filter_map(|(field, change)| Some((field, kind(change)?)));
        Self(members.collect())
    }
}

impl<T: Serialize> Serialize for Members<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, value)| (field, value)))
    }
}

#[derive(Serialize)]
struct Rewritten<'c> {
    keep: usize,
    items: &'c JsonItems,
}

impl fmt::Debug for JsonChanges {
    /// The fields and what happens to them, without the values: those are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for JsonChange {
    /// What happens, without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(_) => f.write_str("Set"),
            Self::Clear => f.write_str("Clear"),
            Self::Append(items) => f.debug_tuple("Append").field(items).finish(),
            Self::Rewrite { keep, items } => {
                f.debug_struct("Rewrite").field("keep", keep).field("items", items).finish()
            }
        }
    }
}

impl fmt::Debug for JsonItems {
    /// How many there are: the items are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.len())
    }
}
