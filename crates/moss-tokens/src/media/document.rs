//! What a document costs.

use serde_json::{Map, Value};

use super::image::{image_of, image_tokens};
use crate::Encoding;

/// What a document counts that is somewhere else.
const ELSEWHERE: u64 = 2000;
/// So much base64 is taken for a page of a PDF.
const BASE64_A_PAGE: u64 = 75_000;

/// What a document costs: `file` as LangChain writes it, or `document` as Anthropic does.
pub(crate) fn document_tokens(part: &Map<String, Value>, encoding: Encoding) -> u64 {
    // LangChain's members stand in the part itself, Anthropic's in `source`.
    let (source, kind, media) = match (part.get("source_type"), part.get("source")) {
        (Some(kind), _) => (part, Some(kind), "mime_type"),
        (None, Some(Value::Object(source))) => (source, source.get("type"), "media_type"),
        (None, _) => return ELSEWHERE,
    };
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    match (kind.and_then(Value::as_str), text("data"), text("text")) {
        (Some("text"), Some(text), _) | (Some("text"), None, Some(text)) => count(encoding, text),
        (Some("base64"), Some(data), _) => {
            let media = text(media).unwrap_or_default().split(';').next().unwrap_or_default();
            match media {
                "application/pdf" | "" => pages(data, encoding),
                image if image.starts_with("image/") => image_tokens(data, encoding),
                _ => count(encoding, data),
            }
        }
        (Some("content"), ..) => {
            let inner = source.get("content").and_then(Value::as_array).into_iter().flatten();
            let images = inner
                .filter_map(Value::as_object)
                .filter(|part| part.get("type").and_then(Value::as_str) == Some("image"));
            match images.map(|image| image_tokens(image_of(image), encoding)).sum() {
                0 => ELSEWHERE,
                tokens => tokens,
            }
        }
        _ => ELSEWHERE,
    }
}

fn count(encoding: Encoding, text: &str) -> u64 {
    encoding.count(text) as u64
}

fn pages(base64: &str, encoding: Encoding) -> u64 {
    let page = match encoding {
        Encoding::Claude => 2000,
        Encoding::O200k | Encoding::Cl100k => 1500,
    };
    (base64.len() as u64).div_ceil(BASE64_A_PAGE).max(1) * page
}
