//! Ids of checkpoints.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Epoch, Timestamp};

/// Bits of the time in an id: milliseconds since 1970, in front.
const TIME_SHIFT: u32 = 80;
const LOW_BITS: u32 = 62;
const LOW: u128 = (1 << LOW_BITS) - 1;
/// How many ids a run may make in one millisecond before they look like a later run's; and how much of an epoch there
/// is room for in front of that.
const COUNTER_BITS: u32 = 32;
const EPOCH: u64 = (1 << 42) - 1;
/// How long an id is as text, and where its hyphens are.
const TEXT_BYTES: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// The version (7) and the variant of a UUID, which every id holds at the same place.
const MARKS: u128 = (0x7 << 76) | (0b10 << LOW_BITS);
const MARK_BITS: u128 = (0xf << 76) | (0b11 << LOW_BITS);

/// The id of a checkpoint: a UUID of version 7, so ids sort by the time they were made, as text too.
///
/// Ids are unique within a namespace of a thread, and each is greater than the one before, also when the clock
/// is set back: [`CheckpointId::next`] is told the last one. They hold no randomness, so a run that is played
/// again with the same clock has the same ids; ids of different threads may be equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckpointId(u128);

/// A text or bytes that are no checkpoint id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is no checkpoint id, which is a UUID of version 7 in lower case with hyphens")]
pub struct InvalidCheckpointId;

impl CheckpointId {
    /// The id of a checkpoint made `now`, greater than `last`: the greatest id that is in use. One `last` for all
    /// namespaces of a run puts all its checkpoints into one order.
    #[must_use]
    pub fn next(last: Option<Self>, now: Timestamp) -> Self {
        Self::after(last, Self::from_parts(now.as_millis(), 0))
    }

    /// The id of a checkpoint that a run makes `now`, as [`next`](Self::next), and none that an earlier run on the
    /// thread has made, be it stored or not: it holds the epoch of the run's lease, and each run has a later one. So
    /// what a run left behind that crashed is not taken for another's, though both ran in one millisecond.
    #[must_use]
    pub fn next_in(epoch: Epoch, last: Option<Self>, now: Timestamp) -> Self {
        let counter = u128::from(epoch.number() & EPOCH) << COUNTER_BITS;
        Self::after(last, Self::from_parts(now.as_millis(), counter))
    }

    /// `fresh`, if it is greater than `last`; else the one behind `last`.
    fn after(last: Option<Self>, fresh: Self) -> Self {
        match last {
            Some(last) if last >= fresh => last.successor(),
            Some(_) | None => fresh,
        }
    }

    /// Whether it is one of those that [`next_in`](Self::next_in) makes for an epoch, and did not have to be put behind
    /// another's, since the clock was set back.
    pub(crate) fn is_of(self, epoch: Epoch) -> bool {
        (self.counter() >> COUNTER_BITS) & u128::from(EPOCH) == u128::from(epoch.number() & EPOCH)
    }

    /// When the checkpoint was made, by the clock of who made it; later where that clock had been set back.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> TIME_SHIFT) as u64)
    }

    /// The id as 16 bytes, which sort as ids do.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id in 16 bytes.
    ///
    /// # Errors
    /// [`InvalidCheckpointId`] when they are not those of a UUID of version 7.
    pub const fn from_bytes(bytes: [u8; 16]) -> Result<Self, InvalidCheckpointId> {
        let number = u128::from_be_bytes(bytes);
        if number & MARK_BITS == MARKS { Ok(Self(number)) } else { Err(InvalidCheckpointId) }
    }

    const fn from_parts(millis: u64, counter: u128) -> Self {
        let (high, low) = (counter >> LOW_BITS, counter & LOW);
        Self(((millis as u128) << TIME_SHIFT) | (high << 64) | low | MARKS)
    }

    const fn counter(self) -> u128 {
        ((self.0 >> 64) & 0xfff) << LOW_BITS | (self.0 & LOW)
    }

    const fn successor(self) -> Self {
        let millis = (self.0 >> TIME_SHIFT) as u64;
        let counter = self.counter();
        if counter == (0xfff << LOW_BITS | LOW) {
            Self::from_parts(millis + 1, 0)
        } else {
            Self::from_parts(millis, counter + 1)
        }
    }
}

impl fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // Each task that runs a subgraph writes one into a name.
        let mut text = [b'-'; TEXT_BYTES];
        let mut rest = self.0;
        for (place, byte) in text.iter_mut().enumerate().rev() {
            if !HYPHENS.contains(&place) {
                *byte = DIGITS[(rest & 0xf) as usize];
                rest >>= 4;
            }
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointId({self})")
    }
}

impl FromStr for CheckpointId {
    type Err = InvalidCheckpointId;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpointId> {
        let mut number: u128 = 0;
        if text.len() != TEXT_BYTES {
            return Err(InvalidCheckpointId);
        }
        for (place, byte) in text.bytes().enumerate() {
            let digit = match (HYPHENS.contains(&place), byte) {
                (true, b'-') => continue,
                (false, b'0'..=b'9') => byte - b'0',
                (false, b'a'..=b'f') => byte - b'a' + 10,
                (_, _) => return Err(InvalidCheckpointId),
            };
            number = number << 4 | u128::from(digit);
        }
        Self::from_bytes(number.to_be_bytes())
    }
}
