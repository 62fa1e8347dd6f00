//! A content block of a request: members in order, borrowed from the conversation where they can be.

use std::borrow::Cow;

use moss_protocol::JsonObject;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A JSON object in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Block<'a>(Vec<(&'a str, Member<'a>)>);

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Member<'a> {
    Text(Cow<'a, str>),
    Flag(bool),
    Value(&'a Value),
    Object(&'a JsonObject),
    Owned(Value),
    Block(Block<'a>),
    Blocks(Vec<Block<'a>>),
}

/// The member that asks to keep all before it in the provider's cache.
pub(super) const CACHE_CONTROL: &str = "cache_control";

impl<'a> Block<'a> {
    /// A block of a type.
    pub(super) fn new(kind: &'a str) -> Self {
        Self(vec![("type", Member::Text(kind.into()))])
    }

    /// A text.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new("text").with("text", Member::Text(text.into()))
    }

    /// A block as the conversation has it, without the index under which it streamed in.
    pub(super) fn verbatim(object: &'a JsonObject) -> Self {
        Self(
            object
                .iter()
                .filter(|(name, _)| *name != "index")
                .map(|(name, value)| (name.as_str(), Member::Value(value)))
                .collect(),
        )
    }

    pub(super) fn with(mut self, name: &'a str, member: Member<'a>) -> Self {
        self.set(name, member);
        self
    }

    /// As a block of another type.
    pub(super) fn with_kind(self, kind: &'a str) -> Self {
        self.with("type", Member::Text(kind.into()))
    }

    /// Sets a member, which keeps its place where there is one.
    pub(super) fn set(&mut self, name: &'a str, member: Member<'a>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = member,
            None => self.0.push((name, member)),
        }
    }

    /// Takes members over that are set and not `null`.
    pub(super) fn with_members(mut self, from: &'a JsonObject, names: &[&'a str]) -> Self {
        for name in names {
            if let Some(value) = from.get(*name).filter(|value| !value.is_null()) {
                self.set(name, Member::Value(value));
            }
        }
        self
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Member<'a>> {
        let position = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(position).1)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Member<'a>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, member)| member)
    }

    /// The text of a member.
    pub(super) fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Member::as_str)
    }

    /// The block's type.
    pub(super) fn kind(&self) -> &str {
        self.str("type").unwrap_or_default()
    }

    /// Whether it is a text without anything beside.
    pub(super) fn is_bare_text(&self) -> bool {
        self.kind() == "text" && self.0.len() == 2
    }

    /// Whether it is a text that shows nothing: the provider refuses those.
    pub(super) fn is_blank_text(&self) -> bool {
        self.kind() == "text" && self.str("text").is_some_and(|text| text.trim().is_empty())
    }
}

impl Member<'_> {
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(Value::String(text)) | Self::Owned(Value::String(text)) => Some(text),
            Self::Flag(_)
            | Self::Value(_)
            | Self::Object(_)
            | Self::Owned(_)
            | Self::Block(_)
            | Self::Blocks(_) => None,
        }
    }

    /// As JSON, if it is not made of blocks.
    pub(super) fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Owned(value) => Some(value),
            Self::Text(_) | Self::Flag(_) | Self::Object(_) | Self::Block(_) | Self::Blocks(_) => {
                None
            }
        }
    }
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, member) in &self.0 {
            map.serialize_entry(name, member)?;
        }
        map.end()
    }
}
