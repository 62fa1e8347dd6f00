//! A message of the output: text, refusals, and parts of other kinds.

use moss_protocol::JsonObject;
use serde_json::Value;

use super::{Shared, Stage, differs, list_of, text_of};
use crate::ModelEvent;
use crate::wire::responses::said::Said;

/// A message so far. Parts are known by their place in it.
#[derive(Debug, Default)]
pub(super) struct Message {
    texts: Vec<TextPart>,
    refusals: Vec<(u32, Said)>,
    /// Parts of other kinds that were told.
    others: Vec<u32>,
}

#[derive(Debug)]
struct TextPart {
    content_index: u32,
    /// The index that events carry.
    index: u32,
    said: Said,
    /// How many annotations were told.
    annotations: usize,
    /// Of how many tokens the probabilities were told.
    logprobs: usize,
}

/// What stands beside a text, and grows with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::responses) enum Notes {
    /// Citations of sources and files.
    Annotations,
    /// The probabilities of the tokens.
    Logprobs,
}

impl Notes {
    const fn name(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Logprobs => "logprobs",
        }
    }
}

impl Message {
    /// Hears the message as it begins, or whole.
    pub(super) fn hear(
        &mut self,
        item: &JsonObject,
        index: u32,
        stage: Stage,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        for (content_index, part) in list_of(item, "content") {
            if let Value::Object(part) = part {
                self.part((index, content_index), part, stage, shared, out);
            }
        }
    }

    /// Hears a part as it begins, or whole. `at` is the item's index and the part's.
    pub(super) fn part(
        &mut self,
        at: (u32, u32),
        part: &JsonObject,
        stage: Stage,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let path = |member: &str| format!("output.{}.content.{}.{member}", at.0, at.1);
        match text_of(part, "type") {
            Some("output_text" | "text") => {
                let text = self.text_part(at.1, shared);
                if let Some(whole) = text_of(part, "text") {
                    match text.said.rest(whole) {
                        Some("") => {}
                        Some(rest) => out.push(text.event(rest)),
                        None => out.push(differs(path("text"), whole)),
                    }
                }
                for notes in [Notes::Annotations, Notes::Logprobs] {
                    let known = *text.told(notes);
                    let new = list_of(part, notes.name()).skip(known).map(|(_, note)| note.clone());
                    text.note(notes, new.collect(), out);
                }
            }
            Some("refusal") => {
                let Some(whole) = text_of(part, "refusal") else { return };
                match self.refusal_part(at.1).rest(whole) {
                    Some("") => {}
                    Some(rest) => out.push(ModelEvent::Refusal { text: rest.to_owned() }),
                    None => out.push(differs(path("refusal"), whole)),
                }
            }
            _ => {
                if stage != Stage::Added && !self.others.contains(&at.1) {
                    self.others.push(at.1);
                    let index = Some(shared.next_part());
                    out.push(ModelEvent::Part { index, part: part.clone() });
                }
            }
        }
    }

    pub(super) fn text(
        &mut self,
        content_index: u32,
        piece: &str,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let text = self.text_part(content_index, shared);
        text.said.add(piece);
        out.push(text.event(piece));
    }

    pub(super) fn refusal(&mut self, content_index: u32, piece: &str, out: &mut Vec<ModelEvent>) {
        self.refusal_part(content_index).add(piece);
        out.push(ModelEvent::Refusal { text: piece.to_owned() });
    }

    pub(super) fn notes(
        &mut self,
        content_index: u32,
        notes: Notes,
        new: Vec<Value>,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        self.text_part(content_index, shared).note(notes, new, out);
    }

    pub(super) fn refuses(&self) -> bool {
        !self.refusals.is_empty()
    }

    fn text_part(&mut self, content_index: u32, shared: &mut Shared) -> &mut TextPart {
        let known = self.texts.iter().rposition(|text| text.content_index == content_index);
        let position = known.unwrap_or_else(|| {
            self.texts.push(TextPart {
                content_index,
                index: shared.next_part(),
                said: Said::default(),
                annotations: 0,
                logprobs: 0,
            });
            self.texts.len() - 1
        });
        &mut self.texts[position]
    }

    fn refusal_part(&mut self, content_index: u32) -> &mut Said {
        let known = self.refusals.iter().rposition(|(known, _)| *known == content_index);
        let position = known.unwrap_or_else(|| {
            self.refusals.push((content_index, Said::default()));
            self.refusals.len() - 1
        });
        &mut self.refusals[position].1
    }
}

impl TextPart {
    fn event(&self, text: &str) -> ModelEvent {
        ModelEvent::Text { text: text.to_owned(), index: Some(self.index) }
    }

    const fn told(&mut self, notes: Notes) -> &mut usize {
        match notes {
            Notes::Annotations => &mut self.annotations,
            Notes::Logprobs => &mut self.logprobs,
        }
    }

    /// Adds to a list beside the text. The text in the piece is what makes it a piece of a text.
    fn note(&mut self, notes: Notes, new: Vec<Value>, out: &mut Vec<ModelEvent>) {
        if new.is_empty() {
            return;
        }
        *self.told(notes) += new.len();
        let part = JsonObject::from_iter([
            ("type".to_owned(), "text".into()),
            ("text".to_owned(), "".into()),
            (notes.name().to_owned(), Value::Array(new)),
        ]);
        out.push(ModelEvent::Part { index: Some(self.index), part });
    }
}
