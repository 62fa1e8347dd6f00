//! Rows of what channels have become.

use bytes::Bytes;
use moss_graph::checkpoint::{Blob, ChannelName, StoreError};

use super::sum::Sum;
use super::{BranchKey, LogKey, Point, blob, damaged, signed, unsigned};

/// What a channel has become at a point.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) point: Point,
    pub(crate) channel: ChannelName,
    pub(crate) state: ChangeState,
}

#[derive(Debug, Clone)]
pub(crate) enum ChangeState {
    Value(Blob),
    Log { log: LogKey, length: usize },
    Cleared,
}

/// A change without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) point: Point,
    pub(crate) channel: ChannelName,
    pub(crate) state: MarkState,
    pub(crate) sum: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkState {
    Value,
    Log { log: LogKey, length: usize },
    Cleared,
}

/// A digest of a set of changes, whatever their order. Adding a change that is in it takes it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Digest(pub(crate) i64);

impl Digest {
    /// With a change of this checksum added or taken out.
    #[must_use]
    pub(crate) const fn toggle(self, sum: i64) -> Self {
        // The last steps of SplitMix64: checksums must not cancel out bit by bit.
        let mut mixed = (sum as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(self.0 ^ (mixed ^ (mixed >> 31)) as i64)
    }
}

const VALUE: i64 = 0;
const LOG: i64 = 1;
const CLEARED: i64 = 2;

/// The columns of a change.
#[derive(Debug, Clone)]
pub(crate) struct StoredChange {
    pub(crate) branch: i64,
    pub(crate) seq: i64,
    pub(crate) channel: ChannelName,
    pub(crate) kind: i64,
    pub(crate) log: Option<i64>,
    pub(crate) length: Option<i64>,
    pub(crate) format: Option<i64>,
    pub(crate) value: Option<Bytes>,
    pub(crate) sum: i64,
}

impl StoredChange {
    pub(crate) fn encode(change: Change) -> Self {
        let (kind, log, length, format, value) = match change.state {
            ChangeState::Value(blob) => {
                let format = blob.format().number().into();
                (VALUE, None, None, Some(format), Some(blob.into_bytes()))
            }
            ChangeState::Log { log, length } => {
                (LOG, Some(log.0), Some(signed(length)), None, None)
            }
            ChangeState::Cleared => (CLEARED, None, None, None, None),
        };
        let mut stored = Self {
            branch: change.point.branch.0,
            seq: change.point.seq,
            channel: change.channel,
            kind,
            log,
            length,
            format,
            value,
            sum: 0,
        };
        stored.sum = stored.sum();
        stored
    }

    pub(crate) fn decode(self) -> Result<(Mark, Change), StoreError> {
        let mark = self.mark()?;
        let (point, channel) = (mark.point, mark.channel.clone());
        let state = match mark.state {
            MarkState::Log { log, length } => ChangeState::Log { log, length },
            MarkState::Cleared => ChangeState::Cleared,
            MarkState::Value => {
                if self.sum() != self.sum {
                    return Err(self.changed());
                }
                let (Some(format), Some(value)) = (self.format, self.value) else {
                    return Err(damaged(format!("the channel `{channel}` has no value")));
                };
                ChangeState::Value(blob("a channel's value", format, value)?)
            }
        };
        Ok((mark, Change { point, channel, state }))
    }

    /// The change without its value, which need not have been read.
    pub(crate) fn mark(&self) -> Result<Mark, StoreError> {
        // What a value's row says is told wrong by the digest. What a log's row says goes into the next one.
        if self.kind != VALUE && self.sum() != self.sum {
            return Err(self.changed());
        }
        self.mark_as_written()
    }

    /// The change without its value, where it cannot have been damaged since it was encoded.
    pub(crate) fn mark_as_written(&self) -> Result<Mark, StoreError> {
        let state = match (self.kind, self.log, self.length) {
            (VALUE, _, _) => MarkState::Value,
            (LOG, Some(log), Some(length)) => MarkState::Log {
                log: LogKey(log),
                length: unsigned("the length of a log", length)?,
            },
            (CLEARED, _, _) => MarkState::Cleared,
            (_, _, _) => return Err(self.changed()),
        };
        Ok(Mark {
            point: Point { branch: BranchKey(self.branch), seq: self.seq },
            channel: self.channel.clone(),
            state,
            sum: self.sum,
        })
    }

    fn changed(&self) -> StoreError {
        damaged(format!(
            "the channel `{}` is not as it was written",
            self.channel.as_str().escape_debug()
        ))
    }

    fn sum(&self) -> i64 {
        Sum::of("change")
            .number(self.branch)
            .number(self.seq)
            .text(self.channel.as_str())
            .number(self.kind)
            .optional(self.log, Sum::number)
            .optional(self.length, Sum::number)
            .optional(self.format, Sum::number)
            .optional(self.value.as_deref(), Sum::bytes)
            .finish()
    }
}
