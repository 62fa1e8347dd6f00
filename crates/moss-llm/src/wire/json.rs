//! JSON that is read once and borrowed from.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A text of the JSON: borrowed where it has no escapes.
pub(crate) struct Text<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A text that says something: `None` for `null` and for the empty text.
pub(crate) fn said<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    let text: Option<Text<'de>> = map.next_value()?;
    Ok(text.map(|text| text.0).filter(|text| !text.is_empty()))
}

/// A member's JSON as it stands; `None` for `null`.
pub(crate) fn raw<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<&'de RawValue>, A::Error> {
    let raw: &'de RawValue = map.next_value()?;
    Ok(Some(raw).filter(|raw| raw.get() != "null"))
}

/// The members of an object in their order, without those that are `null`.
pub(crate) struct Members<'de>(pub(crate) Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(name)) = map.next_key()? {
                    if let Some(value) = raw(&mut map)? {
                        members.push((name, value));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The entries of a list of alternatives, each as it stands, by the `index` that it names, else by its place.
pub(crate) fn numbered(list: Vec<&RawValue>) -> Result<Vec<(u64, &RawValue)>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Index {
        index: Option<u64>,
    }
    let entries = (0..).zip(list).map(|(position, raw)| {
        let Index { index } = serde_json::from_str(raw.get())?;
        Ok((index.unwrap_or(position), raw))
    });
    entries.collect()
}
