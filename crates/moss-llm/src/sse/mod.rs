//! Server-sent events, sans-IO: bytes in, events out.

mod decoder;

pub use decoder::SseDecoder;

use thiserror::Error;

/// One event of an event stream, borrowed from the decoder that read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The event's type as the stream names it; empty where it names none, which stands for `message`.
    pub event: &'a str,
    /// The data: all `data` lines of the event, joined with a line feed. Bytes, as they came: whoever reads
    /// them judges whether they are UTF-8.
    pub data: &'a [u8],
    /// The last id that the stream gave, in this event or an earlier one; empty before the first.
    pub last_event_id: &'a str,
    /// Whether the blank line came that ends an event. `false` only for an event that the end of the stream
    /// cut off: its data may be whole or broken.
    pub terminated: bool,
}

/// Why an event stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SseError {
    /// One event, or one line, is larger than the decoder may keep.
    #[error(
        "an event of the stream is larger than {limit} bytes; raise the decoder's limit if the sender may send that"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}
