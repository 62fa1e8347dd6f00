//! Rows of pending writes.

use bytes::Bytes;
use moss_graph::checkpoint::{PendingWrite, StoreError, TaskKey, WriteKind};

use super::sum::Sum;
use super::{Point, blob, damaged, unsigned};

/// The columns of a pending write.
#[derive(Debug, Clone)]
pub(crate) struct StoredWrite {
    pub(crate) branch: i64,
    pub(crate) seq: i64,
    pub(crate) task: String,
    pub(crate) kind: i64,
    pub(crate) index: i64,
    pub(crate) format: i64,
    pub(crate) value: Bytes,
    pub(crate) sum: i64,
}

impl StoredWrite {
    pub(crate) fn encode(point: Point, write: &PendingWrite) -> Self {
        let mut stored = Self {
            branch: point.branch.0,
            seq: point.seq,
            task: write.task.as_str().to_owned(),
            kind: write.kind.number().into(),
            index: write.index.into(),
            format: write.value.format().number().into(),
            value: write.value.bytes().clone(),
            sum: 0,
        };
        stored.sum = stored.sum();
        stored
    }

    pub(crate) fn decode(self) -> Result<PendingWrite, StoreError> {
        if self.sum() != self.sum {
            return Err(damaged("a pending write is not as it was written"));
        }
        let kind = u8::try_from(self.kind).ok().and_then(WriteKind::from_number);
        Ok(PendingWrite {
            task: TaskKey::from(self.task),
            kind: kind.ok_or_else(|| damaged("a pending write is of an unknown kind"))?,
            index: unsigned("the index of a pending write", self.index)?,
            value: blob("a pending write", self.format, self.value)?,
        })
    }

    fn sum(&self) -> i64 {
        Sum::of("write")
            .number(self.branch)
            .number(self.seq)
            .text(&self.task)
            .number(self.kind)
            .number(self.index)
            .number(self.format)
            .bytes(&self.value)
            .finish()
    }
}
