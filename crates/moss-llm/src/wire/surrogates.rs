//! Halves of characters in JSON escapes.

/// The text with each `\uD800`…`\uDFFF` that has no partner replaced by the replacement character, as a
/// lossy UTF-8 decoder would do; `None` where there is none.
pub(crate) fn repair(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut position = 0;
    while let Some(offset) = memchr::memchr(b'\\', &text.as_bytes()[position..]) {
        let start = position + offset;
        position = match (unit(text, start), unit(text, start + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => start + 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str(&text[copied..start]);
                out.push_str("\\uFFFD");
                copied = start + 6;
                copied
            }
            // Any other escape: the character after the backslash may be a backslash too.
            _ => start + 2,
        };
        if position > text.len() {
            break;
        }
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The UTF-16 unit of an escape that begins here.
fn unit(text: &str, start: usize) -> Option<u16> {
    let escape = text.as_bytes().get(start..start + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}
