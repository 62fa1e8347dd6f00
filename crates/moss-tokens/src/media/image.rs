//! What an image costs.

use serde_json::Value;

use super::ImageSize;
use crate::Encoding;

/// Anthropic's least, and what an image of unknown size counts.
const LEAST: u64 = 1024;
/// Anthropic: so many pixels are a token.
const PIXELS_A_TOKEN: u64 = 750;
/// OpenAI: what any image costs, and all that one of low detail does.
const BASE: u64 = 85;
/// OpenAI: each square of this many pixels a side costs the tokens beside it.
const TILE: u32 = 512;
const TILE_TOKENS: u64 = 170;
/// OpenAI's small models: each square of this many pixels a side is a token, up to a limit.
const PATCH: u32 = 32;
const MOST_PATCHES: u64 = 1536;

/// What an image costs at Anthropic: its pixels by 750, and 1024 at least, as the Run interface estimates it.
#[must_use]
pub fn estimate_anthropic_image_tokens(size: ImageSize) -> u64 {
    let pixels = u64::from(size.width) * u64::from(size.height);
    pixels.div_ceil(PIXELS_A_TOKEN).max(LEAST)
}

/// What an image costs at OpenAI's models that count tiles (GPT-4o, GPT-4.1): 85, and 170 for each tile of 512 by 512
/// pixels unless the detail is `low`, as the Run interface estimates it. OpenAI makes large images smaller first,
/// so that they cost less than this.
#[must_use]
pub fn estimate_openai_image_tokens(size: ImageSize, detail: Option<&str>) -> u64 {
    if detail == Some("low") {
        return BASE;
    }
    let tiles = u64::from(size.width.div_ceil(TILE)) * u64::from(size.height.div_ceil(TILE));
    tiles.saturating_mul(TILE_TOKENS).saturating_add(BASE)
}

/// What an image costs at OpenAI's models that count patches of 32 by 32 pixels (GPT-4.1 mini and nano, o4-mini): one
/// token each, 1536 at most. OpenAI bills a multiple of it, which is the model's: 1.62 for GPT-4.1 mini, for example.
#[must_use]
pub fn estimate_openai_patch_tokens(size: ImageSize) -> u64 {
    let patches = u64::from(size.width.div_ceil(PATCH)) * u64::from(size.height.div_ceil(PATCH));
    patches.min(MOST_PATCHES)
}

/// What an image costs that may be a URL, a `data:` URL or base64.
pub(crate) fn image_tokens(image: &str, encoding: Encoding) -> u64 {
    match (ImageSize::of_base64(image), encoding) {
        (None, _) => LEAST,
        (Some(size), Encoding::Claude) => estimate_anthropic_image_tokens(size),
        (Some(size), Encoding::O200k | Encoding::Cl100k) => {
            estimate_openai_image_tokens(size, None)
        }
    }
}

/// The image of a part of any form: `image_url` of OpenAI, `image` of Anthropic. Empty where it is told in another way.
pub(crate) fn image_of(part: &serde_json::Map<String, Value>) -> &str {
    let url = part.get("image_url").and_then(|image| match image {
        Value::String(url) => Some(url.as_str()),
        other => other.get("url").and_then(Value::as_str),
    });
    if let Some(url) = url {
        return if url.starts_with("data:") { url } else { "" };
    }
    let Some(source) = part.get("source") else { return "" };
    let is_base64 = source.get("type").and_then(Value::as_str) == Some("base64");
    let data = source.get("data").and_then(Value::as_str);
    data.filter(|_| is_base64).unwrap_or_default()
}
