//! The shape of a frame and of a whole answer: reads the JSON once, borrowing from it, and changes nothing.
//!
//! What is read is written where it is to stand: handed from level to level it would be moved at each, and
//! moving it cost as much as reading.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::delta::{DeltaParts, DeltaSeed};
use crate::wire::envelope::{Change, Envelope};
use crate::wire::json::{Members, Text, numbered, raw, said};

/// Whether a frame of a stream is read or a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Stream,
    Whole,
}

impl Mode {
    /// The member of a choice that holds what is said.
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::Stream => "delta",
            Self::Whole => "message",
        }
    }

    /// The member that only some servers add.
    pub(super) const fn other(self) -> &'static str {
        match self {
            Self::Stream => "message",
            Self::Whole => "delta",
        }
    }
}

/// What a frame holds.
#[derive(Default)]
pub(super) struct FrameParts<'de> {
    /// Envelope fields that are new or other than before.
    pub(super) changes: Vec<Change<'de>>,
    /// The answer's piece.
    pub(super) answer: Option<ChoiceParts<'de>>,
    /// Further pieces of the answer in the same frame, which no known provider sends.
    pub(super) more: Vec<ChoiceParts<'de>>,
    /// Whether there are choices beside the answer.
    pub(super) has_others: bool,
    /// Whether there is a member `choices`, be it empty.
    pub(super) has_choices: bool,
    /// Under which path usage stood, and what it was.
    pub(super) usage: Vec<(&'static str, &'de RawValue)>,
    /// The provider's error.
    pub(super) error: Option<&'de RawValue>,
    /// `object` says that the frame as a whole is an error.
    pub(super) is_error: bool,
}

/// Reads a frame. `envelope` is what earlier frames said.
pub(super) struct FrameSeed<'s, 'de> {
    pub(super) mode: Mode,
    pub(super) envelope: &'s Envelope,
    pub(super) parts: &'s mut FrameParts<'de>,
}

impl<'de> DeserializeSeed<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// Members that only make frames equally long, so that an eavesdropper cannot tell tokens by their size.
const PADDING: &[&str] = &[
    // OpenAI.
    "obfuscation",
    // Mistral.
    "p",
];

impl<'de> Visitor<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `choices`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.parts;
        let mut seen = self.envelope.compare();
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "choices" => {
                    parts.has_choices = true;
                    map.next_value_seed(ChoicesSeed { mode: self.mode, parts })?;
                }
                "usage" => parts.usage.extend(raw(&mut map)?.map(|raw| ("usage", raw))),
                "error" => parts.error = raw(&mut map)?,
                "x_groq" => {
                    let members: Option<Members<'de>> = map.next_value()?;
                    for (name, raw) in members.into_iter().flat_map(|members| members.0) {
                        match &*name {
                            "usage" => parts.usage.push(("x_groq.usage", raw)),
                            _ => parts.changes.extend(seen.field(format!("x_groq.{name}"), raw)),
                        }
                    }
                }
                padding if self.mode == Mode::Stream && PADDING.contains(&padding) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    if let Some(raw) = raw(&mut map)? {
                        parts.is_error |= name == "object" && raw.get() == r#""error""#;
                        parts.changes.extend(seen.field(name, raw));
                    }
                }
            }
        }
        Ok(())
    }
}

/// One choice.
#[derive(Default)]
pub(super) struct ChoiceParts<'de> {
    index: Option<u32>,
    /// What is said, under the member that the mode expects.
    pub(super) said: Option<DeltaParts<'de>>,
    /// The same under the member of the other mode.
    pub(super) other: Option<&'de RawValue>,
    pub(super) finish_reason: Option<Cow<'de, str>>,
    pub(super) error: Option<&'de RawValue>,
    /// Members that are not interpreted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

struct ChoicesSeed<'s, 'de> {
    mode: Mode,
    parts: &'s mut FrameParts<'de>,
}

impl<'de> DeserializeSeed<'de> for ChoicesSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ChoicesSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of choices")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut position = 0;
        let mut choice = ChoiceParts::default();
        while list.next_element_seed(ChoiceSeed { mode: self.mode, parts: &mut choice })?.is_some()
        {
            let choice = std::mem::take(&mut choice);
            match (choice.index.unwrap_or(position), &self.parts.answer) {
                (0, None) => self.parts.answer = Some(choice),
                (0, Some(_)) => self.parts.more.push(choice),
                _ => self.parts.has_others = true,
            }
            position = position.saturating_add(1);
        }
        Ok(())
    }
}

struct ChoiceSeed<'s, 'de> {
    mode: Mode,
    parts: &'s mut ChoiceParts<'de>,
}

impl<'de> DeserializeSeed<'de> for ChoiceSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ChoiceSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a choice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { mode, parts } = self;
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "index" => parts.index = map.next_value()?,
                "finish_reason" => parts.finish_reason = said(&mut map)?,
                "error" => parts.error = raw(&mut map)?,
                said if said == mode.said() => {
                    map.next_value_seed(DeltaSeed(&mut parts.said))?;
                }
                other if other == mode.other() => parts.other = raw(&mut map)?,
                _ => parts.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
            }
        }
        Ok(())
    }
}

/// The choices of a frame, each as it stands.
pub(super) struct RawChoices<'de>(pub(super) Vec<(u64, &'de RawValue)>);

impl<'de> Deserialize<'de> for RawChoices<'de> {
    /// Reads a whole frame once more: only frames with several choices pay for it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Frame<'a> {
            #[serde(borrow)]
            choices: Vec<&'a RawValue>,
        }
        let frame = Frame::deserialize(deserializer)?;
        numbered(frame.choices).map(Self).map_err(serde::de::Error::custom)
    }
}
