//! Images, sounds, films and files of messages, in the forms in which hosts write them: LangChain's standard blocks,
//! old and new, and the providers' own. Each wire writes them in the form that its provider takes.

use moss_protocol::{ContentPart, ImageUrl, JsonObject};
use serde_json::Value;

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachmentKind {
    Image,
    Audio,
    Video,
    File,
}

/// Where its content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// Here, in base64.
    Base64(&'a str),
    Url(&'a str),
    /// At the provider, which gave it this id when it was uploaded.
    Id(&'a str),
    /// Here, as text.
    Text(&'a str),
}

/// One attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attachment<'a> {
    pub(super) kind: AttachmentKind,
    pub(super) source: Source<'a>,
    /// Its media type, where it is said.
    pub(super) media_type: Option<&'a str>,
    /// The file's name.
    pub(super) name: Option<&'a str>,
}

impl<'a> Attachment<'a> {
    /// The attachment that a part is; `None` where it is none, or in no known form.
    ///
    /// | part | |
    /// |---|---|
    /// | `image_url` | OpenAI's, with a URL or a data URL |
    /// | `{"type":"image"…}`, `audio`, `video`, `file` with `source_type` | LangChain's blocks |
    /// | the same with `data` and `mimeType`, `url` or `fileId`; `text-plain` | LangChain's newer blocks |
    /// | `image` and `document` with `source` | Anthropic's |
    /// | `media`, `inlineData`, `fileData` | Google's |
    /// | `input_image`, `input_file` | OpenAI's for Responses |
    /// | `file` with `file`, `input_audio` | OpenAI's for chat completions |
    pub(super) fn of(part: &'a ContentPart) -> Option<Self> {
        match part {
            ContentPart::Image {
                image_url: ImageUrl::Plain(url) | ImageUrl::Detailed { url, .. },
                ..
            } => Some(Self::at(AttachmentKind::Image, url)),
            ContentPart::Other(object) => Self::of_object(object, part.kind()),
            ContentPart::Text { .. } | ContentPart::Think { .. } | ContentPart::ToolCall(_) => None,
        }
    }

    fn of_object(object: &'a JsonObject, kind: &str) -> Option<Self> {
        match kind {
            "image" | "audio" | "video" | "file" | "document" | "text-plain" => {
                let kind = match kind {
                    "image" => AttachmentKind::Image,
                    "audio" => AttachmentKind::Audio,
                    "video" => AttachmentKind::Video,
                    _ => AttachmentKind::File,
                };
                let nested = ["source", "file"].iter().find_map(|name| member(object, name));
                Self::block(nested.unwrap_or(object), kind)
                    .map(|block| Self { name: block.name.or_else(|| name(object)), ..block })
            }
            "media" => {
                let media_type = text(object, &["mimeType", "mime_type"]);
                Self::block(object, kind_of(media_type))
            }
            "input_image" => {
                let url =
                    text(object, &["image_url"]).map(|url| Self::at(AttachmentKind::Image, url));
                url.or_else(|| Self::block(object, AttachmentKind::Image))
            }
            "input_file" => Self::block(object, AttachmentKind::File),
            "input_audio" => {
                let audio = member(object, "input_audio")?;
                Self::block(audio, AttachmentKind::Audio)
            }
            "" => {
                let data = member(object, "inlineData").or_else(|| member(object, "fileData"))?;
                let media_type = text(data, &["mimeType", "mime_type"]);
                Self::block(data, kind_of(media_type))
            }
            _ => None,
        }
    }

    /// What the members of a block say.
    fn block(object: &'a JsonObject, kind: AttachmentKind) -> Option<Self> {
        let said = |names: &[&str]| text(object, names);
        let base = Self {
            kind,
            source: Source::Text(""),
            media_type: said(&["mime_type", "mimeType", "media_type", "format"]),
            name: name(object),
        };
        // Anthropic's and LangChain's blocks of text keep it where others keep base64.
        let is_text = matches!(said(&["source_type", "type"]), Some("text" | "text-plain"));
        let with = |source| Some(Self { source, ..base });
        if let Some(text) = said(&["text"]) {
            return with(Source::Text(text));
        }
        if let Some(data) = said(&["data", "file_data"]) {
            if is_text {
                return with(Source::Text(data));
            }
            return match Self::at(kind, data) {
                Self { source: source @ Source::Base64(_), media_type, .. } => {
                    Some(Self { source, media_type, ..base })
                }
                _ => with(Source::Base64(data)),
            };
        }
        if let Some(url) = said(&["url", "file_url", "fileUri"]) {
            return match Self::at(kind, url) {
                Self { source: source @ Source::Base64(_), media_type, .. } => {
                    Some(Self { source, media_type, ..base })
                }
                _ => with(Source::Url(url)),
            };
        }
        said(&["id", "file_id", "fileId"]).and_then(|id| with(Source::Id(id)))
    }

    /// What a URL, or a data URL, points to.
    fn at(kind: AttachmentKind, url: &'a str) -> Self {
        let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        let (source, media_type) = match data {
            Some((media_type, data)) => (Source::Base64(data), Some(media_type)),
            None => (Source::Url(url), None),
        };
        Self { kind, source, media_type, name: None }
    }
}

fn member<'a>(object: &'a JsonObject, name: &str) -> Option<&'a JsonObject> {
    object.get(name).and_then(Value::as_object)
}

fn text<'a>(object: &'a JsonObject, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name).and_then(Value::as_str))
}

fn name(object: &JsonObject) -> Option<&str> {
    const NAMES: &[&str] = &["filename", "file_name", "name", "title"];
    text(object, NAMES).or_else(|| member(object, "metadata").and_then(|it| text(it, NAMES)))
}

/// What a media type stands for.
fn kind_of(media_type: Option<&str>) -> AttachmentKind {
    match media_type.and_then(|it| it.split('/').next()) {
        Some("image") => AttachmentKind::Image,
        Some("audio") => AttachmentKind::Audio,
        Some("video") => AttachmentKind::Video,
        _ => AttachmentKind::File,
    }
}
