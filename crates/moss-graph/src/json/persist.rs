//! Storing a JSON state.

use std::sync::Arc;

use serde_json::Value;

use super::blobs::{Decoded, blob};
use super::log::{JsonLog, is_same};
use super::state::Slot;
use super::stored::StoredMessages;
use super::{JsonParts, JsonState, JsonUpdate, Reducer};
use crate::Log;
use crate::checkpoint::{Blob, ChannelChange, ChannelValue};
use crate::state::persist::{
    Changes, Channels, Json, Mark, Marks, PersistentState, SharedBlobs, StateError, object,
    unknown_field,
};

/// The member an argument that was sent is stored in: no field has this name, since it is reserved.
const ARGUMENT: &str = "__argument__";

impl PersistentState for JsonState {
    fn mark(&self, updates: &mut dyn Iterator<Item = &JsonUpdate>, marks: &mut Marks) {
        for place in &self.fields.0.fleeting {
            if self.slots[*place] != Slot::Empty {
                self.mark_field(*place, marks);
            }
        }
        if marks.is_fresh() {
            for (place, slot) in self.slots.iter().enumerate() {
                if slot.list().is_some_and(|items| !items.is_empty())
                    && self.fields.0.specs[place].reducer.is_tracked()
                {
                    self.mark_field(place, marks);
                }
            }
        }
        for update in updates {
            for (name, _) in update.fields() {
                if let Some(place) = self.fields.0.places.get(name)
                    && self.fields.0.specs[*place].reducer.is_tracked()
                {
                    self.mark_field(*place, marks);
                }
            }
        }
    }

    fn changes(&self, marks: &Marks) -> Result<Changes, StateError> {
        let mut changes = Changes::new();
        let mut blobs = SharedBlobs::default();
        for (name, mark) in marks.iter() {
            let Some(place) = self.fields.0.places.get(name) else { continue };
            let there = was(mark);
            let change = match &self.slots[*place] {
                Slot::Empty => Some(ChannelChange::Clear),
                Slot::Value(value) => match value.parts() {
                    JsonParts::Whole(value) => {
                        Some(ChannelChange::Set(blob(&mut blobs, name, value)?))
                    }
                    JsonParts::List(items) => {
                        let keep =
                            there.map_or(0, |there| items.common_prefix(there.items(), is_same));
                        list_change(name, items, keep, there, &mut blobs)?
                    }
                },
                Slot::Log(log) => {
                    let keep = there.map_or(0, |there| log.kept_of(there));
                    list_change(name, log.items(), keep, there, &mut blobs)?
                }
            };
            if let Some(change) = change {
                changes.insert(name.into(), change);
            }
        }
        Ok(changes)
    }

    fn restore(&self, channels: &Channels) -> Result<Self, StateError> {
        self.restored(channels, |_, _| None)
    }

    fn restore_to_show(&self, channels: &Channels) -> Result<Self, StateError> {
        self.restored(channels, |reducer, items| match reducer {
            Reducer::Messages => StoredMessages::new(items),
            _ => None,
        })
    }

    fn to_json(&self) -> Result<Json, StateError> {
        // Not made of a state that is an argument: the fields of the graph around it may be large.
        Ok(match self.sent() {
            Some(argument) => serde_json::json!({ ARGUMENT: argument }),
            None => self.object(|name| {
                let place = self.fields.0.places.get(name);
                place.is_some_and(|place| self.fields.0.specs[*place].reducer.is_tracked())
            }),
        })
    }

    fn as_input(&self) -> Result<Json, StateError> {
        // What was sent is told as the node sees it.
        self.sent().map_or_else(|| self.to_json(), |argument| Ok(argument.clone()))
    }

    fn with_json(&self, json: Json) -> Result<Self, StateError> {
        let mut members = object(json)?;
        if let Some(argument) = members.shift_remove(ARGUMENT) {
            return Ok(self.argument(argument));
        }
        let mut state = self.clone();
        for (name, value) in members {
            let place = self.fields.place(&name)?;
            let reducer = &self.fields.0.specs[place].reducer;
            state.slots[place] = Slot::holding(reducer, value.into());
        }
        Ok(state)
    }

    fn shown(&self) -> Result<Json, StateError> {
        Ok(self.output())
    }

    fn update_to_json(update: &JsonUpdate) -> Result<Json, StateError> {
        let fields = update.fields();
        Ok(Value::Object(fields.map(|(name, write)| (name.to_owned(), write.to_json())).collect()))
    }

