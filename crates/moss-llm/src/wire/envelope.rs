//! What stands around what is said, and repeats in each frame.

use std::borrow::Cow;

use moss_protocol::JsonObject;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{ModelEvent, ResponseInfo};

/// The fields that were seen so far, as they stood in the JSON: a frame that repeats them is compared byte
/// by byte and allocates nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Envelope {
    fields: Vec<(Box<str>, Box<str>)>,
}

/// A field that is new or other than before.
pub(crate) struct Change<'de> {
    name: Cow<'de, str>,
    raw: &'de RawValue,
}

/// Compares one frame with what was seen. Frames keep the order of their fields, so each is looked for
/// where it is expected first.
pub(crate) struct Comparison<'s> {
    fields: &'s [(Box<str>, Box<str>)],
    expected: usize,
}

impl<'de> Comparison<'_> {
    /// The field, if it says something new.
    pub(crate) fn field(
        &mut self,
        name: impl Into<Cow<'de, str>>,
        raw: &'de RawValue,
    ) -> Option<Change<'de>> {
        let name = name.into();
        let position = match self.fields.get(self.expected) {
            Some((known, _)) if **known == *name => Some(self.expected),
            _ => self.fields.iter().position(|(known, _)| **known == *name),
        };
        if let Some(position) = position {
            self.expected = position + 1;
            if *self.fields[position].1 == *raw.get() {
                return None;
            }
        }
        Some(Change { name, raw })
    }
}

impl Envelope {
    pub(crate) fn compare(&self) -> Comparison<'_> {
        Comparison { fields: &self.fields, expected: 0 }
    }

    /// Takes changes in. Gives an [`ModelEvent::Extra`] for each whose value, and not only its spelling,
    /// is other than before.
    pub(crate) fn apply(
        &mut self,
        changes: Vec<Change<'_>>,
        extras: &mut Vec<ModelEvent>,
    ) -> Result<(), serde_json::Error> {
        for Change { name, raw } in changes {
            let value: Value = serde_json::from_str(raw.get())?;
            match self.fields.iter_mut().find(|(known, _)| **known == *name) {
                Some((_, old)) => {
                    let same = serde_json::from_str::<Value>(old).is_ok_and(|old| old == value);
                    *old = raw.get().into();
                    if same {
                        continue;
                    }
                }
                None => self.fields.push((name.as_ref().into(), raw.get().into())),
            }
            extras.push(ModelEvent::Extra { path: name.into_owned(), value });
        }
        Ok(())
    }

    /// Whether the field is there and not the empty text.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, raw)| **known == *name && **raw != *r#""""#)
    }

    /// All that was seen, as the start of an answer. The provider names the answer's id and its model so.
    pub(crate) fn info(&self, id: &str, model: &str) -> Result<ResponseInfo, serde_json::Error> {
        let mut info = ResponseInfo::default();
        let mut extra = JsonObject::new();
        for (name, raw) in &self.fields {
            match (&**name, serde_json::from_str(raw)?) {
                (name, Value::String(text)) if name == id || name == model => {
                    let field = if name == id { &mut info.id } else { &mut info.model };
                    *field = Some(text).filter(|text| !text.is_empty());
                }
                (name, value) => {
                    extra.insert(name.to_owned(), value);
                }
            }
        }
        info.extra = extra;
        Ok(info)
    }
}
