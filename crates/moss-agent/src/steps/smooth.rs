//! Text in the small pieces in which the Run interface shows Claude's: the provider sends half sentences.

/// How many characters a piece has at least, but for the last.
const SHORTEST: usize = 4;

/// How many characters further a boundary is looked for.
const FURTHER: usize = 64;

/// After which characters a piece may end.
const BOUNDARIES: &[char] = &[' ', '.', ',', '!', '?', ';', ':'];

/// The text in pieces, each up to the first boundary behind its fourth character.
pub(super) fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut chars = text.char_indices().skip(SHORTEST).take(FURTHER);
        let boundary = chars.by_ref().find(|(_, char)| BOUNDARIES.contains(char));
        let end = match boundary {
            Some((at, char)) => at + char.len_utf8(),
            // None in reach: cut there, or take what is left.
            None => text.char_indices().nth(SHORTEST + FURTHER).map_or(text.len(), |(at, _)| at),
        };
        let (piece, rest) = text.split_at(end);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn split(text: &str) -> Vec<&str> {
        pieces(text).collect()
    }

    #[test]
    fn pieces_end_behind_words() {
        assert_eq!(split("hmm let me"), ["hmm let ", "me"]);
        assert_eq!(split("Final answer"), ["Final ", "answer"]);
        assert_eq!(split("a b c d e f"), ["a b c ", "d e f"]);
        assert_eq!(split("Yes."), ["Yes."]);
        assert_eq!(split("größer, ä"), ["größer,", " ä"]);
        assert_eq!(split(""), Vec::<&str>::new());
    }

    #[test]
    fn what_has_no_words_is_cut() {
        let long = "x".repeat(150);
        assert_eq!(split(&long).iter().map(|piece| piece.len()).collect::<Vec<_>>(), [68, 68, 14]);
        assert_eq!(split(&long).concat(), long);
    }
}
