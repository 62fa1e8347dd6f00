//! The content of an answer: a text, or parts that are put together by their index.

use moss_protocol::{Content, ContentPart, JsonObject};
use serde_json::Value;

/// Members of a part whose texts are joined when pieces come one after another.
const JOINED: &[&str] = &["text", "thinking", "reasoning", "signature"];

/// The content of an answer so far. Plain text stays a text, as chat completions have it; where a provider
/// numbers its blocks, or sends other parts, it is a list, as LangChain's clients have it.
#[derive(Debug, Default)]
pub(super) struct AnswerContent {
    parts: Vec<(Option<u32>, Piece)>,
}

#[derive(Debug)]
enum Piece {
    /// A text that nothing else belongs to.
    Text(String),
    Part(JsonObject),
}

impl AnswerContent {
    pub(super) fn text(&mut self, text: &str, index: Option<u32>) {
        match self.at(index) {
            Some(Piece::Text(known)) => known.push_str(text),
            Some(Piece::Part(part)) => append(part, "text", text),
            None => self.parts.push((index, Piece::Text(text.to_owned()))),
        }
    }

    /// Takes in a part, or a piece of one.
    pub(super) fn part(&mut self, part: JsonObject, index: Option<u32>) {
        let known = match index {
            Some(_) => self.parts.iter().position(|(known, _)| *known == index),
            // Without an index only reasoning comes in pieces, and what belongs to a text behind it.
            None => self.continues(&part).then(|| self.parts.len() - 1),
        };
        let Some(known) = known else {
            self.parts.push((index, Piece::Part(part)));
            return;
        };
        let piece = &mut self.parts[known].1;
        if let Piece::Text(text) = piece {
            *piece = Piece::Part(text_part(std::mem::take(text)));
        }
        if let Piece::Part(known) = piece {
            merge(known, part);
        }
    }

    /// What a text with this index goes on.
    fn at(&mut self, index: Option<u32>) -> Option<&mut Piece> {
        match index {
            Some(_) => {
                self.parts.iter_mut().find(|(known, _)| *known == index).map(|part| &mut part.1)
            }
            None => match self.parts.last_mut() {
                Some((None, piece @ Piece::Text(_))) => Some(piece),
                _ => None,
            },
        }
    }

    /// Whether a part without an index belongs to the last one.
    fn continues(&self, part: &JsonObject) -> bool {
        let kind = part.get("type").and_then(Value::as_str);
        match self.parts.last() {
            // Google signs texts so.
            Some((None, Piece::Text(_))) => {
                kind == Some("text") && part.get("text").is_none_or(|text| text == "")
            }
            // What is signed is whole.
            Some((None, Piece::Part(last))) => {
                matches!(kind, Some("reasoning" | "thinking" | "reasoning_content"))
                    && last.get("type").and_then(Value::as_str) == kind
                    && !last.contains_key("thoughtSignature")
            }
            _ => false,
        }
    }

    pub(super) fn into_content(self) -> Content {
        let mut parts = self.parts;
        if parts.iter().all(|(index, piece)| index.is_none() && matches!(piece, Piece::Text(_))) {
            let text = parts.pop().map_or_else(String::new, |(_, piece)| match piece {
                Piece::Text(text) => text,
                Piece::Part(_) => String::new(),
            });
            return Content::Text(text);
        }
        // Providers begin their blocks in order; what a wire tells at a block's end keeps its place so.
        parts.sort_by_key(|(index, _)| *index);
        Content::Parts(parts.into_iter().filter_map(|(index, piece)| part(index, piece)).collect())
    }
}

fn part(index: Option<u32>, piece: Piece) -> Option<ContentPart> {
    let own = match piece {
        Piece::Text(text) => text_part(text),
        Piece::Part(part) => part,
    };
    let mut object = JsonObject::new();
    object.extend(index.map(|index| ("index".to_owned(), Value::from(index))));
    object.extend(own);
    serde_json::from_value(Value::Object(object)).ok()
}

fn text_part(text: String) -> JsonObject {
    JsonObject::from_iter([
        ("type".to_owned(), Value::from("text")),
        ("text".to_owned(), Value::String(text)),
    ])
}

fn append(part: &mut JsonObject, name: &str, text: &str) {
    match part.get_mut(name) {
        Some(Value::String(known)) => known.push_str(text),
        _ => {
            part.insert(name.to_owned(), Value::from(text));
        }
    }
}

/// Merges a later piece of a part into it.
fn merge(part: &mut JsonObject, piece: JsonObject) {
    for (name, value) in piece {
        match (part.get_mut(&name), value) {
            (Some(Value::String(known)), Value::String(more))
                if JOINED.contains(&name.as_str()) =>
            {
                known.push_str(&more);
            }
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (_, value) => {
                part.insert(name, value);
            }
        }
    }
}
