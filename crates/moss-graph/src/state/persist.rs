//! States that can be stored, and read back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use thiserror::Error;

use super::State;
use crate::checkpoint::{Blob, BlobError, ChannelChange, ChannelName, ChannelValue};
use crate::json::JsonLog;

/// What a superstep did to the channels of a state.
pub type Changes = BTreeMap<ChannelName, ChannelChange>;
/// The values of a state's channels as they are stored.
pub type Channels = BTreeMap<ChannelName, ChannelValue>;
/// A JSON value, as states are shown to those who do not know their type.
pub type Json = Value;

const OVERWRITE: &str = "__overwrite__";

/// A state that can be stored and read back, and shown as JSON.
///
/// Derived with `#[state(persist)]` on a struct with `#[derive(State)]`; its fields, and what is written to them, must
/// be `Serialize` and `DeserializeOwned`, but for those that are `#[state(untracked)]`. A JSON state
/// ([`JsonState`](crate::json::JsonState)) is one already.
///
/// What is stored costs what changed: before a superstep is applied, [`mark`](Self::mark) notes what it is going to
/// write, and afterwards [`changes`](Self::changes) encodes that and nothing else.
pub trait PersistentState: State {
    /// Notes the fields that these updates write, as they are before, and those that every superstep changes.
    fn mark(&self, updates: &mut dyn Iterator<Item = &Self::Update>, marks: &mut Marks);

    /// Encodes what became of the fields that are marked.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded, or exceeds a limit.
    fn changes(&self, marks: &Marks) -> Result<Changes, StateError>;

    /// This state with the stored values in it. Fields of which nothing is stored keep theirs, so that a field may be
    /// added to a state whose threads are stored already.
    ///
    /// # Errors
    /// [`StateError`] when a stored value is not of its field's type.
    fn restore(&self, channels: &Channels) -> Result<Self, StateError>;

    /// The state as a JSON object, without what is not stored.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn to_json(&self) -> Result<Json, StateError>;

    /// This state with the fields of a JSON object in it.
    ///
    /// # Errors
    /// [`StateError`] when it is no object, names no field, or a value is not of its field's type.
    fn with_json(&self, json: Json) -> Result<Self, StateError>;

    /// The state as it is shown to those who follow a run: what [`to_json`](Self::to_json) gives, or the part of it that
    /// is its output.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn shown(&self) -> Result<Json, StateError> {
        self.to_json()
    }

    /// An update as it is stored until its superstep is committed: without what is not stored.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn stored_update(&self, update: &Self::Update) -> Result<Json, StateError> {
        Self::update_to_json(update)
    }

    /// An update as a JSON object: the fields that it writes. What takes a field's place stands as
    /// `{"__overwrite__": value}`, as in LangGraph.
    ///
    /// # Errors
    /// [`StateError`] when a value cannot be encoded.
    fn update_to_json(update: &Self::Update) -> Result<Json, StateError>;

    /// An update from the JSON object that [`update_to_json`](Self::update_to_json) makes.
    ///
    /// # Errors
    /// [`StateError`] when it is no object, names no field, or a value is not of its field's type.
    fn update_from_json(&self, json: Json) -> Result<Self::Update, StateError>;
}

/// A state cannot be stored, or what is stored does not fit it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// A field cannot be encoded, or exceeds a limit.
    #[error("the state field `{field}` cannot be encoded")]
    Encode {
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: BlobError,
    },
    /// A field's value is not of its type.
    #[error(
        "a value does not fit the state field `{field}`. Give the field the type it had, or a default and another name"
    )]
    Decode {
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: BlobError,
    },
    /// Something is no JSON object.
    #[error("a state or an update is a JSON object, and this is {found}")]
    NotAnObject {
        /// What it is: `a list`, `a number`.
        found: &'static str,
    },
    /// A command leads to something that is neither a node's name nor a send.
    #[error("a command goes to nodes by name, or to `{{\"node\": name, \"args\": input}}`")]
    NotASend,
    /// A field is not there.
    #[error("the state has no field `{field}`{}", crate::graph::DidYouMean(nearest.as_deref()))]
    UnknownField {
        /// What was named.
        field: String,
        /// The field whose name is nearest to it, if one is near.
        nearest: Option<String>,
    },
}

/// What is to be stored of a state, noted before it is changed.
#[derive(Debug, Default)]
pub struct Marks {
    fields: BTreeMap<Cow<'static, str>, Mark>,
    /// Whether nothing of the state is stored yet, so that logs are stored from their beginning.
    fresh: bool,
}

