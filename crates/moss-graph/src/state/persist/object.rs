//! States and updates as JSON objects.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::StateError;
use super::channels::from_value;
use super::error::unknown_field;
use super::overwrite::{is_overwrite, overwrite, overwritten};
use crate::checkpoint::BlobError;

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
