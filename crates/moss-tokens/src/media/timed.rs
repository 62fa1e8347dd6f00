//! What sound and films cost. They are billed by the second, which a message does not tell: it is estimated from their
//! size.

use serde_json::{Map, Value};

/// How a kind of media is estimated.
struct Rate {
    /// How many bytes a second of it takes.
    bytes: u64,
    /// How many tokens a second of it costs, at Google's rates.
    tokens: u64,
    /// What it counts where only its address is known.
    elsewhere: u64,
}

const SOUND: Rate = Rate { bytes: 16_000, tokens: 32, elsewhere: 960 };
const FILM: Rate = Rate { bytes: 250_000, tokens: 300, elsewhere: 9000 };

/// What a part costs that is sound or a film; `None` where it is neither.
pub(crate) fn timed_tokens(part: &Map<String, Value>) -> Option<u64> {
    let rate = rate(part)?;
    let bytes = bytes(part);
    if bytes == 0 {
        return Some(rate.elsewhere);
    }
    Some(bytes.saturating_mul(rate.tokens).div_ceil(rate.bytes).max(rate.tokens))
}

fn rate(part: &Map<String, Value>) -> Option<Rate> {
    let text = |name: &str| part.get(name).and_then(Value::as_str);
    let kind = text("type").unwrap_or_default();
    let kind = match kind {
        "input_audio" | "audio" => return Some(SOUND),
        "video_url" | "video" => return Some(FILM),
        "media" => text("mimeType").or_else(|| text("mime_type")).unwrap_or_default(),
        // Google's parts may have the media type as their own.
        other => other,
    };
    match kind.trim().to_ascii_lowercase() {
        sound if sound.starts_with("audio/") => Some(SOUND),
        film if film.starts_with("video/") => Some(FILM),
        _ => None,
    }
}

/// How many bytes the part carries.
fn bytes(part: &Map<String, Value>) -> u64 {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let inner = ["input_audio", "video_url", "video", "audio"]
        .into_iter()
        .filter_map(|name| part.get(name))
        .find_map(|inner| match inner {
            Value::String(url) => Some(url.clone()),
            inner => text(inner, "data").or_else(|| text(inner, "url")),
        });
    let own = || ["data", "url"].into_iter().find_map(|name| part.get(name)?.as_str());
    let payload = own().or(inner.as_deref()).unwrap_or_default();
    let base64 = match payload.strip_prefix("data:") {
        Some(url) => url.split_once(',').map_or("", |(_, data)| data),
        // Base64 has no colon, an address has.
        None if payload.contains(':') => "",
        None => payload,
    };
    base64.len() as u64 * 3 / 4
}
