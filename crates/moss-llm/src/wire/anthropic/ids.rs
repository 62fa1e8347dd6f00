//! Ids of tool calls, as the provider takes them.

use std::borrow::Cow;

/// How long an id may be.
const LONGEST: usize = 64;

/// The id, if it is made of letters, digits, `_` and `-` and not too long; else one that stands for it: calls
/// may have begun with another provider, whose ids look otherwise. The same id always gives the same one.
pub(super) fn safe(id: &str) -> Cow<'_, str> {
    let fits = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    if !id.is_empty() && id.len() <= LONGEST && id.chars().all(fits) {
        return Cow::Borrowed(id);
    }
    // What differs only in what was replaced or cut must not become the same.
    let mark = format!("_{:016x}", fingerprint(id.as_bytes()));
    let head = id.chars().map(|char| if fits(char) { char } else { '_' });
    let head: String = head.take(LONGEST - mark.len()).collect();
    Cow::Owned(head + &mark)
}

/// FNV-1a.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
