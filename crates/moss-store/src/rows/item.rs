//! Rows of logs and their items.

use bytes::Bytes;
use moss_graph::checkpoint::{Blob, StoreError};

use super::sum::Sum;
use super::{LogKey, blob, damaged, signed, unsigned};

/// A log: the first items of another one, if any, and its own behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) key: LogKey,
    /// The log it begins with, and how many items of that.
    pub(crate) parent: Option<(LogKey, usize)>,
}

impl Log {
    /// The index of the first item of its own.
    pub(crate) fn first(&self) -> usize {
        self.parent.map_or(0, |(_, length)| length)
    }
}

/// The columns of a log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredLog {
    pub(crate) key: i64,
    pub(crate) parent: Option<i64>,
    pub(crate) parent_length: Option<i64>,
    pub(crate) sum: i64,
}

impl StoredLog {
    pub(crate) fn encode(log: Log) -> Self {
        let mut stored = Self {
            key: log.key.0,
            parent: log.parent.map(|(parent, _)| parent.0),
            parent_length: log.parent.map(|(_, length)| signed(length)),
            sum: 0,
        };
        stored.sum = stored.sum();
        stored
    }

    pub(crate) fn decode(self) -> Result<Log, StoreError> {
        let parent = match (self.parent, self.parent_length) {
            _ if self.sum() != self.sum => return Err(damaged("a log is not as it was written")),
            (Some(parent), Some(length)) => {
                Some((LogKey(parent), unsigned("the length of a log", length)?))
            }
            (Some(_), None) | (None, _) => None,
        };
        Ok(Log { key: LogKey(self.key), parent })
    }

    fn sum(&self) -> i64 {
        Sum::of("log")
            .number(self.key)
            .optional(self.parent, Sum::number)
            .optional(self.parent_length, Sum::number)
            .finish()
    }
}

/// The columns of an item.
#[derive(Debug, Clone)]
pub(crate) struct StoredItem {
    pub(crate) log: i64,
    pub(crate) index: i64,
    pub(crate) format: i64,
    pub(crate) value: Bytes,
    pub(crate) sum: i64,
}

impl StoredItem {
    pub(crate) fn encode(log: LogKey, index: usize, value: &Blob) -> Self {
        let mut stored = Self {
            log: log.0,
            index: signed(index),
            format: value.format().number().into(),
            value: value.bytes().clone(),
            sum: 0,
        };
        stored.sum = stored.sum();
        stored
    }

    pub(crate) fn decode(self) -> Result<Blob, StoreError> {
        if self.sum() != self.sum {
            return Err(damaged(format!("item {} of a log is not as it was written", self.index)));
        }
        blob("an item of a log", self.format, self.value)
    }

    fn sum(&self) -> i64 {
        Sum::of("item")
            .number(self.log)
            .number(self.index)
            .number(self.format)
            .bytes(&self.value)
            .finish()
    }
}
