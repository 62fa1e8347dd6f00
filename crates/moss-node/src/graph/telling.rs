//! How JavaScript is told of values: what it has by its handle, all else by its content.

use std::sync::Arc;

use moss_graph::json::{JsonChange, JsonChanges, JsonFields, JsonParts, JsonValue, Reducer};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::handles::Handles;

/// Values get a handle that have so many bytes as JSON: for shorter ones it costs more than it saves.
const WORTH_A_HANDLE: usize = 128;

/// Writes what JavaScript is told.
///
/// A value is the number of its handle, or `[value]`, or `{"value":value,"handle":number}` where it gets one now, or
/// `{"items":items}`. Items are a list of handles, of lists of values without one, and of values that get one.
pub(super) struct Telling<'t> {
    pub(super) handles: &'t mut Handles,
    pub(super) json: &'t mut Vec<u8>,
}

/// What was sent to a task. It gets no handle: it is told once, as a rule.
pub(super) enum ToldSent<'s> {
    Handle(u64),
    Plain(&'s Value),
    Items(Vec<ToldItems<'s>>),
}

/// Some of the items of a list that was sent.
pub(super) enum ToldItems<'s> {
    Handle(u64),
    Plain(Vec<&'s Value>),
}

impl Telling<'_> {
    /// Tells how a state differs: `[[field, change, …], …]`.
    pub(super) fn changes(
        &mut self,
        changes: &JsonChanges,
        fields: &JsonFields,
    ) -> serde_json::Result<()> {
        let mut list = List::begin(self.json);
        for (field, change) in changes.iter() {
            list.part(self.json);
            self.change(field, change, fields)?;
        }
        list.end(self.json);
        Ok(())
    }

    fn change(
        &mut self,
        field: &str,
        change: &JsonChange,
        fields: &JsonFields,
    ) -> serde_json::Result<()> {
        // Of messages JavaScript makes LangChain's objects, which no handle stands for.
        let by = match fields.reducer(field) {
            Some(Reducer::Messages) => By::Content,
            _ => By::Handle,
        };
        self.json.push(b'[');
        serde_json::to_writer(&mut *self.json, field)?;
        match change {
            JsonChange::Clear => self.json.extend_from_slice(b",\"clear\""),
            JsonChange::Set(value) => {
                self.json.extend_from_slice(b",\"set\",");
                self.value(value, by)?;
            }
            JsonChange::Append(items) => {
                self.json.extend_from_slice(b",\"append\",");
                self.items(items, by)?;
            }
            JsonChange::Rewrite { keep, items } => {
                self.json.extend_from_slice(b",\"rewrite\",");
                self.items(items, by)?;
                self.json.push(b',');
                serde_json::to_writer(&mut *self.json, keep)?;
            }
        }
        self.json.push(b']');
        Ok(())
    }

    fn value(&mut self, value: &JsonValue, by: By) -> serde_json::Result<()> {
        match value.parts() {
            JsonParts::Whole(value) => self.whole(value, by),
            JsonParts::List(items) => {
                self.json.extend_from_slice(b"{\"items\":");
                self.items(items, by)?;
                self.json.push(b'}');
                Ok(())
            }
        }
    }

    fn whole(&mut self, value: &Arc<Value>, by: By) -> serde_json::Result<()> {
        if let Some(handle) = self.known(value, by) {
            return serde_json::to_writer(&mut *self.json, &handle);
        }
        let content = serde_json::to_vec(&**value)?;
        if by == By::Handle && is_worth_a_handle(value, &content) {
            self.taught(value, &content)
        } else {
            self.json.push(b'[');
            self.json.extend_from_slice(&content);
            self.json.push(b']');
            Ok(())
        }
    }

    fn items<'v>(
        &mut self,
        items: impl IntoIterator<Item = &'v Arc<Value>>,
        by: By,
    ) -> serde_json::Result<()> {
        let mut list = List::begin(self.json);
        let mut content = Vec::new();
        for item in items {
            if let Some(handle) = self.known(item, by) {
                list.part(self.json);
                serde_json::to_writer(&mut *self.json, &handle)?;
                continue;
            }
            if by == By::Content {
                list.plain(self.json);
                serde_json::to_writer(&mut *self.json, &**item)?;
                continue;
            }
            content.clear();
            serde_json::to_writer(&mut content, &**item)?;
            if is_worth_a_handle(item, &content) {
                list.part(self.json);
                self.taught(item, &content)?;
            } else {
                list.plain(self.json);
                self.json.extend_from_slice(&content);
            }
        }
        list.end(self.json);
        Ok(())
    }

    fn known(&self, value: &Arc<Value>, by: By) -> Option<u64> {
        match by {
            By::Content => None,
            By::Handle => self.handles.of(value),
        }
    }

    fn taught(&mut self, value: &Arc<Value>, content: &[u8]) -> serde_json::Result<()> {
        let handle = self.handles.give(value, content.len());
        self.json.extend_from_slice(b"{\"value\":");
        self.json.extend_from_slice(content);
        self.json.extend_from_slice(b",\"handle\":");
        serde_json::to_writer(&mut *self.json, &handle)?;
        self.json.push(b'}');
        Ok(())
    }
}

/// How a value is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its content, each time.
    Content,
    /// Its handle, which it gets if it is worth one.
    Handle,
}

fn is_worth_a_handle(value: &Value, content: &[u8]) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_)) && content.len() >= WORTH_A_HANDLE
}

/// Items that are being written: values without a handle stand together in lists of their own.
struct List {
    is_empty: bool,
    is_plain: bool,
}

impl List {
    fn begin(json: &mut Vec<u8>) -> Self {
        json.push(b'[');
        Self { is_empty: true, is_plain: false }
    }

    /// Something comes that says what it is.
    fn part(&mut self, json: &mut Vec<u8>) {
        if self.is_plain {
            json.push(b']');
        }
        if !self.is_empty {
            json.push(b',');
        }
        *self = Self { is_empty: false, is_plain: false };
    }

    /// A value without a handle comes.
    fn plain(&mut self, json: &mut Vec<u8>) {
        if self.is_plain {
            json.push(b',');
        } else {
            self.part(json);
            json.push(b'[');
            self.is_plain = true;
        }
    }

    fn end(self, json: &mut Vec<u8>) {
        if self.is_plain {
            json.push(b']');
        }
        json.push(b']');
    }
}

impl<'s> ToldSent<'s> {
    pub(super) fn of(sent: &'s JsonValue, handles: &Handles) -> Self {
        match sent.parts() {
            JsonParts::Whole(value) => match handles.of(value) {
                Some(handle) => Self::Handle(handle),
                None => Self::Plain(value),
            },
            JsonParts::List(list) => {
                let mut items: Vec<ToldItems<'s>> = Vec::new();
                for item in list {
                    match (handles.of(item), items.last_mut()) {
                        (Some(handle), _) => items.push(ToldItems::Handle(handle)),
                        (None, Some(ToldItems::Plain(values))) => values.push(item),
                        (None, _) => items.push(ToldItems::Plain(vec![item])),
                    }
                }
                Self::Items(items)
            }
        }
    }
}

impl Serialize for ToldSent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Handle(handle) => handle.serialize(serializer),
            Self::Plain(value) => [value].serialize(serializer),
            Self::Items(items) => {
                let mut members = serializer.serialize_map(Some(1))?;
                members.serialize_entry("items", items)?;
                members.end()
            }
        }
    }
}

impl Serialize for ToldItems<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Handle(handle) => handle.serialize(serializer),
            Self::Plain(values) => values.serialize(serializer),
        }
    }
}
