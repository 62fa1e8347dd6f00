//! Texts that cost little to make.

/// So many letters, others than the last time.
pub fn letters(length: usize, turn: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(turn % 26).unwrap_or(0));
    std::iter::repeat_n(letter, length).collect()
}

/// A text with the look of a UUID.
pub fn id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}
