//! From the parts of an answer's content, but for function calls, to events.

use std::borrow::Cow;

use moss_protocol::JsonObject;
use serde_json::Value;
use serde_json::value::RawValue;

use super::part::Part;
use crate::{ModelChunk, ModelEvent, ReasoningForm};

/// Where what is read goes.
#[derive(Default)]
pub(super) struct Sink {
    pub(super) events: Vec<ModelEvent>,
    /// What is not interpreted, under its path.
    pub(super) extras: Vec<ModelEvent>,
}

impl Sink {
    pub(super) fn extra(&mut self, path: String, raw: &RawValue) -> Result<(), serde_json::Error> {
        self.extras.push(ModelEvent::Extra { path, value: serde_json::from_str(raw.get())? });
        Ok(())
    }

    pub(super) fn kwarg(&mut self, name: &str, value: Value) {
        self.events.push(ModelEvent::Kwarg { name: name.to_owned(), value });
    }

    pub(super) fn into_chunk(mut self) -> ModelChunk {
        if !self.extras.is_empty() {
            self.events.append(&mut self.extras);
        }
        ModelChunk { events: self.events }
    }

    fn part(&mut self, part: JsonObject) {
        self.events.push(ModelEvent::Part { index: None, part });
    }
}

/// Members of a part that say something about its data and are none.
const ABOUT: &[&str] = &["partMetadata", "videoMetadata", "mediaResolution", "mediaProcessing"];

/// Reads a part without a function call.
pub(super) fn part(
    part: Part<'_>,
    reasoning: ReasoningForm,
    position: usize,
    sink: &mut Sink,
) -> Result<(), serde_json::Error> {
    let Part { text: said, thought, signature, call: _, rest } = part;
    let data = rest.iter().find(|(name, _)| !ABOUT.contains(&&**name)).map(|(name, _)| &**name);
    let mut object = JsonObject::new();
    let member = match (&said, data) {
        (None, Some(kind)) => {
            object.insert("type".to_owned(), kind.into());
            if thought {
                object.insert("thought".to_owned(), true.into());
            }
            None
        }
        _ if thought => Some("reasoning"),
        _ => Some("text"),
    };
    for (name, raw) in &rest {
        // `type` is ours; Google's parts have no such member.
        if name == "type" {
            sink.extra(format!("candidates.0.content.parts.{position}.type"), raw)?;
            continue;
        }
        object.insert(name.clone().into_owned(), serde_json::from_str(raw.get())?);
    }
    if let Some(signature) = signature {
        object.insert("thoughtSignature".to_owned(), signature.into_owned().into());
    }
    let Some(member) = member else {
        sink.part(object);
        return Ok(());
    };
    if let Some(said) = said {
        text(said, thought, reasoning, sink);
    }
    // What goes with a text belongs to the part that holds it: whoever collects the answer joins them.
    if !object.is_empty() {
        let mut about = JsonObject::new();
        about.insert("type".to_owned(), member.into());
        about.insert(member.to_owned(), "".into());
        about.extend(object);
        sink.part(about);
    }
    Ok(())
}

/// Reads a text.
pub(super) fn text(said: Cow<'_, str>, thought: bool, form: ReasoningForm, sink: &mut Sink) {
    if said.is_empty() {
        return;
    }
    let text = said.into_owned();
    sink.events.push(if thought {
        ModelEvent::Reasoning { text, form, index: None, details: None }
    } else {
        ModelEvent::Text { text, index: None }
    });
}
