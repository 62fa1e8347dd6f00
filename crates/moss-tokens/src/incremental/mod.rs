//! Counting a text that grows.

mod long_piece;

use std::fmt;

use crate::Encoding;
use crate::merge::Merger;
use long_piece::LongPiece;

/// How many pieces at the end of a text what follows may still change. Two are: a run of white space that gave its last
/// character away, or a word and the apostrophe behind it. One more is kept out of caution.
const OPEN_PIECES: usize = 3;

/// From this length on, a piece is kept put together, instead of being put together each time.
const LONG: usize = 2048;

/// Counts the tokens of a text that comes in pieces: [`count`](Self::count) is what [`Encoding::count`] says of all of it, at any
/// time, and costs what came since it was last asked, not what was there before. (Where a piece of many thousand bytes changes
/// its kind on the way, as a run of capitals that goes on in small letters does, it costs that piece.)
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
    /// The last piece of `open`, if it is long. Its middle is not in `open` then.
    long: Option<LongPiece>,
    merger: Merger,
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
            long: None,
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
        if let Some(mut long) = self.long.take() {
            if let Some(count) = self.count_grown(&mut long) {
                self.long = Some(long);
                return count;
            }
            long.restore(&mut self.open);
        }
        let tokenizer = self.encoding.tokenizer();
        let mut last: [&str; OPEN_PIECES] = [""; OPEN_PIECES];
        for piece in tokenizer.splitter().pieces(&self.open) {
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
        let start: usize = before.iter().map(|piece| piece.len()).sum();
        let (kept, is_long) = (start + end.len(), end.len() > LONG);
        if !end.is_empty() && !is_long {
            count += tokenizer.count_piece(&mut self.merger, end);
        }
        self.open.drain(..self.open.len() - kept);
        if is_long {
            let long = LongPiece::new(&mut self.open, start, tokenizer, &mut self.merger);
            count += long.count();
            self.long = Some(long);
        }
        count
    }

    /// Counts when all that came belongs to the long piece at the end; `None` when it does not.
    fn count_grown(&mut self, long: &mut LongPiece) -> Option<usize> {
        let tokenizer = self.encoding.tokenizer();
        let (mut count, mut at, mut start) = (0, 0, 0);
        for piece in tokenizer.splitter().pieces(&self.open) {
            start = at;
            at += piece.len();
            if at < self.open.len() {
                // A long piece that is no longer the last one.
                if piece.len() > LONG / 2 {
                    return None;
                }
                count += tokenizer.count_piece(&mut self.merger, piece);
            }
        }
        let takes = long.takes(start, &mut self.open, tokenizer, &mut self.merger);
        takes.then(|| count + long.count())
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
