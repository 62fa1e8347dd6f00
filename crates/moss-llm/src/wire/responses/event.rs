//! The shape of an event: reads the JSON once, borrowing from it, and changes nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::json::{Text, raw, said};

/// One event of a stream. All events are flat and share their names for what they are about.
#[derive(Default)]
pub(super) struct Event<'de> {
    /// What happened: `response.output_text.delta` …
    pub(super) kind: Cow<'de, str>,
    /// The item that it is about.
    pub(super) item_id: Option<Cow<'de, str>>,
    /// The item's place in the output. Local servers leave it out.
    pub(super) output_index: Option<u32>,
    /// The part's place in the item.
    pub(super) content_index: Option<u32>,
    /// The summary's place in the item.
    pub(super) summary_index: Option<u32>,
    /// The new piece.
    pub(super) delta: Option<&'de RawValue>,
    /// The other members.
    pub(super) rest: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Event<'de> {
    /// Takes a member out, so that what remains is what nobody read.
    pub(super) fn take(&mut self, name: &str) -> Option<&'de RawValue> {
        let position = self.rest.iter().position(|(known, _)| known == name)?;
        Some(self.rest.remove(position).1)
    }

    /// Takes a member out as a value.
    pub(super) fn take_value(&mut self, name: &str) -> Result<Option<Value>, serde_json::Error> {
        self.take(name).map(|raw| serde_json::from_str(raw.get())).transpose()
    }

    /// Takes a text out.
    pub(super) fn take_text(
        &mut self,
        name: &str,
    ) -> Result<Option<Cow<'de, str>>, serde_json::Error> {
        self.take(name).map(text).transpose()
    }

    /// The new piece of a text; `None` where it is empty.
    pub(super) fn piece(&self) -> Result<Option<Cow<'de, str>>, serde_json::Error> {
        let piece = self.delta.map(text).transpose()?;
        Ok(piece.filter(|piece| !piece.is_empty()))
    }
}

fn text(raw: &RawValue) -> Result<Cow<'_, str>, serde_json::Error> {
    serde_json::from_str(raw.get()).map(|Text(text)| text)
}

/// Reads an event, where it is to stand: handed from level to level it would be moved at each.
pub(super) struct EventSeed<'s, 'de>(pub(super) &'s mut Event<'de>);

impl<'de> DeserializeSeed<'de> for EventSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EventSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event of a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let event = self.0;
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "type" => event.kind = map.next_value::<Text<'de>>()?.0,
                "item_id" => event.item_id = said(&mut map)?,
                "output_index" => event.output_index = map.next_value()?,
                "content_index" => event.content_index = map.next_value()?,
                "summary_index" => event.summary_index = map.next_value()?,
                "delta" => event.delta = raw(&mut map)?,
                // Counts the events; and padding, so that an eavesdropper cannot tell tokens by their size.
                "sequence_number" | "obfuscation" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let said = raw(&mut map)?.filter(|raw| raw.get() != "[]");
                    event.rest.extend(said.map(|raw| (name, raw)));
                }
            }
        }
        Ok(())
    }
}
