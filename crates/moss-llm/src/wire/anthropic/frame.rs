//! The shape of the frames that an answer consists of: pieces of text and of arguments. They are read once,
//! borrowing from the JSON; all others are few, and become a [`Value`](serde_json::Value).

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::wire::json::{Text, raw, said};

/// What a piece is a piece of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Text,
    Thinking,
    /// The JSON of a tool's input.
    Input,
}

impl Said {
    fn of_delta(kind: &str) -> Option<Self> {
        match kind {
            "text_delta" => Some(Self::Text),
            "thinking_delta" => Some(Self::Thinking),
            "input_json_delta" => Some(Self::Input),
            _ => None,
        }
    }

    fn of_member(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "thinking" => Some(Self::Thinking),
            "partial_json" => Some(Self::Input),
            _ => None,
        }
    }
}

/// A frame `content_block_delta` with a piece and nothing else.
#[derive(Debug)]
pub(super) struct Piece<'de> {
    pub(super) index: u32,
    pub(super) said: Said,
    /// Empty where the provider sent an empty text or none.
    pub(super) text: Cow<'de, str>,
}

/// Reads a frame; `None` where it is none of these.
pub(super) fn piece(text: &str) -> Result<Option<Piece<'_>>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut frame = FrameParts::default();
    FrameSeed(&mut frame).deserialize(&mut json)?;
    json.end()?;
    let FrameParts { is_delta: true, index: Some(index), kind: Some(kind), said, others: false } =
        frame
    else {
        return Ok(None);
    };
    Ok(match said {
        None => Some(Piece { index, said: kind, text: Cow::Borrowed("") }),
        Some((said, text)) if said == kind => Some(Piece { index, said, text }),
        Some(_) => None,
    })
}

#[derive(Default)]
struct FrameParts<'de> {
    is_delta: bool,
    index: Option<u32>,
    /// The kind of the delta.
    kind: Option<Said>,
    said: Option<(Said, Cow<'de, str>)>,
    /// Whether there is anything else.
    others: bool,
}

/// Writes where the parts are to stand: handed from level to level they would be moved at each.
struct FrameSeed<'s, 'de>(&'s mut FrameParts<'de>);

impl<'de> DeserializeSeed<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event of the Messages protocol")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.0;
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "type" => {
                    let kind: Option<Text<'de>> = map.next_value()?;
                    parts.is_delta = kind.is_some_and(|kind| kind.0 == "content_block_delta");
                }
                "index" => parts.index = map.next_value()?,
                // Before the frame's type is known, it may be another's delta.
                "delta" if parts.is_delta => map.next_value_seed(DeltaSeed(parts))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    parts.others = true;
                }
            }
        }
        Ok(())
    }
}

struct DeltaSeed<'s, 'de>(&'s mut FrameParts<'de>);

impl<'de> DeserializeSeed<'de> for DeltaSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DeltaSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a piece of a content block")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.0;
        while let Some(Text(name)) = map.next_key()? {
            if name == "type" {
                let kind: Option<Text<'de>> = map.next_value()?;
                parts.kind = kind.and_then(|kind| Said::of_delta(&kind.0));
                continue;
            }
            match Said::of_member(&name) {
                Some(kind) => {
                    let text = said(&mut map)?;
                    parts.others |= text.is_some() && parts.said.is_some();
                    parts.said = text.map(|text| (kind, text)).or(parts.said.take());
                }
                None => parts.others |= raw(&mut map)?.is_some(),
            }
        }
        Ok(())
    }
}
