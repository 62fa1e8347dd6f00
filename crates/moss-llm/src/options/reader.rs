//! Reads options one by one and knows which were not read.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use moss_protocol::JsonObject;
use serde_json::Value;

use crate::ModelSetupError;

/// An empty object, for a nested one that is absent.
pub(super) static NOTHING: LazyLock<JsonObject> = LazyLock::new(JsonObject::new);

/// Reads options under any of their names. A later name is read only where the earlier ones are not set.
pub(crate) struct Reader<'a> {
    options: &'a JsonObject,
    /// What stands before a name in messages.
    prefix: &'static str,
    read: HashSet<&'a str>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(options: &'a JsonObject, prefix: &'static str) -> Self {
        Self { options, prefix, read: HashSet::new() }
    }

    /// Another reader of the same options, whose reading does not count here.
    pub(crate) fn aside(&self) -> Self {
        Self::new(self.options, self.prefix)
    }

    /// The first of the names that is set and not `null`. All of them count as read.
    pub(crate) fn value(&mut self, names: &[&str]) -> Option<(&'a str, &'a Value)> {
        let mut found = None;
        for name in names {
            let Some((name, value)) = self.options.get_key_value(*name) else { continue };
            self.read.insert(name);
            if found.is_none() && !value.is_null() {
                found = Some((name.as_str(), value));
            }
        }
        found
    }

    /// A text; blank counts as not set, as environment files often leave it.
    pub(crate) fn text(&mut self, names: &[&str]) -> Result<Option<&'a str>, ModelSetupError> {
        match self.value(names) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some((name, _)) => Err(self.wrong(name, "is not a text")),
        }
    }

    pub(crate) fn flag(&mut self, names: &[&str]) -> Result<Option<bool>, ModelSetupError> {
        match self.value(names) {
            None => Ok(None),
            Some((_, Value::Bool(flag))) => Ok(Some(*flag)),
            Some((name, _)) => Err(self.wrong(name, "is neither `true` nor `false`")),
        }
    }

    pub(crate) fn count(&mut self, names: &[&str]) -> Result<Option<u32>, ModelSetupError> {
        let Some((name, value)) = self.value(names) else { return Ok(None) };
        value
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .map(Some)
            .ok_or_else(|| self.wrong(name, "is not a whole number from 0"))
    }

    /// Milliseconds, more than 0.
    pub(crate) fn millis(&mut self, names: &[&str]) -> Result<Option<Duration>, ModelSetupError> {
        let Some((name, value)) = self.value(names) else { return Ok(None) };
        value
            .as_f64()
            .filter(|millis| *millis > 0.0)
            .and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok())
            .map(Some)
            .ok_or_else(|| self.wrong(name, "is not a number of milliseconds above 0"))
    }

    pub(crate) fn object(
        &mut self,
        names: &[&str],
    ) -> Result<Option<&'a JsonObject>, ModelSetupError> {
        match self.value(names) {
            None => Ok(None),
            Some((_, Value::Object(object))) => Ok(Some(object)),
            Some((name, _)) => Err(self.wrong(name, "is not an object")),
        }
    }

    /// Takes the fields of a request body out of the options: names that hosts write, then the provider's name
    /// of the field. The fields stand in the order of the table.
    pub(crate) fn fields(&mut self, table: &[(&[&str], &str)]) -> JsonObject {
        let mut fields = JsonObject::new();
        for (names, field) in table {
            if let Some((_, value)) = self.value(names) {
                fields.insert((*field).to_owned(), value.clone());
            }
        }
        fields
    }

    /// A name of an option, as messages show it.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Names that are set and were not read, in their order.
    pub(crate) fn unread(self) -> Vec<String> {
        self.options
            .iter()
            .filter(|(name, value)| !value.is_null() && !self.read.contains(name.as_str()))
            .map(|(name, _)| format!("{}{name}", self.prefix))
            .collect()
    }

    fn wrong(&self, name: &str, problem: &str) -> ModelSetupError {
        ModelSetupError::option(&self.named(name), problem)
    }
}
