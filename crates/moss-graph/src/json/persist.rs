//! Storing a JSON state.

use std::sync::Arc;

use serde_json::Value;

use super::log::JsonLog;
use super::state::{Slot, log_of};
use super::{JsonState, JsonUpdate, Reducer};
use crate::checkpoint::{ChannelChange, ChannelValue};
use crate::state::persist::{
    Changes, Channels, Json, Mark, Marks, PersistentState, StateError, decode, encode, object,
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
                if matches!(slot, Slot::Log(log) if !log.items().is_empty()) {
                    self.mark_field(place, marks);
                }
            }
        }
        for update in updates {
            for name in update.0.keys() {
                if let Some(place) = self.fields.0.places.get(name.as_str())
                    && self.fields.0.specs[*place].reducer.is_tracked()
                {
                    self.mark_field(*place, marks);
                }
            }
        }
    }

    fn changes(&self, marks: &Marks) -> Result<Changes, StateError> {
        let mut changes = Changes::new();
        for (name, mark) in marks.iter() {
            let Some(place) = self.fields.0.places.get(name) else { continue };
            let change = match (&self.slots[*place], mark) {
                (Slot::Empty, _) => ChannelChange::Clear,
                (Slot::Value(value), _) => ChannelChange::Set(encode(name, &**value)?),
                (Slot::Log(log), Mark::Was(older)) if log.grew_from(older) => {
                    let items = blobs(name, log, older.items().len())?;
                    if items.is_empty() {
                        continue;
                    }
                    ChannelChange::Append(items)
                }
                (Slot::Log(log), mark) => {
                    let keep = match mark {
                        Mark::Was(older) => log.common_prefix(older),
                        Mark::Value | Mark::Log(_) | Mark::Rewritten => 0,
                    };
                    ChannelChange::Rewrite { keep, items: blobs(name, log, keep)? }
                }
            };
            changes.insert(name.into(), change);
        }
        Ok(changes)
    }

    fn restore(&self, channels: &Channels) -> Result<Self, StateError> {
        let mut state = self.clone();
        for (name, value) in channels {
            // A field that the definition no longer has is left where it is: another version may have it again.
            let Some(place) = self.fields.0.places.get(name.as_str()) else { continue };
            let reducer = &self.fields.0.specs[*place].reducer;
            let field = name.as_str();
            state.slots[*place] = match (value, reducer.is_log()) {
                (ChannelValue::Value(blob), false) => Slot::Value(Arc::new(decode(field, blob)?)),
                (ChannelValue::Value(blob), true) => {
                    Slot::Log(log_of(reducer, Some(decode(field, blob)?)))
                }
                (ChannelValue::Log(items), is_log) => {
                    let items = items.iter().map(|blob| decode::<Value>(field, blob).map(Arc::new));
                    let items = items.collect::<Result<Vec<_>, _>>()?;
                    match (is_log, reducer) {
                        (true, Reducer::Messages) => Slot::Log(JsonLog::of_messages(items)),
                        (true, _) => Slot::Log(items.into_iter().collect()),
                        (false, _) => {
                            let items = items.into_iter().map(Arc::unwrap_or_clone).collect();
                            Slot::Value(Arc::new(Value::Array(items)))
                        }
                    }
                }
            };
        }
        Ok(state)
    }

    fn to_json(&self) -> Result<Json, StateError> {
        let object = self.object(|name| {
            let place = self.fields.0.places.get(name);
            place.is_some_and(|place| self.fields.0.specs[*place].reducer.is_tracked())
        });
        Ok(match self.sent() {
            Some(argument) => serde_json::json!({ ARGUMENT: argument }),
            None => object,
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
            state.slots[place] = if reducer.is_log() {
                Slot::Log(log_of(reducer, Some(value)))
            } else {
                Slot::Value(Arc::new(value))
            };
        }
        Ok(state)
    }

    fn shown(&self) -> Result<Json, StateError> {
        Ok(self.output())
    }

    fn update_to_json(update: &JsonUpdate) -> Result<Json, StateError> {
        Ok(Value::Object(update.0.clone()))
    }

    fn stored_update(&self, update: &JsonUpdate) -> Result<Json, StateError> {
        let tracked = update.0.iter().filter(|(name, _)| {
            let place = self.fields.0.places.get(name.as_str());
            place.is_none_or(|place| self.fields.0.specs[*place].reducer.is_tracked())
        });
        Ok(Value::Object(tracked.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    fn update_from_json(&self, json: Json) -> Result<JsonUpdate, StateError> {
        let update = object(json)?;
        let names: Vec<&str> = self.fields.names().collect();
        match update.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(unknown_field(unknown, &names)),
            None => Ok(JsonUpdate(update)),
        }
    }
}

impl JsonState {
    fn mark_field(&self, place: usize, marks: &mut Marks) {
        let name = &*self.fields.0.specs[place].name;
        match &self.slots[place] {
            Slot::Log(log) => marks.was(name, log),
            Slot::Empty | Slot::Value(_) => marks.value(name.to_owned()),
        }
    }
}

fn blobs(
    field: &str,
    log: &JsonLog,
    from: usize,
) -> Result<Vec<crate::checkpoint::Blob>, StateError> {
    log.items().iter().skip(from).map(|item| encode(field, &**item)).collect()
}
