//! Images, videos and sounds as Converse takes them: their bytes, or where they lie in S3. It fetches nothing.

use std::borrow::Cow;

use aws_smithy_types::base64;
use moss_protocol::JsonObject;
use serde_json::{Value, json};

/// Where something is.
pub(super) enum Source<'a> {
    /// Here, in base64.
    Bytes(Cow<'a, str>),
    /// In S3.
    S3(&'a str),
    /// Here, as text.
    Text(&'a str),
}

/// Something that a host sends along, in any of the forms that hosts use.
pub(super) struct Attached<'a> {
    pub(super) source: Source<'a>,
    /// Its media type, as far as the part says it.
    pub(super) mime: Option<&'a str>,
}

impl Source<'_> {
    pub(super) fn into_value(self) -> Value {
        match self {
            Source::Bytes(data) => json!({"bytes": data}),
            Source::S3(uri) => json!({"s3Location": {"uri": uri}}),
            Source::Text(text) => json!({"bytes": base64::encode(text)}),
        }
    }
}

impl<'a> Attached<'a> {
    /// Finds it in a part: LangChain's standard blocks of both generations, Anthropic's `source`, OpenAI's
    /// `file` and `input_audio`.
    pub(super) fn read(part: &'a JsonObject) -> Result<Self, String> {
        let inner = ["source", "file", "input_audio"]
            .iter()
            .find_map(|name| part.get(*name).and_then(Value::as_object));
        let places = [Some(part), inner];
        let places = || places.iter().flatten().copied();
        let text = |names: &[&str]| {
            places().find_map(|place| names.iter().find_map(|name| place.get(*name)?.as_str()))
        };
        let mime = text(&["mime_type", "mimeType", "media_type"]);
        if let Some(url) = text(&["url", "file_url", "image_url", "file_data"]) {
            return Self::url(url, mime);
        }
        let is_text = text(&["source_type"]) == Some("text")
            || inner.and_then(|source| source.get("type")).is_some_and(|kind| kind == "text");
        let data = places().find_map(|place| place.get("data"));
        match data {
            Some(Value::String(data)) if is_text => {
                return Ok(Self { source: Source::Text(data), mime });
            }
            Some(Value::String(data)) => return Self::data(data, mime),
            Some(data) => {
                if let Some(data) = bytes(data) {
                    return Ok(Self { source: Source::Bytes(base64::encode(data).into()), mime });
                }
            }
            None => {}
        }
        if let Some(text) = text(&["text"]) {
            return Ok(Self { source: Source::Text(text), mime });
        }
        match text(&["fileId", "file_id", "id"]) {
            Some(uri) if uri.starts_with("s3://") => Ok(Self { source: Source::S3(uri), mime }),
            Some(_) => {
                Err("it names a file by an id, and Converse takes data or an `s3://` address"
                    .to_owned())
            }
            None => Err(format!(
                "its content has a part of the kind `{}` without data",
                part.get("type").and_then(Value::as_str).unwrap_or_default()
            )),
        }
    }

    fn url(url: &'a str, mime: Option<&'a str>) -> Result<Self, String> {
        if url.starts_with("s3://") {
            return Ok(Self { source: Source::S3(url), mime });
        }
        if url.contains("://") {
            return Err(
                "it names something by its URL, which Converse does not fetch; send the data, or an `s3://` address"
                    .to_owned(),
            );
        }
        Self::data(url, mime)
    }

    /// A data URL, or base64 by itself.
    fn data(data: &'a str, mime: Option<&'a str>) -> Result<Self, String> {
        let Some(url) = data.strip_prefix("data:") else {
            return Ok(Self { source: Source::Bytes(data.into()), mime });
        };
        let (head, data) = url.split_once(',').unwrap_or_default();
        let Some(head) = head.strip_suffix(";base64") else {
            return Err("it has a data URL that is not in base64".to_owned());
        };
        let own = head.split(';').next().filter(|mime| !mime.is_empty());
        Ok(Self { source: Source::Bytes(data.into()), mime: own.or(mime) })
    }