/// What was noted of one field.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(private_interfaces, reason = "how a JSON log is noted is its own affair")]
pub enum Mark {
    /// Its value is stored whole.
    Value,
    /// Of a log, the items behind so many are stored.
    Log(usize),
    /// A log that begins anew.
    Rewritten,
    /// A log of which this much was there; it may have been changed in the middle.
    Was(JsonLog),
}

impl Marks {
    /// Marks of a state of which nothing is stored yet.
    #[must_use]
    pub fn fresh() -> Self {
        Self { fresh: true, ..Self::default() }
    }

    /// Whether nothing of the state is stored yet. Then a log that is not empty is marked whether it is written or not:
    /// what is put behind it later stands behind what is stored.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Notes that a field is stored whole.
    pub fn value(&mut self, field: impl Into<Cow<'static, str>>) {
        self.fields.insert(field.into(), Mark::Value);
    }

    /// Notes that items are going to be put behind a log that has so many.
    pub fn log(&mut self, field: impl Into<Cow<'static, str>>, length: usize) {
        let length = if self.fresh { 0 } else { length };
        self.fields.entry(field.into()).or_insert(Mark::Log(length));
    }

    /// Notes that a log is going to be replaced.
    pub fn rewritten(&mut self, field: impl Into<Cow<'static, str>>) {
        self.fields.insert(field.into(), Mark::Rewritten);
    }

    pub(crate) fn was(&mut self, field: &str, log: &JsonLog) {
        if !self.fields.contains_key(field) {
            let mark = if self.fresh { Mark::Rewritten } else { Mark::Was(log.clone()) };
            self.fields.insert(field.to_owned().into(), mark);
        }
    }

    /// What was noted of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Mark> {
        self.fields.get(field)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Mark)> {
        self.fields.iter().map(|(field, mark)| (&**field, mark))
    }

    /// Whether nothing is noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Adds the change of a field that is stored whole. For derived states.
///
/// # Errors
/// [`StateError::Encode`].
pub fn value_change<T: Serialize>(
    changes: &mut Changes,
    field: &str,
    _: &Mark,
    value: &T,
) -> Result<(), StateError> {
    changes.insert(field.into(), ChannelChange::Set(encode(field, value)?));
    Ok(())
}

/// Adds the change of a log. For derived states.
///
/// # Errors
/// [`StateError::Encode`].
pub fn log_change<'f, F, T>(
    changes: &mut Changes,
    field: &str,
    mark: &Mark,
    log: &'f F,
) -> Result<(), StateError>
where
    &'f F: IntoIterator<Item = &'f T>,
    T: Serialize + 'f,
{
    let kept = match mark {
        Mark::Log(length) => Some(*length),
        Mark::Value | Mark::Rewritten | Mark::Was(_) => None,
    };
    let items = log.into_iter().skip(kept.unwrap_or(0)).map(|item| encode(field, item));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    match kept {
        Some(_) if items.is_empty() => {}
        Some(_) => {
            changes.insert(field.into(), ChannelChange::Append(items));
        }
        None => {
            changes.insert(field.into(), ChannelChange::Rewrite { keep: 0, items });
        }
    }
    Ok(())
}

/// The stored value of a field. For derived states.
///
/// # Errors
/// [`StateError::Decode`].
pub fn stored_value<T: DeserializeOwned>(
    channels: &Channels,
    field: &str,
) -> Result<Option<T>, StateError> {
    match channels.get(field) {
        None => Ok(None),
        Some(ChannelValue::Value(blob)) => decode(field, blob).map(Some),
        Some(ChannelValue::Log(_)) => {
            // A field that was a log once: its items as a list.
            let items = stored_items::<Value>(channels, field)?.unwrap_or_default();
            from_value(field, Value::Array(items)).map(Some)
        }
    }
}

/// The stored items of a log. For derived states.
///
/// # Errors
/// [`StateError::Decode`].
pub fn stored_items<T: DeserializeOwned>(
    channels: &Channels,
    field: &str,
) -> Result<Option<Vec<T>>, StateError> {
    match channels.get(field) {
        None => Ok(None),
        Some(ChannelValue::Log(items)) => {
            items.iter().map(|blob| decode(field, blob)).collect::<Result<_, _>>().map(Some)
        }
        Some(ChannelValue::Value(blob)) => decode(field, blob).map(Some),
    }
}

