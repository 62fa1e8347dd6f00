//! Putting updates into a JSON state.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;

use super::log::is_same;
use super::messages::add_messages;
use super::reducer::Cause;
use super::state::Slot;
use super::{JsonState, JsonUpdate, JsonValue, JsonWrite, Reducer};
use crate::panic::PanicMessage;
use crate::state::{Applying, ReduceError, State};

/// Why a built-in reducer refused a write.
#[derive(Debug, Error)]
pub(super) enum Refused {
    #[error("numbers are added to numbers and texts to texts; use `append` for lists")]
    NotAddable,
    #[error("the sum is beyond what a number can hold")]
    TooLarge,
    #[error("only objects are merged")]
    NotAnObject,
    #[error(
        "it takes time, and nothing waits for it here. Use `JsonFields::state_later` in place of `state`, and \
         `State::apply_later` in place of `apply`"
    )]
    TakesTime,
}

/// What a superstep writes to one field, in order; each with the update it is of.
#[derive(Default)]
pub(super) struct Writes {
    all: Vec<(usize, JsonValue)>,
    pub(super) overwrite: Option<JsonValue>,
}

impl Writes {
    /// The update the first of them is of.
    pub(super) fn first(&self) -> usize {
        self.all.first().map_or(0, |(index, _)| *index)
    }

    /// The values, for reducers that are given their own.
    pub(super) fn into_values(self) -> Vec<Value> {
        self.all.into_iter().map(|(_, value)| value.into_value()).collect()
    }
}

impl State for JsonState {
    type Update = JsonUpdate;

    fn visit_last_values<'u>(&self, update: &'u JsonUpdate, visit: &mut dyn FnMut(&'u str)) {
        for (name, write) in &update.0 {
            let Some(place) = self.fields.0.places.get(&**name) else { continue };
            let reducer = &self.fields.0.specs[*place].reducer;
            if reducer.takes_one() || (reducer.can_overwrite() && write.is_overwrite()) {
                visit(name);
            }
        }
    }

    fn apply(&mut self, updates: Vec<JsonUpdate>) -> Result<(), ReduceError> {
        // Reducers may refuse, so all of them are through before anything is put in place.
        let writes = self.gather(updates)?.into_iter();
        let reduced = writes.map(|(place, writes)| Ok((place, self.reduce(place, writes)?)));
        let reduced = reduced.collect::<Result<Vec<_>, ReduceError>>()?;
        self.put(reduced);
        Ok(())
    }

    fn apply_later(&self, updates: Vec<JsonUpdate>) -> Applying<Self> {
        if self.waits_for(&updates) {
            Applying::Later(Box::pin(self.clone().applied(updates)))
        } else {
            Applying::AtOnce(updates)
        }
    }
}

impl JsonState {
    /// What updates write, by field.
    pub(super) fn gather(
        &self,
        updates: Vec<JsonUpdate>,
    ) -> Result<BTreeMap<usize, Writes>, ReduceError> {
        let mut writes = BTreeMap::<usize, Writes>::new();
        for (index, update) in updates.into_iter().enumerate() {
            for (name, write) in update.0 {
                let place = self.fields.place(&name).map_err(|source| ReduceError {
                    field: name.into_owned(),
                    update: index,
                    source: source.into(),
                })?;
                let field = writes.entry(place).or_default();
                let write = if self.fields.0.specs[place].reducer.can_overwrite() {
                    write.divided()
                } else {
                    JsonWrite::Reduce(write.into_value())
                };
                match write {
                    JsonWrite::Reduce(value) => field.all.push((index, value)),
                    JsonWrite::Overwrite(value) => {
                        field.overwrite.get_or_insert(value);
                    }
                }
            }
        }
        Ok(writes)
    }

    /// Puts what a superstep comes to in its place.
    pub(super) fn put(&mut self, reduced: Vec<(usize, Slot)>) {
        for place in &self.fields.0.fleeting {
            self.unstored.retain(|unstored| unstored != place);
            self.slots[*place] = Slot::begin(&self.fields.0.specs[*place].reducer, None);
        }
        for (place, slot) in reduced {
            self.slots[place] = slot;
            self.unstored.retain(|unstored| *unstored != place);
        }
    }