    fn stored_update(&self, update: &JsonUpdate) -> Result<Json, StateError> {
        let tracked = update.fields().filter_map(|(name, write)| {
            let Some(place) = self.fields.0.places.get(name) else {
                return Some((name.to_owned(), write.to_json()));
            };
            let reducer = &self.fields.0.specs[*place].reducer;
            // Where every write takes the place of what is there, the JSON form of an overwrite is a value.
            let written = if reducer.can_overwrite() {
                write.to_json()
            } else {
                write.value().clone().into_value()
            };
            reducer.is_tracked().then(|| (name.to_owned(), written))
        });
        Ok(Value::Object(tracked.collect()))
    }

    fn update_from_json(&self, json: Json) -> Result<JsonUpdate, StateError> {
        let update = object(json)?;
        let names: Vec<&str> = self.fields.names().collect();
        match update.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(unknown_field(unknown, &names)),
            None => Ok(JsonUpdate::new(update)),
        }
    }
}

impl JsonState {
    /// This state with the stored values in it; with the lists that `as_stored` takes as they are stored.
    fn restored(
        &self,
        channels: &Channels,
        as_stored: impl Fn(&Reducer, &Log<Blob>) -> Option<StoredMessages>,
    ) -> Result<Self, StateError> {
        let mut state = self.clone();
        let mut decoded = Decoded::default();
        for (name, value) in channels {
            // A field that the definition no longer has is left where it is: another version may have it again.
            let Some(place) = self.fields.0.places.get(name.as_str()) else { continue };
            let reducer = &self.fields.0.specs[*place].reducer;
            let field = name.as_str();
            state.slots[*place] = match value {
                ChannelValue::Value(blob) => {
                    Slot::holding(reducer, decoded.value(field, blob)?.into())
                }
                ChannelValue::Log(items) => {
                    if let Some(messages) = as_stored(reducer, items) {
                        state.slots[*place] = Slot::Log(JsonLog::stored(messages));
                        continue;
                    }
                    let items = items.iter().map(|blob| decoded.value(field, blob));
                    let items = items.collect::<Result<Log<_>, _>>()?;
                    match reducer {
                        Reducer::Messages => Slot::Log(JsonLog::of_messages(items.iter().cloned())),
                        reducer if reducer.is_log() => Slot::Log(items.into()),
                        _ => Slot::Value(items.into()),
                    }
                }
            };
        }
        let fields = state.slots.iter().zip(&self.fields.0.specs).enumerate();
        let unstored = fields.filter(|(_, (slot, spec))| match channels.get(&*spec.name) {
            Some(ChannelValue::Log(_)) => false,
            Some(ChannelValue::Value(_)) => slot.list().is_some(),
            None => slot.list().is_some_and(|items| !items.is_empty()),
        });
        state.unstored = unstored.map(|(place, _)| place).collect();
        Ok(state)
    }

    fn mark_field(&self, place: usize, marks: &mut Marks) {
        let name = &*self.fields.0.specs[place].name;
        if self.unstored.contains(&place) {
            marks.rewritten(name.to_owned());
            return;
        }
        match &self.slots[place] {
            Slot::Log(log) => marks.was(name, log),
            Slot::Value(value) => match value.parts() {
                JsonParts::List(items) => marks.was(name, &items.clone().into()),
                JsonParts::Whole(_) => marks.value(name.to_owned()),
            },
            Slot::Empty => marks.value(name.to_owned()),
        }
    }
}

/// What a mark says there was of a list.
const fn was(mark: &Mark) -> Option<&JsonLog> {
    match mark {
        Mark::Was(log) => Some(log),
        Mark::Value | Mark::Log(_) | Mark::Rewritten => None,
    }
}

/// What is stored of a list of which the first items stay; nothing where those are all that there were and are.
fn list_change<'v>(
    field: &str,
    items: &'v Log<Arc<Value>>,
    keep: usize,
    there: Option<&JsonLog>,
    blobs: &mut SharedBlobs<'v>,
) -> Result<Option<ChannelChange>, StateError> {
    let new = items.iter().skip(keep).map(|item| blob(blobs, field, item));
    let new = new.collect::<Result<Vec<_>, _>>()?;
    Ok(match there {
        Some(there) if keep == there.items().len() => {
            (!new.is_empty()).then_some(ChannelChange::Append(new))
        }
        Some(_) | None => Some(ChannelChange::Rewrite { keep, items: new }),
    })
}
