//! Tool calls, which come whole.

use std::borrow::Cow;

use moss_protocol::{ToolCallChunk, ToolCallChunkKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ModelEvent;
use crate::wire::hash::fnv1a;
use crate::wire::json::{Members, Text};

/// The calls of one answer so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Their indices.
    indices: Vec<u32>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Reads the calls of a frame. Members that are not interpreted go to `extras`. `frame` is the whole frame:
    /// ids are made of it where the server gave none, as older ones do.
    pub(super) fn read(
        &mut self,
        raw: &RawValue,
        frame: &str,
        events: &mut Vec<ModelEvent>,
        extras: &mut Vec<ModelEvent>,
    ) -> Result<(), serde_json::Error> {
        for raw in serde_json::from_str::<Vec<&RawValue>>(raw.get())? {
            let mut call = Parts::default();
            for (name, raw) in serde_json::from_str::<Members<'_>>(raw.get())?.0 {
                match &*name {
                    "id" => call.id = text(raw)?.filter(|id| !id.is_empty()),
                    "function" => call.function(raw)?,
                    "type" if raw.get() == r#""function""# => {}
                    _ => call.rest.push((name, raw)),
                }
            }
            let index = self.index(call.index);
            let id = match call.id {
                Some(id) => id.into_owned(),
                None => format!("call_{:016x}_{index}", fnv1a(frame.as_bytes())),
            };
            events.push(ModelEvent::ToolCall(ToolCallChunk {
                name: call.name.map(Cow::into_owned),
                args: Some(call.arguments.into_owned()),
                id: Some(id),
                index: Some(index),
                kind: ToolCallChunkKind::ToolCallChunk,
            }));
            for (name, raw) in call.rest {
                let path = format!("message.tool_calls.{index}.{name}");
                extras.push(ModelEvent::Extra { path, value: serde_json::from_str(raw.get())? });
            }
        }
        Ok(())
    }

    /// The server's index; the next free one where it gives none, or the same to each call, as older ones do.
    fn index(&mut self, given: Option<u32>) -> u32 {
        let next = self.indices.iter().map(|index| index.saturating_add(1)).max().unwrap_or(0);
        let index = given.filter(|index| !self.indices.contains(index)).unwrap_or(next);
        self.indices.push(index);
        index
    }
}

struct Parts<'de> {
    id: Option<Cow<'de, str>>,
    index: Option<u32>,
    name: Option<Cow<'de, str>>,
    /// JSON.
    arguments: Cow<'de, str>,
    rest: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl Default for Parts<'_> {
    fn default() -> Self {
        Self { id: None, index: None, name: None, arguments: "{}".into(), rest: Vec::new() }
    }
}

impl<'de> Parts<'de> {
    fn function(&mut self, raw: &'de RawValue) -> Result<(), serde_json::Error> {
        for (name, raw) in serde_json::from_str::<Members<'de>>(raw.get())?.0 {
            match &*name {
                "index" => self.index = serde_json::from_str(raw.get())?,
                "name" => self.name = text(raw)?.filter(|name| !name.is_empty()),
                // Whoever imitates Ollama may write them as OpenAI does.
                "arguments" if raw.get().starts_with('"') => {
                    self.arguments = text(raw)?.unwrap_or(Cow::Borrowed("{}"));
                }
                "arguments" => self.arguments = Cow::Borrowed(raw.get()),
                _ => self.rest.push((format!("function.{name}").into(), raw)),
            }
        }
        Ok(())
    }
}

fn text(raw: &RawValue) -> Result<Option<Cow<'_, str>>, serde_json::Error> {
    let text = Option::<Text<'_>>::deserialize(&mut serde_json::Deserializer::from_str(raw.get()))?;
    Ok(text.map(|Text(text)| text))
}
