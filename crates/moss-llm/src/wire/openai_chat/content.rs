//! Content as a list of parts: Mistral's reasoning models and a few others answer so.

use std::borrow::Cow;

use moss_protocol::ReasoningKey;
use serde_json::value::RawValue;

use super::decode::extra;
use crate::ModelEvent;
use crate::wire::json::{Members, Text};

/// Where what is read goes.
pub(super) struct Sink<'s> {
    pub(super) events: &'s mut Vec<ModelEvent>,
    /// For members that are not interpreted and parts of other kinds, under their paths.
    pub(super) extras: &'s mut Vec<ModelEvent>,
}

/// What a text part is: said aloud, or within a `thinking` part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    Aloud,
    Thinking,
}

/// Reads the parts in their order.
pub(super) fn read(
    parts: Vec<&RawValue>,
    path: &str,
    sink: &mut Sink<'_>,
) -> Result<(), serde_json::Error> {
    list(parts, path, Voice::Aloud, sink)
}

fn list(
    parts: Vec<&RawValue>,
    path: &str,
    voice: Voice,
    sink: &mut Sink<'_>,
) -> Result<(), serde_json::Error> {
    for (position, raw) in parts.into_iter().enumerate() {
        match raw.get().as_bytes() {
            [b'"', ..] => sink.text(raw, voice)?,
            [b'{', ..] => object(raw, &format!("{path}.{position}"), voice, sink)?,
            b"null" => {}
            _ => sink.extras.push(extra(format!("{path}.{position}"), raw)?),
        }
    }
    Ok(())
}

fn object(
    raw: &RawValue,
    path: &str,
    voice: Voice,
    sink: &mut Sink<'_>,
) -> Result<(), serde_json::Error> {
    let Members(members) = serde_json::from_str(raw.get())?;
    let kind = members.iter().find(|(name, _)| name == "type").map(|(_, kind)| kind.get());
    let (said, inner) = match (kind, voice) {
        (Some(r#""text""# | r#""output_text""#), voice) => ("text", voice),
        // Thinking within thinking is no form of any provider, and would let a sender choose how deep
        // this recurses.
        (Some(r#""thinking""#), Voice::Aloud) => ("thinking", Voice::Thinking),
        _ => {
            sink.extras.push(extra(path.to_owned(), raw)?);
            return Ok(());
        }
    };
    for (name, raw) in members {
        match raw.get().as_bytes() {
            _ if name == "type" => {}
            [b'"', ..] if name == said => sink.text(raw, inner)?,
            [b'[', ..] if name == said && said == "thinking" => {
                list(serde_json::from_str(raw.get())?, &format!("{path}.{name}"), inner, sink)?;
            }
            _ => sink.extras.push(extra(format!("{path}.{name}"), raw)?),
        }
    }
    Ok(())
}

impl Sink<'_> {
    fn text(&mut self, raw: &RawValue, voice: Voice) -> Result<(), serde_json::Error> {
        let Text(text) = serde_json::from_str(raw.get())?;
        match voice {
            Voice::Aloud => self.say(text),
            Voice::Thinking => self.think(text, ReasoningKey::ReasoningContent),
        }
        Ok(())
    }

    pub(super) fn say(&mut self, text: Cow<'_, str>) {
        if !text.is_empty() {
            self.events.push(ModelEvent::Text { text: text.into_owned(), index: None });
        }
    }

    pub(super) fn think(&mut self, text: Cow<'_, str>, key: ReasoningKey) {
        if !text.is_empty() {
            let text = text.into_owned();
            self.events.push(ModelEvent::Reasoning {
                text,
                form: key.into(),
                index: None,
                details: None,
            });
        }
    }
}
