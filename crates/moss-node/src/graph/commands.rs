//! What JavaScript's functions give back with handles in it.

use std::fmt;
use std::sync::Arc;

use moss_graph::json::{JsonState, JsonUpdate, JsonValue, command_from_json, goto_from_json};
use moss_graph::{Command, Goto, StateError};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use thiserror::Error;

use super::handles::Handles;

/// A command as JavaScript says it: `{"update"?, "shared"?, "goto"?, "graph"?}`. `shared` is an update with handles in
/// it, `[[field, value], …]`. What is sent may be `shared` in place of `args`.
#[derive(Deserialize)]
pub(crate) struct SaidCommand {
    update: Option<Value>,
    shared: Option<Vec<(String, SaidValue)>>,
    goto: Option<Value>,
    graph: Option<String>,
}

/// A value as JavaScript says it: the number of its handle, `[value]`, `{"items": […]}` or `{"overwrite": value}`.
enum SaidValue {
    Handle(u64),
    Plain(Value),
    /// Handles, and lists of values without one.
    Items(Vec<SaidItems>),
    /// It takes the place of what its field holds.
    Overwrite(Box<Self>),
}

enum SaidItems {
    Handle(u64),
    Plain(Vec<Value>),
}

/// A command whose handles are looked up.
#[derive(Debug)]
pub(crate) struct HeardCommand {
    update: Option<Value>,
    shared: Option<JsonUpdate>,
    places: Vec<Place>,
    is_to_parent: bool,
}

/// Where it goes on.
#[derive(Debug)]
struct Place {
    place: Value,
    /// What is sent there, unless `place` says it.
    shared: Option<JsonValue>,
}

/// JavaScript names a value that it was not told.
#[derive(Debug, Error)]
#[error("an answer names the value {0}, which nobody told; this is a defect of MOSS")]
pub(super) struct UnknownHandle(u64);

impl SaidCommand {
    /// Looks up the handles.
    pub(super) fn heard(self, handles: &Handles) -> Result<HeardCommand, UnknownHandle> {
        let Self { update, shared, goto, graph } = self;
        let places = match goto {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(places)) => places,
            Some(place) => vec![place],
        };
        let places = places.into_iter().map(|place| Place::heard(place, handles));
        Ok(HeardCommand {
            update,
            shared: shared.map(|fields| shared_update(fields, handles)).transpose()?,
            places: places.collect::<Result<_, _>>()?,
            is_to_parent: graph.as_deref() == Some("__parent__"),
        })
    }
}

impl Place {
    fn heard(mut place: Value, handles: &Handles) -> Result<Self, UnknownHandle> {
        let shared = place.as_object_mut().and_then(|send| send.shift_remove("shared"));
        let shared = match shared.map(SaidValue::deserialize) {
            None => None,
            Some(Ok(said)) => Some(said.heard(handles)?),
            // Nobody says that: it is sent as nothing.
            Some(Err(_)) => Some(JsonValue::default()),
        };
        Ok(Self { place, shared })
    }
}

fn shared_update(
    fields: Vec<(String, SaidValue)>,
    handles: &Handles,
) -> Result<JsonUpdate, UnknownHandle> {
    let mut update = JsonUpdate::default();
    for (field, said) in fields {
        update = match said {
            SaidValue::Overwrite(said) => update.with_overwrite(field, said.heard(handles)?),
            said => update.with(field, said.heard(handles)?),
        };
    }
    Ok(update)
}

impl SaidValue {
    fn heard(self, handles: &Handles) -> Result<JsonValue, UnknownHandle> {
        match self {
            Self::Handle(handle) => Ok(known(handles, handle)?.into()),
            Self::Plain(value) => Ok(value.into()),
            Self::Overwrite(said) => said.heard(handles),
            Self::Items(parts) => {
                let mut items = Vec::new();
                for part in parts {
                    match part {
                        SaidItems::Handle(handle) => items.push(known(handles, handle)?),
                        SaidItems::Plain(values) => items.extend(values.into_iter().map(Arc::new)),
                    }
                }
                Ok(JsonValue::list(items))
            }
        }
    }
}

fn known(handles: &Handles, handle: u64) -> Result<Arc<Value>, UnknownHandle> {
    handles.get(handle).cloned().ok_or(UnknownHandle(handle))
}

impl HeardCommand {
    /// The command. `state` is any state of the graph.
    pub(super) fn into_command(self, state: &JsonState) -> Result<Command<JsonState>, StateError> {
        let update = self.update.map(|update| ("update".to_owned(), update));
        let mut made = command_from_json(state, Value::Object(Map::from_iter(update)))?;
        if let Some(update) = self.shared {
            made = made.and_update(update);
        }
        for place in self.places {
            made = made.goto(place.into_goto(state)?);
        }
        Ok(if self.is_to_parent { Command::to_parent(made) } else { made })
    }

    /// Where it goes on.
    pub(super) fn into_places(self, state: &JsonState) -> Result<Vec<Goto<JsonState>>, StateError> {
        self.places.into_iter().map(|place| place.into_goto(state)).collect()
    }
}

impl Place {
    fn into_goto(self, state: &JsonState) -> Result<Goto<JsonState>, StateError> {
        goto_from_json(state, self.place, self.shared)
    }
}

impl<'de> Deserialize<'de> for SaidValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = SaidValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a handle, a value in brackets, `items` or `overwrite`")
            }

            fn visit_u64<E: Error>(self, handle: u64) -> Result<SaidValue, E> {
                Ok(SaidValue::Handle(handle))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SaidValue, A::Error> {
                let value = list.next_element()?.unwrap_or_default();
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(SaidValue::Plain(value))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<SaidValue, A::Error> {
                let said = match members.next_key::<std::borrow::Cow<'de, str>>()?.as_deref() {
                    Some("items") => SaidValue::Items(members.next_value()?),
                    Some("overwrite") => SaidValue::Overwrite(members.next_value()?),
                    _ => {
                        return Err(A::Error::custom(
                            "a value says neither `items` nor `overwrite`",
                        ));
                    }
                };
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(said)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for SaidItems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor;

        impl<'de> Visitor<'de> for ItemsVisitor {
            type Value = SaidItems;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a handle, or a list of values")
            }

            fn visit_u64<E: Error>(self, handle: u64) -> Result<SaidItems, E> {
                Ok(SaidItems::Handle(handle))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SaidItems, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(SaidItems::Plain(values))
            }
        }

        deserializer.deserialize_any(ItemsVisitor)
    }
}
