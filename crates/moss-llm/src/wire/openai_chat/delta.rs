//! The shape of what is said: `delta` of a stream's choice, `message` of a whole answer's.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::json::{Text, raw, said};

/// What is said.
#[derive(Default)]
pub(super) struct DeltaParts<'de> {
    pub(super) content: Content<'de>,
    pub(super) reasoning: Option<Cow<'de, str>>,
    pub(super) reasoning_content: Option<Cow<'de, str>>,
    pub(super) reasoning_details: Option<&'de RawValue>,
    pub(super) refusal: Option<Cow<'de, str>>,
    pub(super) tool_calls: Vec<CallParts<'de>>,
    /// Images that the model made (OpenRouter).
    pub(super) images: Option<&'de RawValue>,
    /// Members that are not interpreted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

/// Text, or parts of which each is read by itself.
#[derive(Default)]
pub(super) enum Content<'de> {
    #[default]
    None,
    Text(Cow<'de, str>),
    Parts(Vec<&'de RawValue>),
}

/// A piece of a tool call.
#[derive(Default)]
pub(super) struct CallParts<'de> {
    pub(super) index: Option<u32>,
    pub(super) id: Option<Cow<'de, str>>,
    pub(super) name: Option<Cow<'de, str>>,
    pub(super) args: Option<Cow<'de, str>>,
    /// Members that are not interpreted, dotted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

/// Reads `delta` or `message`; `None` for `null`.
pub(super) struct DeltaSeed<'s, 'de>(pub(super) &'s mut Option<DeltaParts<'de>>);

impl<'de> DeserializeSeed<'de> for DeltaSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DeltaSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a piece of one")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.0 = None;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.0.insert(DeltaParts::default());
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "content" => parts.content = map.next_value()?,
                "reasoning_content" => parts.reasoning_content = said(&mut map)?,
                "reasoning" => parts.reasoning = said(&mut map)?,
                "reasoning_details" => {
                    parts.reasoning_details = raw(&mut map)?.filter(|raw| raw.get() != "[]");
                }
                "refusal" => parts.refusal = said(&mut map)?,
                "tool_calls" => {
                    parts.tool_calls = map.next_value::<Option<_>>()?.unwrap_or_default();
                }
                "images" => parts.images = raw(&mut map)?,
                "role" => {
                    let role = raw(&mut map)?.filter(|role| role.get() != r#""assistant""#);
                    parts.extra.extend(role.map(|role| (name, role)));
                }
                _ => parts.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Content<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of parts")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Content::None)
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
        }
        deserializer.deserialize_any(ContentVisitor)
    }
}

impl<'de> Deserialize<'de> for CallParts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CallVisitor)
    }
}

struct CallVisitor;

impl<'de> Visitor<'de> for CallVisitor {
    type Value = CallParts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tool call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = CallParts::default();
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "index" => parts.index = map.next_value()?,
                "id" => parts.id = said(&mut map)?,
                "function" => map.next_value_seed(FunctionSeed(&mut parts))?,
                "type" => {
                    let kind = raw(&mut map)?.filter(|kind| kind.get() != r#""function""#);
                    parts.extra.extend(kind.map(|kind| (name, kind)));
                }
                _ => parts.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
            }
        }
        Ok(parts)
    }
}

struct FunctionSeed<'s, 'de>(&'s mut CallParts<'de>);

impl<'de> DeserializeSeed<'de> for FunctionSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FunctionSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tool call's `function`")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "name" => self.0.name = said(&mut map)?,
                "arguments" => self.0.args = arguments(&mut map)?,
                _ => {
                    let path = Cow::Owned(format!("function.{name}"));
                    self.0.extra.extend(raw(&mut map)?.map(|raw| (path, raw)));
                }
            }
        }
        Ok(())
    }
}

/// Arguments are JSON in a text; some servers send the JSON itself, which is the text wanted.
fn arguments<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    let Some(raw) = raw(map)? else { return Ok(None) };
    if raw.get().starts_with('"') {
        let text: Text<'de> = serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?;
        return Ok(Some(text.0));
    }
    Ok(Some(Cow::Borrowed(raw.get())))
}
