//! One JSON value a line: `application/x-ndjson`.

use std::ops::Range;

use memchr::memchr;

use super::{FrameDecoder, FrameError, FramePiece};
use crate::wire::Frame;

/// Cuts a body at its line feeds. A carriage return before one belongs to it, blank lines say nothing, and a line
/// that the end cuts off is handed out as such. A line is scanned once and borrowed from the buffer; memory is
/// bounded by the limit and one pushed piece.
#[derive(Debug, Default)]
pub(super) struct LinesDecoder {
    buffer: Vec<u8>,
    /// Where the line that is being read begins.
    start: usize,
    /// Up to where that line has been searched for its end.
    searched: usize,
    failed: bool,
}

/// How long a line may be, in bytes: as long as an event of an event stream.
const LIMIT: usize = crate::SseDecoder::DEFAULT_LIMIT;

impl LinesDecoder {
    /// The next line that is not blank.
    fn next_line(&mut self) -> Result<Option<Range<usize>>, FrameError> {
        if self.failed {
            return Err(FrameError::TooLarge { limit: LIMIT });
        }
        while let Some(offset) = memchr(b'\n', &self.buffer[self.searched..]) {
            let line = self.start..self.searched + offset;
            self.start = line.end + 1;
            self.searched = self.start;
            self.check(line.len())?;
            if !self.buffer[line.clone()].trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
        self.searched = self.buffer.len();
        self.check(self.searched - self.start)?;
        Ok(None)
    }

    fn check(&mut self, length: usize) -> Result<(), FrameError> {
        if length <= LIMIT {
            return Ok(());
        }
        self.failed = true;
        self.buffer = Vec::new();
        (self.start, self.searched) = (0, 0);
        Err(FrameError::TooLarge { limit: LIMIT })
    }

    fn piece(&self, line: Range<usize>, terminated: bool) -> FramePiece<'_> {
        let data = self.buffer[line].trim_ascii();
        FramePiece { frame: Frame { kind: "", data }, terminated }
    }
}

impl FrameDecoder for LinesDecoder {
    fn push(&mut self, bytes: &[u8]) {
        if self.failed {
            return;
        }
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    fn next_frame(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        let line = self.next_line()?;
        Ok(line.map(|line| self.piece(line, true)))
    }

    fn finish(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        if let Some(line) = self.next_line()? {
            return Ok(Some(self.piece(line, true)));
        }
        let line = self.start..self.buffer.len();
        self.start = self.buffer.len();
        let is_blank = self.buffer[line.clone()].trim_ascii().is_empty();
        Ok((!is_blank).then(|| self.piece(line, false)))
    }
}
