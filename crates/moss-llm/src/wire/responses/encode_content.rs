//! Content of users and tools, in the forms that hosts write, as parts of the input.

use std::borrow::Cow;

use moss_protocol::{Content, ContentPart, ImageUrl, JsonObject};
use serde_json::Value;

use super::input::{Audio, File, Image, InputContent, InputPart};
use super::output::text_of;

/// The content of a message: a text stays one.
pub(super) fn content(content: &Content) -> InputContent<'_> {
    match content {
        Content::Text(text) => InputContent::Text(Cow::Borrowed(text)),
        Content::Parts(parts) => InputContent::Parts(parts.iter().filter_map(part).collect()),
    }
}

/// A part; `None` where it is not for the model to see.
pub(super) fn part(part: &ContentPart) -> Option<InputPart<'_>> {
    Some(match part {
        ContentPart::Text { text, .. } => InputPart::InputText { text },
        ContentPart::Image { image_url, .. } => InputPart::InputImage(image_of(image_url)),
        ContentPart::Think { .. } | ContentPart::ToolCall(_) => return None,
        ContentPart::Other(object) => other(object),
    })
}

fn image_of(url: &ImageUrl) -> Image<'_> {
    let (url, detail) = match url {
        ImageUrl::Plain(url) => (url, Some("auto")),
        ImageUrl::Detailed { url, detail } => (url, detail.as_deref()),
    };
    Image { image_url: Some(Cow::Borrowed(url)), detail, ..Image::default() }
}

/// Parts of other types: LangChain's standard blocks in both of their versions, Anthropic's documents and images,
/// Google's media, and files of chat completions. All else as it is.
fn other(object: &JsonObject) -> InputPart<'_> {
    let known = match text_of(object, "type") {
        Some("image") => Source::of(object).and_then(|source| source.image(object)),
        Some("file" | "document" | "video") => {
            Source::of(object).and_then(|source| source.file(object))
        }
        Some("media") => Source::of(object).and_then(|source| match source.is_image() {
            true => source.image(object),
            false => source.file(object),
        }),
        Some("audio") => Source::of(object).and_then(|source| source.audio()),
        Some("text-plain") => text_of(object, "text").map(|text| InputPart::InputText { text }),
        _ => None,
    };
    known.unwrap_or(InputPart::Verbatim(object))
}

/// Where the data of a part are.
struct Source<'a> {
    at: At<'a>,
    media_type: Option<&'a str>,
}

enum At<'a> {
    Data(&'a str),
    Url(&'a str),
    Id(&'a str),
    Text(&'a str),
}

impl<'a> Source<'a> {
    fn of(object: &'a JsonObject) -> Option<Self> {
        // Anthropic keeps them one level down, chat completions in `file`.
        let inner = ["source", "file"].into_iter().find_map(|name| object.get(name)?.as_object());
        let holder = inner.unwrap_or(object);
        let first = |names: &[&str]| names.iter().find_map(|name| text_of(holder, name));
        let is_text =
            ["source_type", "type"].iter().any(|name| text_of(holder, name) == Some("text"));
        let at = if is_text {
            At::Text(first(&["text", "data"])?)
        } else if let Some(data) = first(&["data", "file_data"]) {
            At::Data(data)
        } else if let Some(url) = first(&["url", "fileUri", "file_url"]) {
            At::Url(url)
        } else if let Some(id) = first(&["id", "fileId", "file_id"]) {
            At::Id(id)
        } else {
            At::Text(first(&["text"])?)
        };
        let media_type = first(&["mime_type", "mimeType", "media_type"]);
        Some(Self { at, media_type })
    }

    fn is_image(&self) -> bool {
        self.media_type.is_some_and(|media_type| media_type.starts_with("image/"))
    }

    fn image(self, object: &'a JsonObject) -> Option<InputPart<'a>> {
        let detail = metadata(object, "detail").unwrap_or("auto");
        let mut image = Image { detail: Some(detail), ..Image::default() };
        match self.at {
            At::Data(data) => {
                image.image_url = Some(data_url(data, self.media_type.unwrap_or("image/png")));
            }
            At::Url(url) => image.image_url = Some(Cow::Borrowed(url)),
            At::Id(id) => image.file_id = Some(id),
            At::Text(_) => return None,
        }
        Some(InputPart::InputImage(image))
    }

    fn file(self, object: &'a JsonObject) -> Option<InputPart<'a>> {
        let name = ["filename", "name", "title"].iter().find_map(|name| {
            let inner = object.get("file").and_then(Value::as_object);
            metadata(object, name).or_else(|| text_of(inner?, name))
        });
        let mut file = File { filename: name, ..File::default() };
        match self.at {
            At::Data(data) => {
                let media_type = self.media_type.unwrap_or("application/octet-stream");
                file.file_data = Some(data_url(data, media_type));
                // Data without a name are refused.
                let is_pdf = media_type == "application/pdf";
                file.filename.get_or_insert(if is_pdf { "file.pdf" } else { "file" });
            }
            At::Url(url) => file.file_url = Some(url),
            At::Id(id) => file.file_id = Some(id),
            At::Text(text) => return Some(InputPart::InputText { text }),
        }
        Some(InputPart::InputFile(file))
    }

    fn audio(self) -> Option<InputPart<'a>> {
        let At::Data(data) = self.at else { return None };
        let format = match self.media_type?.strip_prefix("audio/")? {
            "mpeg" => "mp3",
            "wave" | "x-wav" => "wav",
            format => format,
        };
        Some(InputPart::InputAudio { input_audio: Audio { data, format } })
    }
}

/// A member that stands in the part or in its metadata.
fn metadata<'a>(object: &'a JsonObject, name: &str) -> Option<&'a str> {
    let inner = object.get("metadata").and_then(Value::as_object);
    text_of(object, name).or_else(|| text_of(inner?, name))
}

/// Some hosts write such a URL where others write the data alone.
fn data_url<'a>(data: &'a str, media_type: &str) -> Cow<'a, str> {
    if data.starts_with("data:") {
        Cow::Borrowed(data)
    } else {
        Cow::Owned(format!("data:{media_type};base64,{data}"))
    }
}