    /// The format's name in Converse: by the media type, the last part of which is often the name itself.
    fn format(
        &self,
        table: &[(&str, &'static str)],
        formats: &[&'static str],
    ) -> Option<&'static str> {
        let mime = self.mime?.split(';').next()?.trim().to_ascii_lowercase();
        let mapped = table.iter().find(|(known, _)| *known == mime).map(|(_, format)| *format);
        let last = mime.rsplit('/').next().unwrap_or_default();
        let last = last.strip_prefix("x-").unwrap_or(last);
        mapped.or_else(|| formats.iter().copied().find(|format| *format == last))
    }
}

const IMAGES: &[&str] = &["png", "jpeg", "gif", "webp"];
const VIDEOS: &[&str] = &["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"];
const SOUNDS: &[&str] = &[
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "m4a", "mpeg", "mpga", "pcm",
    "webm", "x-aac",
];

/// How the base64 of an image's first bytes begins.
const BEGINNINGS: &[(&str, &str)] =
    &[("iVBORw0KGgo", "png"), ("/9j/", "jpeg"), ("R0lGOD", "gif"), ("UklGR", "webp")];

/// `image_url` with a data URL, an address in S3, or base64 by itself.
pub(super) fn image_url(url: &str) -> Result<Value, String> {
    image_of(Attached::url(url, None)?)
}

pub(super) fn image(part: &JsonObject) -> Result<Value, String> {
    image_of(Attached::read(part)?)
}

fn image_of(image: Attached<'_>) -> Result<Value, String> {
    let by_bytes = match &image.source {
        Source::Bytes(data) => {
            BEGINNINGS.iter().find(|(start, _)| data.starts_with(start)).map(|(_, format)| *format)
        }
        Source::S3(uri) => extension(uri).and_then(|extension| match extension.as_str() {
            "jpg" => Some("jpeg"),
            other => IMAGES.iter().copied().find(|format| *format == other),
        }),
        Source::Text(_) => None,
    };
    let format = image
        .format(&[("image/jpg", "jpeg")], IMAGES)
        .or(by_bytes)
        .ok_or_else(|| unknown("an image", &image, IMAGES))?;
    Ok(json!({"image": {"format": format, "source": image.source.into_value()}}))
}

pub(super) fn video(part: &JsonObject) -> Result<Value, String> {
    const TABLE: &[(&str, &str)] = &[
        ("video/quicktime", "mov"),
        ("video/x-matroska", "mkv"),
        ("video/x-ms-wmv", "wmv"),
        ("video/3gpp", "three_gp"),
    ];
    let video = Attached::read(part)?;
    let format = video
        .format(TABLE, VIDEOS)
        .or_else(|| of_extension(&video.source, VIDEOS))
        .ok_or_else(|| unknown("a video", &video, VIDEOS))?;
    Ok(json!({"video": {"format": format, "source": video.source.into_value()}}))
}

pub(super) fn audio(part: &JsonObject) -> Result<Value, String> {
    const TABLE: &[(&str, &str)] =
        &[("audio/mpeg", "mp3"), ("audio/x-m4a", "m4a"), ("audio/vnd.wave", "wav")];
    let sound = Attached::read(part)?;
    // OpenAI names the format itself.
    let named = part.get("input_audio").and_then(|audio| audio.get("format")?.as_str());
    let named = named.and_then(|named| SOUNDS.iter().copied().find(|format| *format == named));
    let format = sound
        .format(TABLE, SOUNDS)
        .or(named)
        .or_else(|| of_extension(&sound.source, SOUNDS))
        .ok_or_else(|| unknown("a sound", &sound, SOUNDS))?;
    Ok(json!({"audio": {"format": format, "source": sound.source.into_value()}}))
}

fn unknown(what: &str, attached: &Attached<'_>, formats: &[&str]) -> String {
    let said = match attached.mime {
        Some(mime) => format!("of the type `{mime}`"),
        None => "without a type".to_owned(),
    };
    format!("it has {what} {said}, and Converse takes {}", formats.join(", "))
}

fn of_extension(source: &Source<'_>, formats: &[&'static str]) -> Option<&'static str> {
    let Source::S3(uri) = source else { return None };
    let extension = extension(uri)?;
    formats.iter().copied().find(|format| *format == extension)
}

/// What stands behind the last dot of a name, in lower case.
pub(super) fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit('/').next()?.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

/// Writes bytes as base64 wherever a block of Converse has them: a host's `Buffer` and `Uint8Array` come here as
/// the JSON that JavaScript makes of them.
pub(super) fn plain_bytes(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match (name.as_str(), bytes(value)) {
                    ("bytes" | "redactedContent", Some(bytes)) => {
                        *value = Value::String(base64::encode(bytes));
                    }
                    _ => plain_bytes(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(plain_bytes),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Bytes as JSON: `{"type":"Buffer","data":[1,2]}`, `{"0":1,"1":2}` or `[1,2]`.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match value {
        Value::Array(list) => list.iter().map(byte).collect(),
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "Buffer") => {
            bytes(object.get("data").filter(|data| data.is_array())?)
        }
        Value::Object(object) => object
            .iter()
            .enumerate()
            .map(|(position, (name, value))| byte(value).filter(|_| name.parse() == Ok(position)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
