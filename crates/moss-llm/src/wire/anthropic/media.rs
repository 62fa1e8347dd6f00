//! Images and documents, in the forms in which hosts write them.

use moss_protocol::{ImageUrl, JsonObject};
use serde_json::Value;

use super::block::{Block, CACHE_CONTROL, Member};

/// What a document carries beside its source.
const DOCUMENT: &[&str] = &["title", "context", "citations", CACHE_CONTROL];

const PDF: &str = "application/pdf";

/// An image in OpenAI's form.
pub(super) fn image_url<'a>(
    image: &'a ImageUrl,
    extra: &'a JsonObject,
) -> Result<Block<'a>, String> {
    let (ImageUrl::Plain(address) | ImageUrl::Detailed { url: address, .. }) = image;
    url(address, extra)
}

/// An image at a URL, or in one.
pub(super) fn url<'a>(url: &'a str, extra: &'a JsonObject) -> Result<Block<'a>, String> {
    Ok(image_of(from_url(url)?).with_members(extra, &[CACHE_CONTROL]))
}

/// Images, files and other media that are not already as the provider takes them. `None`: they are.
pub(super) fn standard<'a>(kind: &str, part: &'a JsonObject) -> Result<Option<Block<'a>>, String> {
    if part.contains_key("source") {
        return Ok(None);
    }
    Ok(Some(match kind {
        "image" => image_of(source(part, "image/png")?).with_members(part, &[CACHE_CONTROL]),
        "file" => {
            let inner = part.get("file").and_then(Value::as_object).unwrap_or(part);
            let source = source(inner, PDF)?;
            let block = if is_image(&source) { image_of(source) } else { document(source)? };
            let metadata = part.get("metadata").and_then(Value::as_object);
            let block = match metadata {
                Some(metadata) if block.kind() == "document" => {
                    block.with_members(metadata, DOCUMENT)
                }
                _ => block,
            };
            let own = if block.kind() == "document" { DOCUMENT } else { &[CACHE_CONTROL] };
            block.with_members(part, own)
        }
        "text-plain" => document(source(part, PDF)?)?.with_members(part, DOCUMENT),
        "audio" | "input_audio" | "video" => {
            return Err(format!("it has a part `{kind}`, and Claude takes none"));
        }
        _ => return Ok(None),
    }))
}

fn image_of(source: Block<'_>) -> Block<'_> {
    Block::new("image").with("source", Member::Block(source))
}

fn document(source: Block<'_>) -> Result<Block<'_>, String> {
    let media_type = source.str("media_type").unwrap_or(PDF);
    let is_pdf = media_type.eq_ignore_ascii_case(PDF);
    if source.kind() == "base64" && !is_pdf {
        return Err(format!(
            "it has a file of type `{media_type}`, and Claude takes PDF, images and text. Send the file's text"
        ));
    }
    Ok(Block::new("document").with("source", Member::Block(source)))
}

fn is_image(source: &Block<'_>) -> bool {
    source.str("media_type").is_some_and(|kind| kind.starts_with("image/"))
}

/// Where the bytes of a part are: LangChain's blocks, old (`source_type`) and new, and OpenAI's files.
/// `media_type` is what they are where the part does not say.
fn source<'a>(part: &'a JsonObject, media_type: &'a str) -> Result<Block<'a>, String> {
    let text =
        |names: &[&str]| names.iter().find_map(|name| part.get(*name)).and_then(Value::as_str);
    let media_type = text(&["mime_type", "mimeType", "media_type"]).unwrap_or(media_type);
    let id = text(&["file_id", "fileId", "id"]);
    match text(&["source_type"]) {
        Some("text") => {
            let words = text(&["text", "data"]).ok_or("it has a text file without its text")?;
            return Ok(plain(words));
        }
        Some("id") => return id.map(file).ok_or_else(|| "it has a file without its id".to_owned()),
        _ => {}
    }
    if let Some(data) = text(&["data", "file_data"]) {
        if data.starts_with("data:") {
            return from_url(data);
        }
        return Ok(base64(media_type, data));
    }
    if let Some(url) = text(&["url"]) {
        return from_url(url);
    }
    if let Some(words) = text(&["text"]) {
        return Ok(plain(words));
    }
    id.map(file).ok_or_else(|| "it has a file without data, URL or id".to_owned())
}

/// A URL, or the bytes that a data URL holds.
fn from_url(url: &str) -> Result<Block<'_>, String> {
    if let Some(rest) = url.strip_prefix("data:") {
        let (head, data) = rest.split_once(',').unwrap_or((rest, ""));
        let Some(media_type) = head.strip_suffix(";base64") else {
            return Err("it has a data URL that is not base64".to_owned());
        };
        let media_type = media_type.split(';').next().unwrap_or_default();
        return Ok(base64(media_type, data));
    }
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(Block::new("url").with("url", Member::Text(url.into())));
    }
    Err("it has a URL that is neither `http`, `https` nor `data`".to_owned())
}

fn base64<'a>(media_type: &'a str, data: &'a str) -> Block<'a> {
    Block::new("base64")
        .with("media_type", Member::Text(media_type.into()))
        .with("data", Member::Text(data.into()))
}

fn plain(text: &str) -> Block<'_> {
    Block::new("text")
        .with("media_type", Member::Text("text/plain".into()))
        .with("data", Member::Text(text.into()))
}

fn file(id: &str) -> Block<'_> {
    Block::new("file").with("file_id", Member::Text(id.into()))
}
