//! The event-stream state machine.

use std::ops::Range;
use std::time::Duration;

use memchr::{memchr, memchr2};

use super::{SseError, SseEvent};

/// Reads an event stream (`text/event-stream`) from byte slices that may be cut anywhere, by the rules of
/// the WHATWG HTML standard, section 9.2.6: lines end with LF, CR or CRLF; a byte-order mark at the start
/// and comments are skipped; several `data` lines join with a line feed; an event without `data` is none.
///
/// It departs from the standard in two points. Data stays bytes, so that a reader can refuse what is not
/// UTF-8. And an event that the end of the stream cuts off is not thrown away: [`finish`](Self::finish)
/// hands it out, marked as [not terminated](SseEvent::terminated), since some providers forget the last
/// blank line.
///
/// Push a piece, then take events until there is none, and so on:
///
/// ```
/// use moss_llm::SseDecoder;
///
/// let mut decoder = SseDecoder::default();
/// let mut seen = Vec::new();
/// for piece in [&b"data: on"[..], b"e\n\ndata: two"] {
///     decoder.push(piece);
///     while let Some(event) = decoder.next_event()? {
///         seen.push(event.data.to_vec());
///     }
/// }
/// while let Some(event) = decoder.finish()? {
///     seen.push(event.data.to_vec());
/// }
/// assert_eq!(seen, [b"one", b"two"]);
/// # Ok::<(), moss_llm::SseError>(())
/// ```
///
/// An event of one `data` line, which is what providers send, is scanned once and borrowed from the buffer.
/// Memory is bounded by the limit and one pushed piece, as long as events are taken after each push.
#[derive(Debug, Clone)]
pub struct SseDecoder {
    limit: usize,
    buffer: Vec<u8>,
    /// Where the line that is being read begins.
    line: usize,
    /// Up to where that line has been searched for its end.
    searched: usize,
    /// A CR ended the last line: an LF that follows belongs to it.
    after_cr: bool,
    at_start: bool,
    ended: bool,
    failed: bool,
    data: Data,
    /// What [`next_event`](Self::next_event) handed out last, kept until it is called again.
    event: String,
    event_is_out: bool,
    id: String,
    retry: Option<Duration>,
}

/// The data of the event that is being read.
#[derive(Debug, Clone)]
enum Data {
    /// No `data` line yet.
    None,
    /// One line, still in the buffer.
    Line(Range<usize>),
    /// Several, joined.
    Joined(Vec<u8>),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Line(range) => range.len(),
            Self::Joined(bytes) => bytes.len(),
        }
    }
}

impl Default for SseDecoder {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

impl SseDecoder {
    /// The default limit of an event: 8 MiB.
    pub const DEFAULT_LIMIT: usize = 8 << 20;

    /// A decoder at the start of a stream. `max_event_bytes` bounds a line, and the data of an event.
    #[must_use]
    pub const fn new(max_event_bytes: usize) -> Self {
        Self {
            limit: max_event_bytes,
            buffer: Vec::new(),
            line: 0,
            searched: 0,
            after_cr: false,
            at_start: true,
            ended: false,
            failed: false,
            data: Data::None,
            event: String::new(),
            event_is_out: false,
            id: String::new(),
            retry: None,
        }
    }

