//! What a subgraph shares with the graph around it: see the table in the module's documentation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::json::apply::add;
use crate::json::log::id_of;
use crate::json::state::Slot;
use crate::json::{JsonFields, JsonState, JsonUpdate, Reducer, overwrite};
use crate::{State, StateGraphEngine, Subgraph};

/// The fields that two states have in common.
pub(super) struct Shared {
    fields: Vec<Field>,
    /// The fields of the inner graph alone that its input may write: what is sent to it may name them.
    inner_only: Vec<String>,
    /// What the inner graph begins with, before it is given anything.
    initial: JsonState,
}

struct Field {
    name: String,
    /// How the graph around puts its writes together.
    around: Reducer,
    /// Its place in the inner state.
    inner: usize,
    goes_in: bool,
    comes_out: bool,
}

impl Shared {
    pub(super) fn between(around: &JsonFields, inner: &JsonFields) -> Self {
        let fields = inner.names().filter_map(|name| {
            Some(Field {
                name: name.to_owned(),
                around: around.0.specs[around.place(name).ok()?].reducer.clone(),
                inner: inner.place(name).ok()?,
                goes_in: inner.is_input(name),
                comes_out: inner.is_output(name),
            })
        });
        let inner_only = inner.names().filter(|name| around.place(name).is_err());
        let inner_only = inner_only.filter(|name| inner.is_input(name)).map(str::to_owned);
        Self {
            fields: fields.collect(),
            inner_only: inner_only.collect(),
            initial: inner.initial(),
        }
    }

    pub(super) fn subgraph(
        self,
        engine: StateGraphEngine<JsonState>,
    ) -> Subgraph<JsonState, JsonState> {
        let initial = self.initial.clone();
        let shared = Arc::new(self);
        let giving = Arc::clone(&shared);
        Subgraph::beside(
            engine,
            initial,
            move |around: &JsonState| giving.input(around),
            move |around: &JsonState, inner: &JsonState| shared.output(around, inner),
        )
    }

    /// What the inner graph is given.
    fn input(&self, around: &JsonState) -> JsonUpdate {
        let given = self.fields.iter().filter(|field| field.goes_in);
        let given = given.filter_map(|field| Some((&field.name, field.given(around)?)));
        let sent = self.inner_only.iter();
        let sent = sent.filter_map(|name| Some((name, around.sent()?.get(name)?.clone())));
        // It takes the place of a default, and of what the inner graph remembers.
        let input = given.chain(sent).map(|(name, value)| {
            let can_overwrite = self
                .initial
                .fields
                .place(name)
                .is_ok_and(|place| self.initial.fields.0.specs[place].reducer.can_overwrite());
            (name.clone(), if can_overwrite { overwrite(value) } else { value })
        });
        JsonUpdate::new(input.collect())
    }

    /// What the inner graph made of it, as it is written to the state around.
    fn output(&self, around: &JsonState, inner: &JsonState) -> JsonUpdate {
        let mut begun = self.initial.clone();
        // What it could not begin with it has not run with.
        let _ = begun.apply(vec![self.input(around)]);
        let written = self.fields.iter().filter(|field| field.comes_out).filter_map(|field| {
            let (was, is) = (&begun.slots[field.inner], &inner.slots[field.inner]);
            if was == is {
                return None;
            }
            let lasts = !self.initial.fields.0.specs[field.inner].reducer.is_fleeting();
            let was_given = lasts && field.goes_in && field.given(around).is_some();
            let write = if was_given { difference(&field.around, was, is) } else { is.to_value() };
            Some((field.name.clone(), write?))
        });
        JsonUpdate::new(written.collect())
    }
}

impl Field {
    fn given(&self, around: &JsonState) -> Option<Value> {
        match around.sent() {
            Some(argument) => argument.get(&self.name).cloned(),
            None => around.get(&self.name),
        }
    }
}

