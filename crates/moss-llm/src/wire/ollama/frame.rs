//! The shape of a frame, which is that of a whole answer too: reads the JSON once, borrowing from it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::json::{Text, raw, said};

/// Members that are not interpreted, under the paths at which they stood.
type Rest<'de> = Vec<(Cow<'de, str>, &'de RawValue)>;

/// What a frame holds.
#[derive(Default)]
pub(super) struct FrameParts<'de> {
    pub(super) model: Option<Cow<'de, str>>,
    pub(super) created_at: Option<&'de RawValue>,
    /// Whether there is a message, be it empty.
    pub(super) has_message: bool,
    pub(super) content: Option<Cow<'de, str>>,
    pub(super) thinking: Option<Cow<'de, str>>,
    pub(super) tool_calls: Option<&'de RawValue>,
    pub(super) done: bool,
    pub(super) done_reason: Option<Cow<'de, str>>,
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) error: Option<&'de RawValue>,
    pub(super) rest: Rest<'de>,
}

/// Reads a frame into its parts, where they are to stand.
pub(super) struct FrameSeed<'s, 'de>(pub(super) &'s mut FrameParts<'de>);

impl<'de> DeserializeSeed<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `message`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.0;
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "model" => parts.model = said(&mut map)?,
                "created_at" => parts.created_at = raw(&mut map)?,
                "message" => map.next_value_seed(MessageSeed(parts))?,
                "done" => parts.done = map.next_value::<Option<bool>>()?.unwrap_or_default(),
                "done_reason" => parts.done_reason = said(&mut map)?,
                "prompt_eval_count" => count(&mut map, name, &mut parts.input, &mut parts.rest)?,
                "eval_count" => count(&mut map, name, &mut parts.output, &mut parts.rest)?,
                "error" => parts.error = raw(&mut map)?,
                _ => parts.rest.extend(raw(&mut map)?.map(|raw| (name, raw))),
            }
        }
        Ok(())
    }
}

/// A count; what is no whole number is no reason to lose an answer.
fn count<'de, A: MapAccess<'de>>(
    map: &mut A,
    name: Cow<'de, str>,
    slot: &mut Option<u64>,
    rest: &mut Rest<'de>,
) -> Result<(), A::Error> {
    let Some(raw) = raw(map)? else { return Ok(()) };
    match raw.get().parse() {
        Ok(count) => *slot = Some(count),
        Err(_) => rest.push((name, raw)),
    }
    Ok(())
}

struct MessageSeed<'s, 'de>(&'s mut FrameParts<'de>);

impl<'de> DeserializeSeed<'de> for MessageSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a piece of one")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.0;
        parts.has_message = true;
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "content" => parts.content = said(&mut map)?,
                "thinking" => parts.thinking = said(&mut map)?,
                "tool_calls" => parts.tool_calls = raw(&mut map)?,
                "role" => {
                    let role = raw(&mut map)?.filter(|role| role.get() != r#""assistant""#);
                    parts.rest.extend(role.map(|role| (Cow::Borrowed("message.role"), role)));
                }
                _ => {
                    let path = Cow::Owned(format!("message.{name}"));
                    parts.rest.extend(raw(&mut map)?.map(|raw| (path, raw)));
                }
            }
        }
        Ok(())
    }
}
