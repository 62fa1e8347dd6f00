//! Shows a little of what a provider sent.

use moss_protocol::Provider;

use crate::{ModelError, ModelErrorKind};

/// How many characters of a provider's bytes an error quotes.
const QUOTED: usize = 200;

/// What came is not what a protocol allows. Of the reason at most `limit` characters are shown.
pub(crate) fn not_allowed(
    provider: Provider,
    protocol: &str,
    data: &[u8],
    why: &str,
    limit: usize,
) -> ModelError {
    let message = format!(
        "The answer is not what {protocol} allows: {}. It began: {}",
        short(why, limit),
        excerpt(data)
    );
    ModelError::new(ModelErrorKind::Protocol, provider, message)
}

/// The beginning of what came, on one line, without control characters.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    // A character has at most four bytes.
    let head = &bytes[..bytes.len().min(4 * QUOTED)];
    short(&String::from_utf8_lossy(head), QUOTED)
}

/// The text without control characters, cut after `limit` characters.
pub(crate) fn short(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for char in text.trim().chars() {
        if count == limit {
            out.push('…');
            break;
        }
        let char = if char.is_control() { ' ' } else { char };
        if char == ' ' && out.ends_with(' ') {
            continue;
        }
        out.push(char);
        count += 1;
    }
    out
}
