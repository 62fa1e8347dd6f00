//! Images, sounds and files of a conversation, in the forms in which hosts write them.

use std::borrow::Cow;

use moss_protocol::{ContentPart, ImageUrl, JsonObject};
use serde_json::Value;

/// What a content part of another provider's or LangChain's form holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Media<'a> {
    /// The bytes themselves, in base64.
    Inline { mime_type: Cow<'a, str>, data: &'a str },
    /// Where they are: a file of the provider's, a bucket, YouTube, any public address.
    File { mime_type: Option<Cow<'a, str>>, uri: &'a str },
    /// A document that is plain text.
    Text(&'a str),
}

/// What the types of these parts hold where no MIME type tells more.
const KINDS: &[(&str, &str)] = &[
    ("image", "image/png"),
    ("audio", "audio/wav"),
    ("input_audio", "audio/wav"),
    ("video", "video/mp4"),
    ("file", "application/pdf"),
    ("document", "application/pdf"),
    ("input_file", "application/pdf"),
    ("text-plain", "text/plain"),
    ("media", "application/octet-stream"),
];

/// Reads a part as media. `None`: it is none; an error: it is, and in a form that cannot be read.
pub(super) fn media(part: &ContentPart) -> Result<Option<Media<'_>>, String> {
    match part {
        ContentPart::Image { image_url, .. } => {
            let (ImageUrl::Plain(url) | ImageUrl::Detailed { url, .. }) = image_url;
            at(url, None).map(Some)
        }
        ContentPart::Other(object) => other(part.kind(), object),
        ContentPart::Text { .. } | ContentPart::Think { .. } | ContentPart::ToolCall(_) => Ok(None),
    }
}

fn other<'a>(kind: &'a str, object: &'a JsonObject) -> Result<Option<Media<'a>>, String> {
    // LangChain's oldest form: the MIME type is the part's type.
    if kind.split('/').count() == 2 {
        let data = text(object, &["data"]);
        return Ok(data.map(|data| Media::Inline { mime_type: kind.into(), data }));
    }
    let Some((_, fallback)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return Ok(None);
    };
    // Where the source stands: in the part, or in a member of it, as OpenAI and Anthropic have it.
    let inner =
        ["source", "file", "input_audio"].iter().find_map(|name| object.get(*name)?.as_object());
    let source = inner.unwrap_or(object);
    let mime_type = text(source, &["mime_type", "mimeType", "media_type", "mediaType"])
        .or_else(|| text(object, &["mime_type", "mimeType"]));
    if let Some(uri) = text(source, &["fileUri", "file_uri", "url", "file_url"]) {
        return at(uri, mime_type).map(Some);
    }
    if let Some(data) = text(source, &["file_data"]) {
        return at(data, mime_type).map(Some);
    }
    if let Some(data) = text(source, &["data"]) {
        if text(source, &["type", "source_type"]) == Some("text") {
            return Ok(Some(Media::Text(data)));
        }
        if data.starts_with("data:") {
            return at(data, mime_type).map(Some);
        }
        let mime_type = match (mime_type, text(source, &["format"])) {
            (Some(mime_type), _) => mime_type.into(),
            (None, Some(format)) => format!("audio/{format}").into(),
            (None, None) => (*fallback).into(),
        };
        return Ok(Some(Media::Inline { mime_type, data }));
    }
    if let Some(uri) = text(source, &["id", "file_id", "fileId"]) {
        return at(uri, mime_type).map(Some);
    }
    match text(source, &["text"]) {
        Some(text) => Ok(Some(Media::Text(text))),
        None => Err(format!("its `{kind}` part has neither data nor an address that can be read")),
    }
}

/// The first of the members that is a text.
fn text<'a>(object: &'a JsonObject, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name).and_then(Value::as_str))
}

/// What is at an address, or within one that is a data URL.
fn at<'a>(url: &'a str, mime_type: Option<&'a str>) -> Result<Media<'a>, String> {
    let Some(inline) = url.strip_prefix("data:") else {
        let mime_type = mime_type.or_else(|| guessed(url)).map(Cow::Borrowed);
        return Ok(Media::File { mime_type, uri: url });
    };
    let wrong = || "it has a data URL that is not in base64".to_owned();
    let (head, data) = inline.split_once(',').ok_or_else(wrong)?;
    let head = head.strip_suffix(";base64").ok_or_else(wrong)?;
    let own = head.split(';').next().filter(|own| !own.is_empty());
    let mime_type = own.or(mime_type).unwrap_or("application/octet-stream").into();
    Ok(Media::Inline { mime_type, data })
}

/// Vertex AI wants the MIME type of what lies elsewhere; its address often tells it.
fn guessed(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "md" => "text/markdown",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        "m4a" | "aac" => "audio/aac",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mpeg" | "mpg" => "video/mpeg",
        _ => return None,
    })
}
