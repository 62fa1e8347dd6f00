//! A long piece at the end of a text that grows.

use crate::joined::JoinedTokens;
use crate::merge::Merger;
use crate::tokenizer::Tokenizer;

/// How many bytes at the beginning and at the end of the piece stay in sight, about.
const SEEN: usize = 64;

/// So much more may be in sight before it is hidden.
const MOST_SEEN: usize = 1024;

/// A long piece at the end of a text: its tokens, and what is hidden of it, so that neither has to be found anew each
/// time that a little is added. A model that repeats itself for ever makes such pieces.
pub(super) struct LongPiece {
    /// Where the piece begins in the text.
    start: usize,
    /// Where the text ends that has its tokens here.
    end: usize,
    tokens: JoinedTokens,
    /// Where the hidden middle belongs.
    cut: usize,
    hidden: String,
}

impl LongPiece {
    /// The piece that begins at `start` and ends with the text. Hides its middle.
    pub(super) fn new(
        text: &mut String,
        start: usize,
        tokenizer: &Tokenizer,
        merger: &mut Merger,
    ) -> Self {
        let cut = text.floor_char_boundary(start + SEEN);
        let (tokens, hidden) = (JoinedTokens::default(), String::new());
        let mut this = Self { start, end: start, tokens, cut, hidden };
        this.grow(text, tokenizer, merger);
        this
    }

    pub(super) fn count(&self) -> usize {
        self.tokens.tokens().len()
    }

    /// Takes what the text has more, if the piece still ends with it: `start` and `end` are those of the text's last
    /// piece.
    pub(super) fn takes(
        &mut self,
        start: usize,
        text: &mut String,
        tokenizer: &Tokenizer,
        merger: &mut Merger,
    ) -> bool {
        let goes_on = start == self.start;
        if goes_on {
            self.grow(text, tokenizer, merger);
        }
        goes_on
    }

    fn grow(&mut self, text: &mut String, tokenizer: &Tokenizer, merger: &mut Merger) {
        self.tokens.push(merger, tokenizer.vocabulary(), &text.as_bytes()[self.end..]);
        let tail = text.floor_char_boundary(text.len().saturating_sub(SEEN));
        if tail > self.cut + MOST_SEEN
            && tokenizer.splitter().may_forget(&text[self.start..self.cut], &text[self.cut..])
        {
            self.hidden.extend(text.drain(self.cut..tail));
        }
        self.end = text.len();
    }

    /// The text with what was hidden.
    pub(super) fn restore(self, text: &mut String) {
        text.insert_str(self.cut, &self.hidden);
    }
}
