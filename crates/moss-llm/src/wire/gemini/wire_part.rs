//! A part of a conversation as the wire takes it.

use moss_protocol::JsonObject;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::media::Media;

/// One speaker's turn.
#[derive(Debug, Serialize)]
pub(super) struct WireContent<'a> {
    pub(super) role: &'static str,
    pub(super) parts: Vec<WirePart<'a>>,
}

/// One part of a turn.
#[derive(Debug)]
pub(super) enum WirePart<'a> {
    Text {
        text: &'a str,
        /// Whether it is the model's thought.
        thought: bool,
        signature: Option<&'a str>,
    },
    Media {
        media: Media<'a>,
        /// The host's part, whose members about the media go along.
        about: Option<&'a JsonObject>,
    },
    Call {
        name: &'a str,
        id: Option<&'a str>,
        args: CallArgs<'a>,
        signature: Option<&'a str>,
    },
    Response {
        name: &'a str,
        id: Option<&'a str>,
        response: Value,
        media: Vec<Media<'a>>,
    },
    /// A part of Google's own kinds, as it came from there.
    Own(&'a JsonObject),
}

/// The arguments of a call.
#[derive(Debug)]
pub(super) enum CallArgs<'a> {
    Object(&'a JsonObject),
    /// What the model wrote, where it is no object: the wire takes nothing else.
    Unreadable(&'a str),
}

/// Members that say how media is to be looked at.
const ABOUT: &[&str] = &["videoMetadata", "mediaResolution", "mediaProcessing", "partMetadata"];

impl Serialize for WirePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text { text, thought, signature } => {
                map.serialize_entry("text", text)?;
                if *thought {
                    map.serialize_entry("thought", &true)?;
                }
                signed(&mut map, *signature)?;
            }
            Self::Media { media, about } => {
                media_entry(&mut map, media)?;
                for (name, value) in about.iter().flat_map(|about| about.iter()) {
                    if ABOUT.contains(&name.as_str()) {
                        map.serialize_entry(name, value)?;
                    }
                }
            }
            Self::Call { name, id, args, signature } => {
                map.serialize_entry("functionCall", &Call { name, id: *id, args })?;
                signed(&mut map, *signature)?;
            }
            Self::Response { name, id, response, media } => {
                map.serialize_entry(
                    "functionResponse",
                    &Response { name, id: *id, response, parts: media.iter().map(Sole).collect() },
                )?;
            }
            Self::Own(object) => {
                for (name, value) in object.iter().filter(|(name, _)| !is_ours(name)) {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        map.end()
    }
}

/// Members that the parts of a message have and Google's have not.
pub(super) fn is_ours(name: &str) -> bool {
    matches!(name, "type" | "index")
}

fn signed<M: SerializeMap>(map: &mut M, signature: Option<&str>) -> Result<(), M::Error> {
    match signature {
        Some(signature) => map.serialize_entry("thoughtSignature", signature),
        None => Ok(()),
    }
}

fn media_entry<M: SerializeMap>(map: &mut M, media: &Media<'_>) -> Result<(), M::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inline<'a> {
        mime_type: &'a str,
        data: &'a str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        file_uri: &'a str,
    }
    match media {
        Media::Inline { mime_type, data } => {
            map.serialize_entry("inlineData", &Inline { mime_type, data })
        }
        Media::File { mime_type, uri } => {
            let mime_type = mime_type.as_deref();
            map.serialize_entry("fileData", &File { mime_type, file_uri: uri })
        }
        Media::Text(text) => map.serialize_entry("text", text),
    }
}

/// Media that is a part of a tool's result.
struct Sole<'a>(&'a Media<'a>);

impl Serialize for Sole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        media_entry(&mut map, self.0)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Call<'a> {
    name: &'a str,
    args: &'a CallArgs<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl Serialize for CallArgs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(args) => args.serialize(serializer),
            Self::Unreadable(text) => json!({"unreadable_arguments": text}).serialize(serializer),
        }
    }
}

#[derive(Serialize)]
struct Response<'a> {
    name: &'a str,
    response: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Sole<'a>>,
}
