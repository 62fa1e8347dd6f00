//! How the body of a streamed answer is cut into frames: sans-IO, fed bytes that may be cut anywhere.

mod aws;
mod lines;

use thiserror::Error;

use lines::LinesDecoder;

use crate::wire::Frame;
use crate::{SseDecoder, SseError, SseEvent};
pub use aws::AwsEventStreamDecoder;

/// How a wire cuts a streamed answer into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events: `text/event-stream`.
    EventStream,
    /// A JSON value a line: `application/x-ndjson`.
    Lines,
    /// Amazon's binary messages: `application/vnd.amazon.eventstream`.
    AwsEventStream,
}

impl Framing {
    /// The content type of such an answer.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::EventStream => "text/event-stream",
            Self::Lines => "application/x-ndjson",
            Self::AwsEventStream => "application/vnd.amazon.eventstream",
        }
    }

    /// A decoder for one answer.
    #[must_use]
    pub fn decoder(self) -> Box<dyn FrameDecoder> {
        match self {
            Self::EventStream => Box::new(SseDecoder::default()),
            Self::Lines => Box::new(LinesDecoder::default()),
            Self::AwsEventStream => Box::new(AwsEventStreamDecoder::default()),
        }
    }
}

/// Cuts one answer into frames. Push a piece, then take frames until there is none, and so on; at the end of
/// the bytes take what [`finish`](Self::finish) gives until there is none.
pub trait FrameDecoder: Send {
    /// Takes in bytes.
    fn push(&mut self, bytes: &[u8]);

    /// The next whole frame; `None` until more bytes are pushed.
    ///
    /// # Errors
    /// [`FrameError`], after which the answer cannot be read on.
    fn next_frame(&mut self) -> Result<Option<FramePiece<'_>>, FrameError>;

    /// The next frame after the end of the bytes; `None` when there is none left.
    ///
    /// # Errors
    /// As [`next_frame`](Self::next_frame).
    fn finish(&mut self) -> Result<Option<FramePiece<'_>>, FrameError>;
}

/// One frame, or what the end of the stream left of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePiece<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// Whether its end came. `false` only for a frame that the end of the stream cut off.
    pub terminated: bool,
}

/// Why a stream cannot be cut into frames any further.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// One frame is larger than the decoder may keep.
    #[error(
        "a frame of the stream is larger than {limit} bytes; raise the decoder's limit if the sender may send that"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The bytes are not what the framing allows.
    #[error("the stream is damaged: {problem}")]
    Damaged {
        /// What is wrong.
        problem: String,
    },
}

impl From<SseError> for FrameError {
    fn from(error: SseError) -> Self {
        match error {
            SseError::TooLarge { limit } => Self::TooLarge { limit },
        }
    }
}

impl<'a> From<SseEvent<'a>> for FramePiece<'a> {
    fn from(event: SseEvent<'a>) -> Self {
        Self { terminated: event.terminated, frame: event.into() }
    }
}

impl FrameDecoder for SseDecoder {
    fn push(&mut self, bytes: &[u8]) {
        Self::push(self, bytes);
    }

    fn next_frame(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        Ok(self.next_event()?.map(FramePiece::from))
    }

    fn finish(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        Ok(Self::finish(self)?.map(FramePiece::from))
    }
}
