//! Texts that cost little to make.

/// So many letters, others than the last time.
pub fn letters(length: usize, turn: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(turn % 26).unwrap_or(0));
    std::iter::repeat_n(letter, length).collect()
}

/// So many letters at random, the same ones for a turn.
pub fn random_letters(length: usize, turn: usize) -> String {
    let mut state = turn as u64;
    let letters = (0..length).map(|_| {
        // The constants of Knuth's MMIX.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap_or(0))
    });
    letters.collect()
}

/// A text with the look of a UUID.
pub fn id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}
