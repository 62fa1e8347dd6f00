//! The state itself.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::log::JsonLog;
use super::messages::add_messages;
use super::{JsonFields, Reducer};
use crate::Log;

/// A state whose fields are known at run time. A clone costs a reference count a field.
#[derive(Clone)]
pub struct JsonState {
    pub(super) fields: JsonFields,
    /// By field.
    pub(super) slots: Vec<Slot>,
    /// What was sent to a task in place of the state.
    argument: Option<Arc<Value>>,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    Empty,
    Value(Arc<Value>),
    Log(JsonLog),
}

impl JsonState {
    pub(super) fn initial(fields: JsonFields) -> Self {
        let slots =
            fields.0.specs.iter().map(|spec| Slot::begin(&spec.reducer, spec.default.as_ref()));
        let slots = slots.collect();
        Self { fields, slots, argument: None }
    }

    /// This state as the input of a sent task ([`SendTo`](crate::SendTo)): the node sees `argument` in place of the
    /// fields, whatever it is.
    #[must_use]
    pub fn argument(&self, argument: impl Into<Value>) -> Self {
        Self { argument: Some(Arc::new(argument.into())), ..self.clone() }
    }

    /// What was sent to the task, where it was sent.
    #[must_use]
    pub fn sent(&self) -> Option<&Value> {
        self.argument.as_deref()
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
        self.slots.get(*self.fields.0.places.get(field)?)?.to_value()
    }

    /// The value of a field that is no log, without copying it.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&Value> {
        match self.slots.get(*self.fields.0.places.get(field)?)? {
            Slot::Value(value) => Some(value),
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
            Some(argument) => Value::clone(argument),
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
    pub(super) fn begin(reducer: &Reducer, default: Option<&Value>) -> Self {
        match (reducer.is_log(), default) {
            (true, default) => Self::Log(log_of(reducer, default.cloned())),
            (false, Some(default)) => Self::Value(Arc::new(default.clone())),
            (false, None) => Self::Empty,
        }
    }

    pub(super) fn to_value(&self) -> Option<Value> {
        match self {
            Self::Empty => None,
            Self::Value(value) => Some(Value::clone(value)),
            Self::Log(log) => {
                Some(Value::Array(log.items().iter().map(|item| Value::clone(item)).collect()))
            }
        }
    }
}

/// A log that begins with the items of a value.
pub(super) fn log_of(reducer: &Reducer, value: Option<Value>) -> JsonLog {
    let items = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(item) => vec![item],
    };
    if matches!(reducer, Reducer::Messages) {
        let mut log = JsonLog::default();
        // What is no message is left as it is: a default or a stored value is not refused.
        for item in items {
            if add_messages(&mut log, item.clone()).is_err() {
                log.push_message(Arc::new(item));
            }
        }
        return log;
    }
    items.into_iter().map(Arc::new).collect()
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