    pub(super) fn reduce(&self, place: usize, writes: Writes) -> Result<Slot, ReduceError> {
        let spec = &self.fields.0.specs[place];
        let refused = |update: usize, source: Cause| ReduceError {
            field: spec.name.to_string(),
            update,
            source,
        };
        if let Some(value) = writes.overwrite {
            return Ok(Slot::holding(&spec.reducer, value));
        }
        let held = if spec.reducer.is_fleeting() {
            Slot::begin(&spec.reducer, None)
        } else {
            self.slots[place].clone()
        };
        if let Reducer::Custom(reducer) = &spec.reducer {
            let first = writes.first();
            let held = match &held {
                Slot::Value(value) => Some(value.as_value()),
                Slot::Empty | Slot::Log(_) => None,
            };
            return match catch_unwind(AssertUnwindSafe(|| reducer(held, writes.into_values()))) {
                Ok(Ok(value)) => Ok(Slot::Value(value.into())),
                Ok(Err(source)) => Err(refused(first, source)),
                Err(payload) => Err(refused(first, Box::new(PanicMessage::from(payload)))),
            };
        }
        writes.all.into_iter().try_fold(held, |held, (index, value)| {
            reduce_one(&spec.reducer, held, value).map_err(|source| refused(index, source))
        })
    }
}

fn reduce_one(reducer: &Reducer, held: Slot, written: JsonValue) -> Result<Slot, Cause> {
    Ok(match (reducer, held) {
        (Reducer::Later(_), _) => return Err(Refused::TakesTime.into()),
        (Reducer::Add, Slot::Value(value)) => {
            Slot::Value(add(value.as_value(), written.as_value())?.into())
        }
        (Reducer::Merge, Slot::Value(value)) => {
            Slot::Value(merge(value.into_whole(), written.into_whole())?.into())
        }
        (Reducer::Messages, Slot::Log(mut log)) => {
            add_messages(&mut log, written)?;
            Slot::Log(log)
        }
        (Reducer::Append | Reducer::Topic { unique: false, .. }, Slot::Log(mut log)) => {
            log.push_all(written);
            Slot::Log(log)
        }
        (Reducer::Topic { unique: true, .. }, Slot::Log(mut log)) => {
            written.for_each_item(|item| {
                if !log.items().iter().any(|known| is_same(known, &item)) {
                    log.push(item);
                }
            });
            Slot::Log(log)
        }
        (
            Reducer::LastValue
            | Reducer::AnyValue
            | Reducer::Ephemeral { .. }
            | Reducer::Untracked { .. }
            | Reducer::Custom(_),
            _,
        )
        | (
            Reducer::Append
            | Reducer::Messages
            | Reducer::Topic { .. }
            | Reducer::Add
            | Reducer::Merge,
            Slot::Empty | Slot::Value(_) | Slot::Log(_),
        ) => Slot::Value(written),
    })
}

pub(super) fn add(value: &Value, more: &Value) -> Result<Value, Refused> {
    match (value, more) {
        (Value::String(text), Value::String(more)) => Ok(format!("{text}{more}").into()),
        (Value::Number(a), Value::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
                return a.checked_add(b).map(Value::from).ok_or(Refused::TooLarge);
            }
            let sum = a.as_f64().zip(b.as_f64()).map(|(a, b)| a + b);
            let number = sum.and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or(Refused::TooLarge)
        }
        _ => Err(Refused::NotAddable),
    }
}

/// What is there stays the very same where nothing changes in it, and what is written to nothing is what is there
/// then.
fn merge(mut value: Arc<Value>, more: Arc<Value>) -> Result<Arc<Value>, Refused> {
    let (Value::Object(members), Value::Object(new)) = (&*value, &*more) else {
        return Err(Refused::NotAnObject);
    };
    if Arc::ptr_eq(&value, &more) || new.iter().all(|(name, new)| members.get(name) == Some(new)) {
        return Ok(value);
    }
    if members.is_empty() {
        return Ok(more);
    }
    if let (Value::Object(members), Value::Object(new)) =
        (Arc::make_mut(&mut value), Arc::unwrap_or_clone(more))
    {
        members.extend(new);
    }
    Ok(value)
}
