//! What one node writes to a JSON state.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{JsonParts, JsonState, JsonValue};
use crate::node::{Command, NodeError, NodeOutput};
use crate::state::persist::{OVERWRITE, StateError, is_overwrite, object, overwrite, overwritten};

/// What one node writes to a JSON state: the fields that it names, and no others.
///
/// What it holds is shared: a value that is in the state already is handed on without a copy.
///
/// ```
/// use moss_graph::json::{JsonFields, JsonUpdate, Reducer};
/// use moss_graph::State;
/// use serde_json::json;
///
/// let fields = JsonFields::new()
///     .field("events", Reducer::Append)
///     .field("answered", Reducer::Append)
///     .field("last", Reducer::LastValue);
/// let mut state = fields.state(json!({ "events": [{ "id": 1 }, { "id": 2 }] }))?;
/// let last = state.log("events").and_then(|events| events.last());
/// let update = JsonUpdate::default()
///     .with("answered", state.shared("events"))
///     .with("last", last);
/// state.apply(vec![update])?;
/// assert_eq!(state.get("answered"), Some(json!([{ "id": 1 }, { "id": 2 }])));
/// assert_eq!(state.get("last"), Some(json!({ "id": 2 })));
/// # Ok::<_, moss_graph::ReduceError>(())
/// ```
///
/// As JSON it is an object of the fields. A value of the form `{"__overwrite__": value}` or
/// `{"type": "__overwrite__", "value": value}` takes the place of a field instead of being reduced with it
/// ([`with_overwrite`](Self::with_overwrite)).
#[derive(Clone, Default)]
pub struct JsonUpdate(pub(super) Vec<(Cow<'static, str>, JsonWrite)>);

/// What is written to one field.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonWrite {
    /// What the field's reducer is given.
    Reduce(JsonValue),
    /// What takes the field's place, whatever its reducer.
    Overwrite(JsonValue),
}

impl JsonUpdate {
    /// An update from the members of an object.
    #[must_use]
    pub fn new(fields: Map<String, Value>) -> Self {
        let fields = fields.into_iter();
        Self(fields.map(|(name, value)| (name.into(), JsonWrite::Reduce(value.into()))).collect())
    }

    /// An update from a JSON value; null writes nothing.
    ///
    /// # Errors
    /// [`StateError::NotAnObject`].
    pub fn from_json(value: Value) -> Result<Self, StateError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        object(value).map(Self::new)
    }

    /// Writes a value to a field too. What this update wrote to it before is gone.
    #[must_use]
    pub fn with(self, field: impl Into<Cow<'static, str>>, value: impl Into<JsonValue>) -> Self {
        self.put(field.into(), JsonWrite::Reduce(value.into()))
    }

    /// Puts a value in the place of a field, whatever its reducer makes of writes. What this update wrote to it before
    /// is gone.
    #[must_use]
    pub fn with_overwrite(
        self,
        field: impl Into<Cow<'static, str>>,
        value: impl Into<JsonValue>,
    ) -> Self {
        self.put(field.into(), JsonWrite::Overwrite(value.into()))
    }

    fn put(mut self, field: Cow<'static, str>, write: JsonWrite) -> Self {
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, there)) => *there = write,
            None => self.0.push((field, write)),
        }
        self
    }

    /// The fields that it writes, in the order they were named.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &JsonWrite)> {
        self.0.iter().map(|(name, write)| (&**name, write))
    }

    /// What it writes to a field; none where it does not name it.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&JsonWrite> {
        self.fields().find_map(|(name, write)| (name == field).then_some(write))
    }
}

impl JsonWrite {
    /// Whether it takes the place of a field whose writes are reduced.
    pub(super) fn is_overwrite(&self) -> bool {
        match self {
            Self::Overwrite(_) => true,
            Self::Reduce(value) => match value.parts() {
                JsonParts::Whole(value) => is_overwrite(value),
                JsonParts::List(_) => false,
            },
        }
    }

    /// What takes the place of a field whose writes are reduced, or else what is to be reduced.
    pub(super) fn divided(self) -> Self {
        if !self.is_overwrite() {
            return self;
        }
        match self {
            Self::Reduce(value) => {
                Self::Overwrite(overwritten(value.into_value()).unwrap_or_default().into())
            }
            Self::Overwrite(_) => self,
        }
    }

    /// What is written.
    #[must_use]
    pub const fn value(&self) -> &JsonValue {
        match self {
            Self::Reduce(value) | Self::Overwrite(value) => value,
        }
    }

    /// What is written.
    pub(super) fn into_value(self) -> JsonValue {
        match self {
            Self::Reduce(value) | Self::Overwrite(value) => value,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Reduce(value) => value.clone().into_value(),
            Self::Overwrite(value) => overwrite(value.clone().into_value()),
        }
    }
}

impl Serialize for JsonWrite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Reduce(value) => value.serialize(serializer),
            Self::Overwrite(value) => {
                let mut members = serializer.serialize_map(Some(1))?;
                members.serialize_entry(OVERWRITE, value)?;
                members.end()
            }
        }
    }
}

impl Serialize for JsonUpdate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields())
    }
}

impl PartialEq for JsonUpdate {
    /// Whether the same is written to the same fields, in whatever order they were named.
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.fields().all(|(name, write)| other.get(name) == Some(write))
    }
}

impl fmt::Debug for JsonUpdate {
    /// The fields' names, and what kind of value each is given: the content is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields()).finish()
    }
}

impl NodeOutput<JsonState> for JsonUpdate {
    fn into_command(self) -> Result<Command<JsonState>, NodeError> {
        Ok(Command::update(self))
    }
}

impl NodeOutput<JsonState> for Value {
    /// An object is an update, and null writes nothing. A list is several outputs.
    fn into_command(self) -> Result<Command<JsonState>, NodeError> {
        if let Self::Array(outputs) = self {
            let commands = outputs.into_iter().map(Self::into_command);
            return Ok(Command::all(commands.collect::<Result<Vec<_>, _>>()?));
        }
        JsonUpdate::from_json(self)
            .map(Command::update)
            .map_err(|source| crate::error::InvalidNodeOutput { source }.into())
    }
}

impl From<JsonUpdate> for Command<JsonState> {
    fn from(update: JsonUpdate) -> Self {
        Self::update(update)
    }
}