/// What is written through a reducer so that it makes of one value another.
fn difference(reducer: &Reducer, was: &Slot, is: &Slot) -> Option<Value> {
    match reducer {
        Reducer::LastValue
        | Reducer::AnyValue
        | Reducer::Ephemeral { .. }
        | Reducer::Untracked { .. }
        | Reducer::Topic { accumulate: false, .. } => is.to_value(),
        Reducer::Append | Reducer::Topic { accumulate: true, .. } => {
            new_items(&items(was), &items(is)).or_else(|| instead(is))
        }
        Reducer::Messages => new_messages(&items(was), &items(is)).or_else(|| instead(is)),
        Reducer::Add => {
            value(was).zip(value(is)).and_then(|(was, is)| added(was, is)).or_else(|| instead(is))
        }
        Reducer::Merge => value(was)
            .zip(value(is))
            .and_then(|(was, is)| new_members(was, is))
            .or_else(|| instead(is)),
        Reducer::Custom(_) | Reducer::Later(_) => instead(is),
    }
}

fn instead(is: &Slot) -> Option<Value> {
    is.to_value().map(overwrite)
}

fn value(slot: &Slot) -> Option<&Value> {
    match slot {
        Slot::Value(value) => Some(value),
        Slot::Empty | Slot::Log(_) => None,
    }
}

/// The items of a log, or of what is written to one.
fn items(slot: &Slot) -> Vec<&Value> {
    match slot {
        Slot::Empty => Vec::new(),
        Slot::Log(log) => log.items().iter().map(|item| &**item).collect(),
        Slot::Value(value) => match &**value {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().collect(),
            item => vec![item],
        },
    }
}

fn new_items(was: &[&Value], is: &[&Value]) -> Option<Value> {
    let items = is.strip_prefix(was)?;
    Some(items.iter().copied().cloned().collect())
}

/// Messages by their ids; none where that would not give the same list.
fn new_messages(was: &[&Value], is: &[&Value]) -> Option<Value> {
    let with_ids = |items: &[&Value]| -> Option<Vec<String>> {
        items.iter().map(|item| id_of(item).map(str::to_owned)).collect()
    };
    let (was_ids, is_ids) = (with_ids(was)?, with_ids(is)?);
    let known: HashMap<&str, &Value> =
        was_ids.iter().map(String::as_str).zip(was.iter().copied()).collect();
    let there: HashSet<&str> = is_ids.iter().map(String::as_str).collect();
    let kept = was_ids.iter().filter(|id| there.contains(id.as_str()));
    let new = is_ids.iter().filter(|id| !known.contains_key(id.as_str()));
    if !kept.chain(new).eq(&is_ids) {
        return None;
    }
    let gone = was_ids.iter().filter(|id| !there.contains(id.as_str()));
    let gone = gone.map(|id| json!({ "type": "remove", "id": id }));
    let changed = is_ids.iter().zip(is).filter(|(id, is)| known.get(id.as_str()) != Some(is));
    Some(gone.chain(changed.map(|(_, message)| Value::clone(message))).collect())
}

/// What was added to a number or a text, where adding it gives the same again.
fn added(was: &Value, is: &Value) -> Option<Value> {
    let more = match (was, is) {
        (Value::String(was), Value::String(is)) => is.strip_prefix(was.as_str())?.into(),
        (Value::Number(was), Value::Number(is)) => match was.as_i64().zip(is.as_i64()) {
            Some((was, is)) => is.checked_sub(was)?.into(),
            None => (is.as_f64()? - was.as_f64()?).into(),
        },
        _ => return None,
    };
    add(was, &more).is_ok_and(|sum| sum == *is).then_some(more)
}

/// The members that are new or changed; none where some are gone.
fn new_members(was: &Value, is: &Value) -> Option<Value> {
    let (was, is) = (was.as_object()?, is.as_object()?);
    if !was.keys().all(|name| is.contains_key(name)) {
        return None;
    }
    let changed = is.iter().filter(|(name, value)| was.get(*name) != Some(value));
    let changed = changed.map(|(name, value)| (name.clone(), value.clone()));
    Some(Value::Object(changed.collect::<Map<_, _>>()))
}
