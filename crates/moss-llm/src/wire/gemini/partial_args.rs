//! Arguments of a call that arrive piece by piece, each under its JSON path.

use moss_protocol::JsonObject;
use serde_json::Value;

use super::part::PartialArg;

/// The arguments of one call so far.
#[derive(Debug, Default)]
pub(super) struct PartialArgs {
    args: JsonObject,
    /// The path of the text that the next piece may go on with.
    continuing: Option<String>,
}

/// How deep an argument may lie: serde_json's own limit, so that what is put together here can be read.
const DEPTH: usize = 127;

impl PartialArgs {
    /// Takes in arguments that came whole.
    pub(super) fn set(&mut self, args: JsonObject) {
        self.args.extend(args);
    }

    /// Takes in a piece.
    ///
    /// # Errors
    /// What is wrong with its path. List elements have to come in order, so that a piece cannot ask for a list
    /// larger than itself.
    pub(super) fn push(&mut self, piece: PartialArg<'_>) -> Result<(), String> {
        let path = &*piece.json_path;
        let continues = self.continuing.as_deref() == Some(path);
        self.continuing = piece.will_continue.unwrap_or_default().then(|| path.to_owned());
        let value = match (piece.string_value, piece.number_value, piece.bool_value) {
            (Some(text), ..) => Value::String(text.into_owned()),
            (None, Some(number), _) => Value::Number(number),
            (None, None, Some(flag)) => Value::Bool(flag),
            (None, None, None) if piece.null_value.is_some() => Value::Null,
            // It only tells that a text begins or ends.
            (None, None, None) => return Ok(()),
        };
        let wrong = || format!("`{path}` is no path to an argument");
        let slot = self.slot(path).ok_or_else(wrong)?;
        match (slot, value) {
            (Value::String(text), Value::String(more)) if continues => text.push_str(&more),
            (slot, value) => *slot = value,
        }
        Ok(())
    }

    /// The JSON of the arguments once all have come.
    pub(super) fn whole(self) -> String {
        Value::Object(self.args).to_string()
    }

    /// The JSON of the arguments of a call that was cut off: it lacks its end, so that nobody takes it for whole.
    pub(super) fn cut_off(self) -> String {
        let mut text = self.whole();
        text.pop();
        text
    }

    /// Where a path leads, made if need be.
    fn slot(&mut self, path: &str) -> Option<&mut Value> {
        let steps = steps(path)?;
        let (Step::Member(first), rest) = steps.split_first()? else { return None };
        let mut slot = self.args.entry(first.clone()).or_insert(Value::Null);
        for step in rest {
            slot = match step {
                Step::Member(name) => {
                    if slot.is_null() {
                        *slot = Value::Object(JsonObject::new());
                    }
                    slot.as_object_mut()?.entry(name.clone()).or_insert(Value::Null)
                }
                Step::Element(position) => {
                    if slot.is_null() {
                        *slot = Value::Array(Vec::new());
                    }
                    let list = slot.as_array_mut()?;
                    if *position == list.len() {
                        list.push(Value::Null);
                    }
                    list.get_mut(*position)?
                }
            };
        }
        Some(slot)
    }
}

enum Step {
    Member(String),
    Element(usize),
}

/// The steps of a normalised JSON path (RFC 9535): `$.a.b[0]['c d']`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == DEPTH {
            return None;
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            steps.push(Step::Member(after[..end].to_owned()));
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = quoted(after)?;
            steps.push(Step::Member(name));
            rest = after.strip_prefix(']')?;
        } else {
            let (position, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Element(position.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

/// A name up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((position, char)) = chars.next() {
        match char {
            '\'' => return Some((name, &text[position + 1..])),
            '\\' => name.push(chars.next()?.1),
            char => name.push(char),
        }
    }
    None
}