    /// Takes the next piece of the stream. After an error or [`finish`](Self::finish) it takes nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.ended || self.failed {
            return;
        }
        self.forget_read();
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole event, if it has come.
    ///
    /// # Errors
    /// [`SseError::TooLarge`]; the decoder then gives nothing but this error.
    pub fn next_event(&mut self) -> Result<Option<SseEvent<'_>>, SseError> {
        if self.event_is_out {
            self.event_is_out = false;
            self.event.clear();
            self.data = Data::None;
        }
        while let Some(line) = self.next_line()? {
            if !line.is_empty() {
                self.field(line);
            } else if matches!(self.data, Data::None) {
                self.event.clear();
            } else {
                self.event_is_out = true;
                return Ok(Some(self.current(true)));
            }
        }
        if self.ended {
            // Only `finish` gets here: what stands in the buffer is a last line without an end.
            let line = self.line..self.buffer.len();
            self.line = line.end;
            self.searched = line.end;
            if !line.is_empty() {
                self.field(line);
            }
            if !matches!(self.data, Data::None) {
                self.event_is_out = true;
                return Ok(Some(self.current(false)));
            }
        }
        Ok(None)
    }

    /// Ends the stream and gives what is left: events not yet taken, then the one that the end cut off. Call
    /// it until it gives none.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    pub fn finish(&mut self) -> Result<Option<SseEvent<'_>>, SseError> {
        self.ended = true;
        self.next_event()
    }

    /// How long the stream asks to wait before reconnecting, if it did.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn current(&self, terminated: bool) -> SseEvent<'_> {
        let data = match &self.data {
            Data::None => &[][..],
            Data::Line(range) => &self.buffer[range.clone()],
            Data::Joined(bytes) => bytes,
        };
        SseEvent { event: &self.event, data, last_event_id: &self.id, terminated }
    }

    /// The range of the next whole line, without its end.
    fn next_line(&mut self) -> Result<Option<Range<usize>>, SseError> {
        if self.failed {
            return Err(SseError::TooLarge { limit: self.limit });
        }
        if self.at_start && !self.skip_byte_order_mark() {
            return Ok(None);
        }
        if self.after_cr {
            match self.buffer.get(self.line) {
                None => return Ok(None),
                Some(b'\n') => {
                    self.line += 1;
                    self.searched = self.searched.max(self.line);
                }
                Some(_) => {}
            }
            self.after_cr = false;
        }
        let found = memchr2(b'\n', b'\r', &self.buffer[self.searched..]);
        let end = found.map_or(self.buffer.len(), |offset| self.searched + offset);
        let line = self.line..end;
        if self.data.len().saturating_add(line.len()) > self.limit {
            self.failed = true;
            self.buffer = Vec::new();
            self.data = Data::None;
            return Err(SseError::TooLarge { limit: self.limit });
        }
        if found.is_none() {
            self.searched = end;
            return Ok(None);
        }
        self.after_cr = self.buffer[end] == b'\r';
        self.line = end + 1;
        self.searched = self.line;
        Ok(Some(line))
    }

    /// Whether the start is behind us: a mark was skipped, or there is none.
    fn skip_byte_order_mark(&mut self) -> bool {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.buffer.len() < MARK.len() && MARK.starts_with(&self.buffer) && !self.ended {
            return false;
        }
        self.at_start = false;
        if self.buffer.starts_with(MARK) {
            self.line = MARK.len();
            self.searched = MARK.len();
        }
        true
    }

    fn field(&mut self, line: Range<usize>) {
        let bytes = &self.buffer[line.clone()];
        // The usual line needs no search for the colon.
        let (name, value) = match bytes.strip_prefix(b"data:") {
            Some(_) => (&b"data"[..], line.start + 5),
            None => match memchr(b':', bytes) {
                Some(colon) => (&bytes[..colon], line.start + colon + 1),
                None => (bytes, line.end),
            },
        };
        let value = match self.buffer.get(value) {
            Some(b' ') if value < line.end => value + 1..line.end,
            _ => value..line.end,
        };
        match name {
            b"data" => self.add_data(value),
            b"event" => {
                self.event.clear();
                self.event.push_str(&String::from_utf8_lossy(&self.buffer[value]));
            }
            b"id" if memchr(0, &self.buffer[value.clone()]).is_none() => {
                self.id.clear();
                self.id.push_str(&String::from_utf8_lossy(&self.buffer[value]));
            }
            b"retry" => {
                let digits = &self.buffer[value];
                if digits.iter().all(u8::is_ascii_digit)
                    && let Some(millis) = str::from_utf8(digits).ok().and_then(|d| d.parse().ok())
                {
                    self.retry = Some(Duration::from_millis(millis));
                }
            }
            // A comment has an empty name; the standard ignores other fields.
            _ => {}
        }
    }

    fn add_data(&mut self, value: Range<usize>) {
        self.data = match std::mem::replace(&mut self.data, Data::None) {
            Data::None => Data::Line(value),
            Data::Line(first) => {
                let mut joined = Vec::with_capacity(2 * (first.len() + value.len()));
                joined.extend_from_slice(&self.buffer[first]);
                joined.push(b'\n');
                joined.extend_from_slice(&self.buffer[value]);
                Data::Joined(joined)
            }
            Data::Joined(mut joined) => {
                joined.push(b'\n');
                joined.extend_from_slice(&self.buffer[value]);
                Data::Joined(joined)
            }
        };
    }

    /// Drops the bytes that no event needs any more. What is kept is at most one unfinished event.
    fn forget_read(&mut self) {
        if self.event_is_out {
            self.event_is_out = false;
            self.event.clear();
            self.data = Data::None;
        }
        // The first line of an event waits in the buffer for the event's end.
        let keep = match &self.data {
            Data::Line(range) => range.start,
            Data::None | Data::Joined(_) => self.line,
        };
        // Moving a long tail for each small piece would be quadratic.
        if keep == self.buffer.len() {
            self.buffer.clear();
        } else if keep >= self.buffer.len() / 2 {
            self.buffer.drain(..keep);
        } else {
            return;
        }
        self.line -= keep;
        self.searched -= keep;
        if let Data::Line(range) = &mut self.data {
            *range = range.start - keep..range.end - keep;
        }
    }
}
