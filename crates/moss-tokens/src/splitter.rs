//! How text is cut into pieces, within which bytes are put together.

use regex::Regex;

/// How an encoding cuts text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    /// A piece; `_` stands for what counts as white space. Alternatives count in their order.
    piece: &'static str,
    /// Whether line ends have an alternative of their own, so that a run of white space never ends in one.
    line_ends_apart: bool,
}

/// White space as JavaScript's `\s` has it.
const WHITE: &str = r"\t\n\x0B\x0C\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";

/// The published pattern of `o200k_base`. In all three, `\s+(?!\S)|\s+` at the end became `\s+`: [`Splitter`] does what
/// the look ahead does.
pub(crate) const O200K: Pattern = Pattern {
    piece: concat!(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?",
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?",
        r"|\p{N}{1,3}| ?[^_\p{L}\p{N}]+[\r\n/]*|[_]*[\r\n]+|[_]+"
    ),
    line_ends_apart: true,
};

/// The published pattern of `cl100k_base`.
pub(crate) const CL100K: Pattern = Pattern {
    piece: concat!(
        r"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]",
        r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^_\p{L}\p{N}]+[\r\n]*|[_]*[\r\n]+|[_]+"
    ),
    line_ends_apart: true,
};

/// The published pattern of Claude's ranks, which is GPT-2's.
pub(crate) const CLAUDE: Pattern = Pattern {
    piece: r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^_\p{L}\p{N}]+|[_]+",
    line_ends_apart: false,
};

/// Cuts text into pieces.
pub(crate) struct Splitter {
    /// `None` cannot be, here and below: tests make all three.
    piece: Option<Regex>,
    lower: Option<Regex>,
    line_ends_apart: bool,
}

impl Splitter {
    pub(crate) fn new(pattern: Pattern) -> Self {
        // Pieces follow each other without a gap. A search that knows where its match begins need not look back for it.
        let piece = Regex::new(&format!(r"\A(?:{})", pattern.piece.replace('_', WHITE))).ok();
        let lower = Regex::new(r"\p{Ll}").ok();
        Self { piece, lower, line_ends_apart: pattern.line_ends_apart }
    }

    /// Whether a piece ends where it would end without its middle: the piece of which `head` is the beginning, `middle`
    /// what follows, and more of the piece behind that. All three longer than a few characters, as each pattern
    /// looks at the beginning of a piece more closely.
    ///
    /// Behind its beginning a piece is a run of one kind, which goes on while characters are of that kind, whatever
    /// number of them there was. Two things change the kind on the way: behind a small letter, `o200k_base` takes no
    /// more capitals; behind a line end, signs take no more than line ends and slashes. So the head has to have seen the
    /// one that the middle has. A run of white space, which may end at its last line end, ends with one then.
    pub(crate) fn may_forget(&self, head: &str, middle: &str) -> bool {
        let has_line_end = |text: &str| text.contains(['\r', '\n']);
        let has_lower = |text: &str| self.lower.as_ref().is_none_or(|lower| lower.is_match(text));
        head.chars().nth(1).is_some_and(is_white)
            || ((!has_line_end(middle) || has_line_end(head))
                && (!has_lower(middle) || has_lower(head)))
    }

    /// The pieces of a text, from its beginning to its end without a gap.
    pub(crate) fn pieces<'s, 't>(&'s self, text: &'t str) -> Pieces<'s, 't> {
        Pieces { splitter: self, text, at: 0 }
    }
}

/// See [`Splitter::pieces`].
pub(crate) struct Pieces<'s, 't> {
    splitter: &'s Splitter,
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Pieces<'_, 't> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let Self { splitter, text, at } = *self;
        if at >= text.len() {
            return None;
        }
        let found = splitter.piece.as_ref().and_then(|piece| piece.find(&text[at..]));
        let mut end = found.map_or(text.len(), |piece| at + piece.end());
        // A run of white space leaves its last character to the piece that follows, if it has another.
        if end < text.len()
            && let Some((last, char)) = text[at..end].char_indices().next_back()
            && last > 0
            && is_white(char)
            && !(splitter.line_ends_apart && matches!(char, '\r' | '\n'))
        {
            end = at + last;
        }
        self.at = end;
        Some(&text[at..end])
    }
}

/// Whether the character is in [`WHITE`].
const fn is_white(char: char) -> bool {
    matches!(
        char,
        '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}'
            | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{CL100K, CLAUDE, O200K, Pattern, Splitter, WHITE, is_white};
    use regex::Regex;

    fn pieces(pattern: Pattern, text: &str) -> Vec<String> {
        let splitter = Splitter::new(pattern);
        assert!(splitter.piece.is_some());
        splitter.pieces(text).map(str::to_owned).collect()
    }

    #[test]
    fn pieces_of_each_encoding() {
        let text = "Don't  stop\n\n at 12345!";
        assert_eq!(
            pieces(O200K, text),
            ["Don't", " ", " stop", "\n\n", " at", " ", "123", "45", "!"]
        );
        assert_eq!(
            pieces(CL100K, text),
            ["Don", "'t", " ", " stop", "\n\n", " at", " ", "123", "45", "!"]
        );
        assert_eq!(pieces(CLAUDE, text), ["Don", "'t", " ", " stop", "\n\n", " at", " 12345", "!"]);
    }

    #[test]
    fn white_space_is_the_same_in_both_ways() {
        let white = Regex::new(&format!("^[{WHITE}]$")).unwrap();
        for char in '\0'..=char::MAX {
            assert_eq!(white.is_match(char.encode_utf8(&mut [0; 4])), is_white(char), "{char:?}");
        }
    }
}
