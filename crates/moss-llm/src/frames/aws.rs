//! Amazon's binary event stream: `application/vnd.amazon.eventstream`.
//!
//! A message is a prelude of three big-endian words (its whole length, the length of its headers, the CRC-32 of
//! these two), the headers, the payload, and the CRC-32 of all before it. Both checksums are checked, the
//! prelude's before its length is believed.
//!
//! The decoder is our own and not `aws-smithy-eventstream`'s, which is what the tests hold it against: that one
//! copies each header and the payload, while a frame here is borrowed from the buffer, and it has no limit on
//! the length that a sender may announce.

use crate::wire::Frame;
use crate::{FrameDecoder, FrameError, FramePiece};

/// Both lengths and their checksum.
const PRELUDE: usize = 12;

/// The checksum at a message's end.
const TRAILER: usize = 4;

/// Cuts an answer into messages.
///
/// A frame's kind is the message's `:event-type`. What is not an event is marked: an exception's kind is
/// `exception:` and its `:exception-type`; that of an error `error:` and its `:error-code`, and its data are its
/// `:error-message`. Headers beside these are not handed on.
///
/// What the end of the stream leaves of a message becomes a frame without kind that is not terminated.
#[derive(Debug, Clone)]
pub struct AwsEventStreamDecoder {
    limit: usize,
    buffer: Vec<u8>,
    /// Where the next message begins.
    start: usize,
    /// The kind of what is not an event.
    kind: String,
    ended: bool,
    failed: bool,
}

impl AwsEventStreamDecoder {
    /// The default limit of a message, which is that of Amazon's own clients: 24 MiB.
    pub const DEFAULT_LIMIT: usize = 24 << 20;

    /// A decoder at the start of a stream. `max_message_bytes` bounds a message.
    #[must_use]
    pub const fn new(max_message_bytes: usize) -> Self {
        Self {
            limit: max_message_bytes,
            buffer: Vec::new(),
            start: 0,
            kind: String::new(),
            ended: false,
            failed: false,
        }
    }

    /// The length of the message that begins here, once it is here as a whole.
    fn whole(&self) -> Result<Option<Lengths>, FrameError> {
        let bytes = &self.buffer[self.start..];
        let Some(lengths) = Lengths::read(bytes)? else { return Ok(None) };
        if lengths.message > self.limit {
            return Err(FrameError::TooLarge { limit: self.limit });
        }
        Ok((bytes.len() >= lengths.message).then_some(lengths))
    }
}

impl Default for AwsEventStreamDecoder {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

impl FrameDecoder for AwsEventStreamDecoder {
    fn push(&mut self, bytes: &[u8]) {
        if self.ended || self.failed {
            return;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    fn next_frame(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        if self.failed {
            return Ok(None);
        }
        let lengths = match self.whole() {
            Ok(Some(lengths)) => lengths,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.failed = true;
                return Err(error);
            }
        };
        let message = &self.buffer[self.start..self.start + lengths.message];
        self.start += lengths.message;
        match frame(message, lengths, &mut self.kind) {
            Ok(frame) => Ok(Some(FramePiece { frame, terminated: true })),
            Err(problem) => {
                self.failed = true;
                Err(problem)
            }
        }
    }

    fn finish(&mut self) -> Result<Option<FramePiece<'_>>, FrameError> {
        if !self.failed && self.whole()?.is_some() {
            return self.next_frame();
        }
        let rest = self.start..self.buffer.len();
        self.start = self.buffer.len();
        if self.ended || self.failed || rest.is_empty() {
            return Ok(None);
        }
        self.ended = true;
        let frame = Frame { kind: "", data: &self.buffer[rest] };
        Ok(Some(FramePiece { frame, terminated: false }))
    }
}

/// What a prelude says.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    message: usize,
    headers: usize,
}

impl Lengths {
    fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(prelude) = bytes.first_chunk::<PRELUDE>() else { return Ok(None) };
        let [message, headers, checksum] = [0, 4, 8].map(|at| word(prelude, at).unwrap_or(0));
        if crc32fast::hash(&prelude[..8]) != checksum {
            return Err(damaged("the checksum of a message's lengths is wrong"));
        }
        let lengths = Self { message: message as usize, headers: headers as usize };
        if lengths.message < PRELUDE + TRAILER
            || lengths.headers > lengths.message - PRELUDE - TRAILER
        {
            return Err(damaged("a message's lengths contradict each other"));
        }
        Ok(Some(lengths))
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// Reads a whole message.
fn frame<'a>(
    message: &'a [u8],
    lengths: Lengths,
    kind: &'a mut String,
) -> Result<Frame<'a>, FrameError> {
    let (message, checksum) = message.split_at(lengths.message - TRAILER);
    if word(checksum, 0) != Some(crc32fast::hash(message)) {
        return Err(damaged("the checksum of a message is wrong"));
    }
    let (headers, data) = message[PRELUDE..].split_at(lengths.headers);
    let headers = Headers::read(headers)?;
    let mark = match headers.message_type.unwrap_or("event") {
        "event" => {
            let kind = headers.event_type.ok_or_else(|| damaged("an event has no type"))?;
            return Ok(Frame { kind, data });
        }
        "exception" => ("exception:", headers.exception_type, data),
        "error" => ("error:", headers.error_code, headers.error_message.unwrap_or_default()),
        other => return Err(damaged(&format!("a message of the unknown type `{}`", short(other)))),
    };
    let (prefix, name, data) = mark;
    kind.clear();
    kind.push_str(prefix);
    kind.push_str(name.unwrap_or_default());
    Ok(Frame { kind, data })
}

/// The headers that say what a message is.
#[derive(Debug, Default)]
struct Headers<'a> {
    message_type: Option<&'a str>,
    event_type: Option<&'a str>,
    exception_type: Option<&'a str>,
    error_code: Option<&'a str>,
    error_message: Option<&'a [u8]>,
}

impl<'a> Headers<'a> {
    fn read(mut bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut headers = Self::default();
        while !bytes.is_empty() {
            let (name, value) = header(&mut bytes)
                .ok_or_else(|| damaged("a header of a message cannot be read"))?;
            let slot = match name {
                b":message-type" => &mut headers.message_type,
                b":event-type" => &mut headers.event_type,
                b":exception-type" => &mut headers.exception_type,
                b":error-code" => &mut headers.error_code,
                b":error-message" => {
                    headers.error_message = value;
                    continue;
                }
                _ => continue,
            };
            let text = value.and_then(|value| str::from_utf8(value).ok());
            *slot = Some(text.ok_or_else(|| damaged("a header of a message is no text"))?);
        }
        Ok(headers)
    }
}

/// Takes a header off: its name, and its value where that is a text.
fn header<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let length = take(bytes, 1)?[0];
    let name = take(bytes, length.into())?;
    let fixed = match take(bytes, 1)?[0] {
        // True and false.
        0 | 1 => 0,
        // Whole numbers of 1, 2, 4 and 8 bytes, a time, a UUID.
        2 => 1,
        3 => 2,
        4 => 4,
        5 | 8 => 8,
        9 => 16,
        // Bytes, and a text.
        kind @ (6 | 7) => {
            let length = u16::from_be_bytes(*take(bytes, 2)?.first_chunk()?);
            let value = take(bytes, length.into())?;
            return Some((name, (kind == 7).then_some(value)));
        }
        _ => return None,
    };
    take(bytes, fixed)?;
    Some((name, None))
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn damaged(problem: &str) -> FrameError {
    FrameError::Damaged { problem: problem.to_owned() }
}

fn short(text: &str) -> String {
    crate::wire::short(text, 40)
}
