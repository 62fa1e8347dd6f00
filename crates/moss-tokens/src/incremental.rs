//! Counting a text that grows.

use std::fmt;

use crate::Encoding;
use crate::joined::JoinedTokens;
use crate::merge::Merger;

/// How many pieces at the end of a text what follows may still change. Two are: a run of white space that gave its last
/// character away, or a word and the apostrophe behind it. One more is kept out of caution.
const OPEN_PIECES: usize = 3;

/// From this length on, a piece is kept put together, instead of being put together each time.
const LONG: usize = 256;

/// Counts the tokens of a text that comes in pieces: [`count`](Self::count) is what [`Encoding::count`] says of all of it, at any
/// time, and costs what came since it was last asked, not what was there before.
///
/// Only what is still open is kept of the text: its last words.
pub struct IncrementalCounter {
    encoding: Encoding,
    /// How many tokens of the text are sure.
    settled: usize,
    /// The text behind them.
    open: String,
    /// The tokens of `open`, unless text has come since they were counted.
    counted: Option<usize>,
    long: LongPiece,
    merger: Merger,
}

/// A long piece at the end of the text.
#[derive(Default)]
struct LongPiece {
    text: String,
    tokens: JoinedTokens,
}

impl IncrementalCounter {
    /// A counter of an empty text.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            settled: 0,
            open: String::new(),
            counted: Some(0),
            long: LongPiece::default(),
            merger: Merger::default(),
        }
    }

    /// The encoding that counts.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Lets the text grow.
    pub fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.open.push_str(text);
            self.counted = None;
        }
    }

    /// How many tokens the whole text has.
    pub fn count(&mut self) -> usize {
        let open = match self.counted {
            Some(open) => open,
            None => {
                let open = self.count_open();
                self.counted = Some(open);
                open
            }
        };
        self.settled + open
    }

    /// Settles all but the last pieces, and counts those.
    fn count_open(&mut self) -> usize {
        let tokenizer = self.encoding.tokenizer();
        let open = std::mem::take(&mut self.open);
        let mut last: [&str; OPEN_PIECES] = [""; OPEN_PIECES];
        for piece in tokenizer.splitter().pieces(&open) {
            let [settled, ..] = last;
            if !settled.is_empty() {
                self.settled += tokenizer.count_piece(&mut self.merger, settled);
            }
            last.rotate_left(1);
            last[OPEN_PIECES - 1] = piece;
        }
        let [before @ .., end] = last;
        let mut count = 0;
        for piece in before.into_iter().filter(|piece| !piece.is_empty()) {
            count += tokenizer.count_piece(&mut self.merger, piece);
        }
        if !end.is_empty() {
            count += self.count_end(end);
        }
        let kept: usize = last.iter().map(|piece| piece.len()).sum();
        self.open = open;
        self.open.drain(..self.open.len() - kept);
        count
    }

    /// Counts the last piece, which may be a longer form of the one that was last last time.
    fn count_end(&mut self, piece: &str) -> usize {
        let tokenizer = self.encoding.tokenizer();
        if piece.len() <= LONG {
            return tokenizer.count_piece(&mut self.merger, piece);
        }
        let vocabulary = tokenizer.vocabulary();
        if vocabulary.rank(piece.as_bytes()) != crate::vocabulary::NO_RANK {
            return 1;
        }
        let LongPiece { text, tokens } = &mut self.long;
        let new = match piece.strip_prefix(text.as_str()) {
            Some(new) => new,
            None => {
                text.clear();
                tokens.clear();
                piece
            }
        };
        tokens.push(&mut self.merger, vocabulary, new.as_bytes());
        text.push_str(new);
        tokens.tokens().len()
    }
}

impl fmt::Debug for IncrementalCounter {
    /// Shows how far it is, and nothing of the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncrementalCounter")
            .field("encoding", &self.encoding)
            .field("settled", &self.settled)
            .field("open_bytes", &self.open.len())
            .finish_non_exhaustive()
    }
}
