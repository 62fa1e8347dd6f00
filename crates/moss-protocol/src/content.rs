//! What a message says: text, or a list of parts.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::JsonObject;

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Parts in order.
    Parts(Vec<ContentPart>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Content {
    /// The text of all text parts, joined without a separator.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().filter_map(ContentPart::as_text).collect(),
        }
    }

    /// Whether there is nothing in it: an empty text or no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

/// One part of a message's content, or of what a run has produced.
///
/// Fields beside the known ones (`citations`, `cache_control`, a provider's block `index` …) are kept in
/// `extra` and written back. A part of another kind is kept whole in [`ContentPart::Other`].
#[derive(Debug, Clone, PartialEq)]
pub enum ContentPart {
    /// `{"type":"text","text":…}`.
    Text {
        /// The text.
        text: String,
        /// Everything else the part carried.
        extra: JsonObject,
    },
    /// `{"type":"think","think":…}`: reasoning, as the Run interface shows it.
    Think {
        /// The reasoning text.
        think: String,
        /// Everything else the part carried.
        extra: JsonObject,
    },
    /// `{"type":"image_url","image_url":…}`.
    Image {
        /// Where the image is, or the image itself as a data URL.
        image_url: ImageUrl,
        /// Everything else the part carried.
        extra: JsonObject,
    },
    /// `{"type":"tool_call","tool_call":…}`: a call and, once known, its output.
    ToolCall(ToolCallPart),
    /// A part of a kind this version does not interpret, untouched.
    Other(JsonObject),
}

/// The image of an image part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImageUrl {
    /// The URL alone.
    Plain(String),
    /// The URL and how closely the model should look.
    Detailed {
        /// The URL.
        url: String,
        /// `low`, `high` or `auto`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

/// The `tool_call` member of a tool-call part. Its members vary with the path it came by, so it stays an
/// object; the accessors name what all paths share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolCallPart(
    /// `id`, `name`, `args`, `type`, and `output` and `progress` once the call has ended.
    pub JsonObject,
);

impl ToolCallPart {
    /// The call's id, empty when it has none yet.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// The tool's name, empty when it is not known yet.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the tool answered, once it has.
    #[must_use]
    pub fn output(&self) -> Option<&str> {
        self.0.get("output").and_then(Value::as_str)
    }
}

impl ContentPart {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), extra: JsonObject::new() }
    }

    /// A reasoning part.
    pub fn think(think: impl Into<String>) -> Self {
        Self::Think { think: think.into(), extra: JsonObject::new() }
    }

    /// The text, when it is a text part.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            Self::Think { .. } | Self::Image { .. } | Self::ToolCall(_) | Self::Other(_) => None,
        }
    }

    /// The part's `type`; empty for an uninterpreted part without one.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Think { .. } => "think",
            Self::Image { .. } => "image_url",
            Self::ToolCall(_) => "tool_call",
            Self::Other(object) => object.get("type").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    fn from_object(mut object: JsonObject) -> Self {
        /// The member `key` as `T`, leaving the object whole when it is something else.
        fn take<T: for<'de> Deserialize<'de>>(object: &mut JsonObject, key: &str) -> Option<T> {
            let value = T::deserialize(object.get(key)?).ok()?;
            object.shift_remove(key);
            object.shift_remove("type");
            Some(value)
        }
        match object.get("type").and_then(Value::as_str) {
            Some("text") => match take(&mut object, "text") {
                Some(text) => Self::Text { text, extra: object },
                None => Self::Other(object),
            },
            Some("think") => match take(&mut object, "think") {
                Some(think) => Self::Think { think, extra: object },
                None => Self::Other(object),
            },
            Some("image_url") => match take(&mut object, "image_url") {
                Some(image_url) => Self::Image { image_url, extra: object },
                None => Self::Other(object),
            },
            // A tool-call part with members beside the call is not ours to rearrange.
            Some("tool_call") if object.len() == 2 => match take(&mut object, "tool_call") {
                Some(call) => Self::ToolCall(ToolCallPart(call)),
                None => Self::Other(object),
            },
            _ => Self::Other(object),
        }
    }
}

impl Serialize for ContentPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let (kind, key, extra) = match self {
            Self::Text { extra, .. } => ("text", "text", Some(extra)),
            Self::Think { extra, .. } => ("think", "think", Some(extra)),
            Self::Image { extra, .. } => ("image_url", "image_url", Some(extra)),
            Self::ToolCall(_) => ("tool_call", "tool_call", None),
            Self::Other(object) => return object.serialize(serializer),
        };
        let mut map = serializer.serialize_map(None)?;
        // A provider's block index stands first, as the Run interface writes it.
        if let Some(index) = extra.and_then(|extra| extra.get("index")) {
            map.serialize_entry("index", index)?;
        }
        map.serialize_entry("type", kind)?;
        match self {
            Self::Text { text, .. } => map.serialize_entry(key, text)?,
            Self::Think { think, .. } => map.serialize_entry(key, think)?,
            Self::Image { image_url, .. } => map.serialize_entry(key, image_url)?,
            Self::ToolCall(call) => map.serialize_entry(key, call)?,
            Self::Other(_) => {}
        }
        for (key, value) in extra.into_iter().flatten().filter(|(key, _)| *key != "index") {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ContentPart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        JsonObject::deserialize(deserializer).map(Self::from_object)
    }
}
