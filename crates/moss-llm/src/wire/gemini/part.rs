//! The shape of a part of an answer's content.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::json::{Text, raw, said};

/// A part: a text, a call, or data of another kind; and what is said about it.
#[derive(Default)]
pub(super) struct Part<'de> {
    pub(super) text: Option<Cow<'de, str>>,
    /// Whether it is the model's thought.
    pub(super) thought: bool,
    /// What the provider wants back with the part.
    pub(super) signature: Option<Cow<'de, str>>,
    pub(super) call: Option<CallParts<'de>>,
    /// All other members.
    pub(super) rest: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Deserialize<'de> for Part<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartVisitor;
        impl<'de> Visitor<'de> for PartVisitor {
            type Value = Part<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a candidate's content")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut part = Part::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "text" => {
                            part.text = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0);
                        }
                        "thought" => {
                            part.thought = map.next_value::<Option<bool>>()?.unwrap_or_default();
                        }
                        "thoughtSignature" => part.signature = said(&mut map)?,
                        "functionCall" => part.call = map.next_value()?,
                        _ => part.rest.extend(raw(&mut map)?.map(|raw| (name, raw))),
                    }
                }
                Ok(part)
            }
        }
        deserializer.deserialize_map(PartVisitor)
    }
}

/// A function call, or a piece of one.
#[derive(Default)]
pub(super) struct CallParts<'de> {
    pub(super) id: Option<Cow<'de, str>>,
    pub(super) name: Option<Cow<'de, str>>,
    pub(super) args: Option<&'de RawValue>,
    pub(super) partial_args: Vec<PartialArg<'de>>,
    pub(super) will_continue: bool,
    /// Members that are not interpreted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Deserialize<'de> for CallParts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CallVisitor;
        impl<'de> Visitor<'de> for CallVisitor {
            type Value = CallParts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a function call")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut call = CallParts::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "id" => call.id = said(&mut map)?,
                        "name" => call.name = said(&mut map)?,
                        "args" => call.args = raw(&mut map)?,
                        "partialArgs" => {
                            call.partial_args = map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        "willContinue" => {
                            call.will_continue =
                                map.next_value::<Option<bool>>()?.unwrap_or_default();
                        }
                        _ => call.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
                    }
                }
                Ok(call)
            }
        }
        deserializer.deserialize_map(CallVisitor)
    }
}

/// A piece of one argument.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartialArg<'a> {
    /// Which argument: a JSON path such as `$.trip.stops[0].city`.
    #[serde(borrow)]
    pub(super) json_path: Cow<'a, str>,
    /// A piece of a text.
    #[serde(borrow, default)]
    pub(super) string_value: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) number_value: Option<serde_json::Number>,
    #[serde(default)]
    pub(super) bool_value: Option<bool>,
    /// `NULL_VALUE`, where the argument is null.
    #[serde(borrow, default)]
    pub(super) null_value: Option<&'a RawValue>,
    /// Whether more of the same text follows.
    #[serde(default)]
    pub(super) will_continue: Option<bool>,
}