pub(crate) fn encode<T: Serialize + ?Sized>(field: &str, value: &T) -> Result<Blob, StateError> {
    Blob::encode(value).map_err(|source| StateError::Encode { field: field.to_owned(), source })
}

pub(crate) fn decode<T: DeserializeOwned>(field: &str, blob: &Blob) -> Result<T, StateError> {
    blob.decode().map_err(|source| StateError::Decode { field: field.to_owned(), source })
}

fn from_value<T: DeserializeOwned>(field: &str, value: Value) -> Result<T, StateError> {
    serde_json::from_value(value).map_err(|source| StateError::Decode {
        field: field.to_owned(),
        source: BlobError::Decode(source),
    })
}

/// A JSON object that a derived state is written to or read from.
#[derive(Debug, Default)]
pub struct Object(Map<String, Value>);

impl Object {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads an object that names some of these fields and no others.
    ///
    /// # Errors
    /// [`StateError::NotAnObject`] and [`StateError::UnknownField`].
    pub fn read(json: Value, fields: &[&str]) -> Result<Self, StateError> {
        let object = object(json)?;
        match object.keys().find(|key| !fields.contains(&key.as_str())) {
            Some(unknown) => Err(unknown_field(unknown, fields)),
            None => Ok(Self(object)),
        }
    }

    /// Adds a member.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    pub fn put<T: Serialize>(&mut self, field: &str, value: &T) -> Result<(), StateError> {
        let value = serde_json::to_value(value).map_err(|source| StateError::Encode {
            field: field.to_owned(),
            source: BlobError::Encode(source),
        })?;
        self.0.insert(field.to_owned(), value);
        Ok(())
    }

    /// Adds a member that takes the place of a field.
    ///
    /// # Errors
    /// [`StateError::Encode`].
    pub fn put_overwrite<T: Serialize>(
        &mut self,
        field: &str,
        value: &T,
    ) -> Result<(), StateError> {
        self.put(field, value)?;
        if let Some(value) = self.0.get_mut(field) {
            *value = overwrite(value.take());
        }
        Ok(())
    }

    /// Takes a member out.
    ///
    /// # Errors
    /// [`StateError::Decode`].
    pub fn take<T: DeserializeOwned>(&mut self, field: &str) -> Result<Option<T>, StateError> {
        self.0.shift_remove(field).map(|value| from_value(field, value)).transpose()
    }

    /// Takes a member out if it takes the place of a field.
    ///
    /// # Errors
    /// [`StateError::Decode`].
    pub fn take_overwrite<T: DeserializeOwned>(
        &mut self,
        field: &str,
    ) -> Result<Option<T>, StateError> {
        if !self.0.get(field).is_some_and(is_overwrite) {
            return Ok(None);
        }
        let value = self.0.shift_remove(field).and_then(overwritten);
        value.map(|value| from_value(field, value)).transpose()
    }

    /// The object.
    #[must_use]
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

/// A write that takes the place of a field, as `{"__overwrite__": value}`: LangGraph's `Overwrite`.
#[must_use]
pub fn overwrite(value: Value) -> Value {
    Value::Object(Map::from_iter([(OVERWRITE.to_owned(), value)]))
}

/// Whether a write takes the place of a field. Both of LangGraph's JSON forms are read.
pub(crate) fn is_overwrite(value: &Value) -> bool {
    value.as_object().is_some_and(|object| match object.len() {
        1 => object.contains_key(OVERWRITE),
        2 => {
            object.get("type").and_then(Value::as_str) == Some(OVERWRITE)
                && object.contains_key("value")
        }
        _ => false,
    })
}

/// The value of a write that [`is_overwrite`].
pub(crate) fn overwritten(value: Value) -> Option<Value> {
    let Value::Object(mut object) = value else { return None };
    object.shift_remove(OVERWRITE).or_else(|| object.shift_remove("value"))
}

pub(crate) fn object(json: Value) -> Result<Map<String, Value>, StateError> {
    match json {
        Value::Object(object) => Ok(object),
        other => Err(StateError::NotAnObject { found: kind(&other) }),
    }
}

/// What a value is, in words.
pub(crate) const fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(crate) fn unknown_field<T: AsRef<str>>(field: &str, fields: &[T]) -> StateError {
    let nearest = crate::graph::nearest(field, fields).map(|name| name.as_ref().to_owned());
    StateError::UnknownField { field: field.to_owned(), nearest }
}
