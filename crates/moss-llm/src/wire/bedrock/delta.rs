//! The shape of a `contentBlockDelta`, which is what streams are made of: reads the JSON once, borrowing from it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::json::{Text, raw, said};

/// Members that are not interpreted here, dotted.
pub(super) type Rest<'de> = Vec<(Cow<'de, str>, &'de RawValue)>;

/// A piece of a block.
#[derive(Default)]
pub(super) struct Delta<'de> {
    /// The block's index.
    pub(super) index: Option<u32>,
    pub(super) text: Option<Cow<'de, str>>,
    /// Reasoning text.
    pub(super) thought: Option<Cow<'de, str>>,
    /// A piece of a tool's arguments.
    pub(super) input: Option<Cow<'de, str>>,
    /// The other members of `delta`, `toolUse` and `reasoningContent`.
    pub(super) rest: Rest<'de>,
    /// The other members of the event.
    pub(super) beside: Rest<'de>,
}

impl<'de> Delta<'de> {
    pub(super) fn read(text: &'de str) -> Result<Self, serde_json::Error> {
        let mut delta = Self::default();
        let mut json = serde_json::Deserializer::from_str(text);
        Seed(Level::Event, &mut delta).deserialize(&mut json)?;
        json.end()?;
        Ok(delta)
    }
}

/// Which object is read.
#[derive(Clone, Copy)]
enum Level {
    Event,
    Delta,
    ToolUse,
    Reasoning,
}

struct Seed<'s, 'de>(Level, &'s mut Delta<'de>);

impl<'de> DeserializeSeed<'de> for Seed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Level::Event => "an event",
            Level::Delta => "a piece of a block",
            Level::ToolUse => "a piece of a tool call",
            Level::Reasoning => "a piece of reasoning",
        })
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        match self.0 {
            Level::Event => Err(E::invalid_type(serde::de::Unexpected::Unit, &self)),
            Level::Delta | Level::ToolUse | Level::Reasoning => Ok(()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(level, delta) = self;
        while let Some(Text(name)) = map.next_key()? {
            match (level, &*name) {
                (Level::Event, "contentBlockIndex") => delta.index = map.next_value()?,
                (Level::Event, "delta") => map.next_value_seed(Seed(Level::Delta, delta))?,
                (Level::Event, "p") => {
                    map.next_value::<IgnoredAny>()?;
                }
                (Level::Event, _) => delta.beside.extend(raw(&mut map)?.map(|raw| (name, raw))),
                (Level::Delta, "text") => delta.text = said(&mut map)?,
                (Level::Delta, "toolUse") => {
                    map.next_value_seed(Seed(Level::ToolUse, delta))?;
                }
                (Level::Delta, "reasoningContent") => {
                    map.next_value_seed(Seed(Level::Reasoning, delta))?;
                }
                (Level::Delta, _) => delta.rest.extend(raw(&mut map)?.map(|raw| (name, raw))),
                (Level::ToolUse, "input") => delta.input = said(&mut map)?,
                (Level::ToolUse, _) => keep("toolUse", &name, &mut map, &mut delta.rest)?,
                (Level::Reasoning, "text") => delta.thought = said(&mut map)?,
                (Level::Reasoning, _) => {
                    keep("reasoningContent", &name, &mut map, &mut delta.rest)?;
                }
            }
        }
        Ok(())
    }
}

fn keep<'de, A: MapAccess<'de>>(
    object: &str,
    name: &str,
    map: &mut A,
    rest: &mut Rest<'de>,
) -> Result<(), A::Error> {
    rest.extend(raw(map)?.map(|raw| (Cow::Owned(format!("{object}.{name}")), raw)));
    Ok(())
}
