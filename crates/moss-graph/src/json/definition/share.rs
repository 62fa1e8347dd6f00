//! What a subgraph shares with the graph around it: see the table in the module's documentation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::json::apply::add;
use crate::json::log::{id_of, is_same};
use crate::json::state::Slot;
use crate::json::{JsonFields, JsonState, JsonUpdate, JsonValue, JsonWrite, Reducer};
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
        let sent = sent.filter_map(|name| Some((name, around.sent()?.get(name)?.clone().into())));
        // It takes the place of a default, and of what the inner graph remembers.
        given.chain(sent).fold(JsonUpdate::default(), |input, (name, value)| {
            input.with_overwrite(name.clone(), value)
        })
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
            let write = if was_given {
                difference(&field.around, was, is)
            } else {
                is.shared().map(JsonWrite::Reduce)
            };
            Some((field.name.clone().into(), write?))
        });
        JsonUpdate(written.collect())
    }
}

impl Field {
    fn given(&self, around: &JsonState) -> Option<JsonValue> {
        match around.sent() {
            Some(argument) => argument.get(&self.name).cloned().map(Into::into),
            None => around.shared(&self.name),
        }
    }
}

/// What is written through a reducer so that it makes of one value another.
fn difference(reducer: &Reducer, was: &Slot, is: &Slot) -> Option<JsonWrite> {
    let added = match reducer {
        Reducer::LastValue
        | Reducer::AnyValue
        | Reducer::Ephemeral { .. }
        | Reducer::Untracked { .. }
        | Reducer::Topic { accumulate: false, .. } => is.shared(),
        Reducer::Append | Reducer::Topic { accumulate: true, .. } => {
            new_items(&items(was), &items(is))
        }
        Reducer::Messages => new_messages(&items(was), &items(is)),
        Reducer::Add => {
            value(was).zip(value(is)).and_then(|(was, is)| added(was, is)).map(Into::into)
        }
        Reducer::Merge => {
            value(was).zip(value(is)).and_then(|(was, is)| new_members(was, is)).map(Into::into)
        }
        Reducer::Custom(_) | Reducer::Later(_) => None,
    };
    added.map(JsonWrite::Reduce).or_else(|| is.shared().map(JsonWrite::Overwrite))
}

fn value(slot: &Slot) -> Option<&Value> {
    match slot {
        Slot::Value(value) => Some(value.as_value()),
        Slot::Empty | Slot::Log(_) => None,
    }
}

/// The items of a log, or of what is written to one.
fn items(slot: &Slot) -> Vec<Arc<Value>> {
    match slot {
        Slot::Empty => Vec::new(),
        Slot::Log(log) => log.items().iter().cloned().collect(),
        Slot::Value(value) if *value == Value::Null => Vec::new(),
        Slot::Value(value) => {
            let mut items = Vec::new();
            value.clone().for_each_item(|item| items.push(item));
            items
        }
    }
}

fn new_items(was: &[Arc<Value>], is: &[Arc<Value>]) -> Option<JsonValue> {
    let (first, new) = is.split_at_checked(was.len())?;
    let stays = first.iter().zip(was).all(|(is, was)| is_same(is, was));
    stays.then(|| new.iter().cloned().collect())
}

/// Messages by their ids; none where that would not give the same list.
fn new_messages(was: &[Arc<Value>], is: &[Arc<Value>]) -> Option<JsonValue> {
    let (was_ids, is_ids) = (ids(was)?, ids(is)?);
    let known: HashMap<&str, &Arc<Value>> = was_ids.iter().copied().zip(was).collect();
    let there: HashSet<&str> = is_ids.iter().copied().collect();
    let kept = was_ids.iter().filter(|id| there.contains(*id));
    let new = is_ids.iter().filter(|id| !known.contains_key(*id));
    if !kept.chain(new).eq(&is_ids) {
        return None;
    }
    let gone = was_ids.iter().filter(|id| !there.contains(*id));
    let gone = gone.map(|id| Arc::new(json!({ "type": "remove", "id": id })));
    let changed =
        is_ids.iter().zip(is).filter(|(id, is)| known.get(*id).is_none_or(|was| !is_same(was, is)));
    Some(gone.chain(changed.map(|(_, message)| Arc::clone(message))).collect())
}

fn ids(messages: &[Arc<Value>]) -> Option<Vec<&str>> {
    messages.iter().map(|message| id_of(message)).collect()
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
