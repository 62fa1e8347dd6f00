//! What of a state is to be stored, noted before it is changed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::json::JsonLog;

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
