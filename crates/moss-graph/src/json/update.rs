//! What one node writes to a JSON state.

use serde_json::{Map, Value};

use super::JsonState;
use crate::node::{Command, NodeError, NodeOutput};
use crate::state::persist::{StateError, object};

/// What one node writes to a JSON state: the fields that it names, and no others.
///
/// A value of the form `{"__overwrite__": value}` or `{"type": "__overwrite__", "value": value}` takes the place of a
/// field instead of being reduced with it (see [`overwrite`](super::overwrite)).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JsonUpdate(pub(super) Map<String, Value>);

impl JsonUpdate {
    /// An update from the members of an object.
    #[must_use]
    pub const fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// An update from a JSON value; null writes nothing.
    ///
    /// # Errors
    /// [`StateError::NotAnObject`].
    pub fn from_json(value: Value) -> Result<Self, StateError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        object(value).map(Self)
    }

    /// The fields that it writes.
    #[must_use]
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.0
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
