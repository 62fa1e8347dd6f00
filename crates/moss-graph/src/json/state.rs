//! The state itself.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::log::JsonLog;
use super::messages::add_message;
use super::{JsonFields, JsonParts, JsonValue, Reducer};
use crate::Log;

/// A state whose fields are known at run time. A clone costs a reference count a field.
#[derive(Clone)]
pub struct JsonState {
    pub(super) fields: JsonFields,
    /// By field.
    pub(super) slots: Vec<Slot>,
    /// The fields whose lists are not stored as such: nothing can be put behind what is not there. They count until
    /// they are written.
    pub(super) unstored: Vec<usize>,
    /// What was sent to a task in place of the state.
    argument: Option<JsonValue>,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    Empty,
    Value(JsonValue),
    Log(JsonLog),
}

impl JsonState {
    pub(super) fn initial(fields: JsonFields) -> Self {
        let slots =
            fields.0.specs.iter().map(|spec| Slot::begin(&spec.reducer, spec.default.as_ref()));
        let slots = slots.collect();
        Self { fields, slots, unstored: Vec::new(), argument: None }
    }

    /// This state as the input of a sent task ([`SendTo`](crate::SendTo)): the node sees `argument` in place of the
    /// fields, whatever it is.
    #[must_use]
    pub fn argument(&self, argument: impl Into<JsonValue>) -> Self {
        Self { argument: Some(argument.into()), ..self.clone() }
    }

    /// What was sent to the task, where it was sent.
    #[must_use]
    pub fn sent(&self) -> Option<&Value> {
        self.argument.as_ref().map(JsonValue::as_value)
    }

    /// What was sent to the task, where it was sent, to be handed on without copying it.
    #[must_use]
    pub const fn shared_sent(&self) -> Option<&JsonValue> {
        self.argument.as_ref()
    }

    /// The fields that the state may have.
    #[must_use]
    pub const fn fields(&self) -> &JsonFields {
        &self.fields
    }

    /// The value of a field; none where it has none, or there is no such field. A log is copied: for those see
    /// [`log`](Self::log).
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Value> {
        self.shared(field).map(JsonValue::into_value)
    }

    /// The value of a field to be handed on without copying it: written to another field
    /// ([`JsonUpdate::with`](super::JsonUpdate::with)), or sent to a task ([`argument`](Self::argument)). None where the
    /// field has no value, or there is no such field.
    #[must_use]
    pub fn shared(&self, field: &str) -> Option<JsonValue> {
        self.slots.get(*self.fields.0.places.get(field)?)?.shared()
    }

    /// The value of a field that is no log. It is not copied, but for a list of shared items, of which one copy is made
    /// for all who ask: see [`shared`](Self::shared).
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&Value> {
        match self.slots.get(*self.fields.0.places.get(field)?)? {
            Slot::Value(value) => Some(value.as_value()),
            Slot::Empty | Slot::Log(_) => None,
        }
    }

    /// The items of a field that is a log (`append`, `messages`, `topic`).
    #[must_use]
    pub fn log(&self, field: &str) -> Option<&Log<Arc<Value>>> {
        match self.slots.get(*self.fields.0.places.get(field)?)? {
            Slot::Log(log) => Some(log.items()),
            Slot::Empty | Slot::Value(_) => None,
        }
    }

    /// The state as nodes made of callbacks see it: what was sent to the task, or an object of all fields that have
    /// a value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.argument {
            Some(argument) => argument.clone().into_value(),
            None => self.object(|_| true),
        }
    }

    /// The fields that are shown, as an object: all of them, or the output of the fields' definition.
    #[must_use]
    pub fn output(&self) -> Value {
        self.object(|name| self.fields.is_output(name))
    }

    /// Some of the fields, as an object: a node's private view of the state.
    #[must_use]
    pub fn view(&self, names: &[impl AsRef<str>]) -> Value {
        self.object(|name| names.iter().any(|wanted| wanted.as_ref() == name))
    }

    pub(super) fn object(&self, shows: impl Fn(&str) -> bool) -> Value {
        let fields = self.fields.0.specs.iter().zip(&self.slots);
        let shown = fields.filter(|(spec, _)| shows(&spec.name));
        let members =
            shown.filter_map(|(spec, slot)| Some((spec.name.to_string(), slot.to_value()?)));
        Value::Object(members.collect::<Map<_, _>>())
    }
}

impl Slot {
    /// What a field holds before anything is written.
    pub(super) fn begin(reducer: &Reducer, default: Option<&JsonValue>) -> Self {
        match default {
            Some(default) => Self::holding(reducer, default.clone()),
            None if reducer.is_log() => Self::Log(JsonLog::default()),
            None => Self::Empty,
        }
    }

    /// What a field holds whose whole value is this, whatever its reducer makes of writes.
    pub(super) fn holding(reducer: &Reducer, value: JsonValue) -> Self {
        if !reducer.is_log() {
            return Self::Value(value);
        }
        let mut log = JsonLog::default();
        if value == Value::Null {
            return Self::Log(log);
        }
        if matches!(reducer, Reducer::Messages) {
            // What is no message is left as it is: a default or a stored value is not refused.
            value.for_each_item(|item| {
                if add_message(&mut log, Arc::clone(&item)).is_err() {
                    log.push_message(item);
                }
            });
        } else {
            log.push_all(value);
        }
        Self::Log(log)
    }

    pub(super) fn shared(&self) -> Option<JsonValue> {
        match self {
            Self::Empty => None,
            Self::Value(value) => Some(value.clone()),
            Self::Log(log) => Some(log.items().into()),
        }
    }

    /// The items of a log, or of a list of shared items.
    pub(super) fn list(&self) -> Option<&Log<Arc<Value>>> {
        match self {
            Self::Empty => None,
            Self::Value(value) => match value.parts() {
                JsonParts::Whole(_) => None,
                JsonParts::List(items) => Some(items),
            },
            Self::Log(log) => Some(log.items()),
        }
    }

    pub(super) fn to_value(&self) -> Option<Value> {
        self.shared().map(JsonValue::into_value)
    }
}

impl PartialEq for JsonState {
    fn eq(&self, other: &Self) -> bool {
        self.slots == other.slots && self.argument == other.argument
    }
}

impl fmt::Debug for JsonState {
    /// The fields' names: their values are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonState")
            .field("fields", &self.fields.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
