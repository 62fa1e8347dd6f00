//! Rows of logs and their items.

use bytes::Bytes;
use moss_graph::checkpoint::{Blob, StoreError};

use super::sum::Sum;
use super::{LogKey, blob, damaged, pack, signed, unsigned};

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

/// The format of a row that holds several items. No blob's format has so large a number.
const PACK: i64 = 1 << 16;

/// The columns of a row of items: of one, or of several that were put behind a log together.
#[derive(Debug, Clone)]
pub(crate) struct StoredItems {
    pub(crate) log: i64,
    /// The index of the last of them, so that the row with an item is the first whose number is not below the item's.
    pub(crate) last: i64,
    pub(crate) format: i64,
    pub(crate) value: Bytes,
    pub(crate) sum: i64,
}

impl StoredItems {
    /// The rows of items that stand in a log from index `first` on.
    pub(crate) fn encode(log: LogKey, first: usize, items: &[Blob]) -> Vec<Self> {
        let mut next = first;
        let row = |part: &[Blob]| {
            next += part.len();
            let (format, value) = match part {
                [item] => (item.format().number().into(), item.bytes().clone()),
                items => (PACK, pack::encode(items)),
            };
            let mut stored = Self { log: log.0, last: signed(next) - 1, format, value, sum: 0 };
            stored.sum = stored.sum();
            stored
        };
        pack::parts(items).map(row).collect()
    }

    /// The items, with the index of the first.
    pub(crate) fn decode(self) -> Result<(usize, Vec<Blob>), StoreError> {
        let changed = || {
            damaged(format!("the items of a log up to {} are not as they were written", self.last))
        };
        if self.sum() != self.sum {
            return Err(changed());
        }
        let what = "an item of a log";
        let items = if self.format == PACK {
            let items = pack::decode(&self.value).ok_or_else(changed)?.into_iter();
            items
                .map(|(format, bytes)| blob(what, format.into(), bytes))
                .collect::<Result<_, _>>()?
        } else {
            vec![blob(what, self.format, self.value.clone())?]
        };
        let first = self.last + 1 - signed(items.len());
        Ok((unsigned("the index of an item", first)?, items))
    }

    fn sum(&self) -> i64 {
        Sum::of("item")
            .number(self.log)
            .number(self.last)
            .number(self.format)
            .bytes(&self.value)
            .finish()
    }
}
