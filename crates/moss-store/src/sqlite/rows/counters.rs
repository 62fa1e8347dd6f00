//! Numbers that only grow.

use moss_graph::checkpoint::StoreError;

use super::SqliteRows;
use crate::rows::damaged;

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum Counter {
    Epoch,
    Log,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Log => "log",
        }
    }

    /// How many numbers are set aside at once: to count each would write one more page whenever a run begins. What is left of
    /// them when the process ends is never given; and there are only so many logs.
    const fn set_aside(self) -> i64 {
        match self {
            Self::Epoch => 64,
            Self::Log => 16,
        }
    }
}

impl SqliteRows<'_> {
    /// A greater number than any before.
    pub(super) fn next_number(&mut self, counter: Counter) -> Result<i64, StoreError> {
        if let Some(number) = self.known.as_deref_mut().and_then(|known| known.number(counter)) {
            return Ok(number);
        }
        let sql = "UPDATE counters SET value = value + ?1 WHERE name = ?2 RETURNING value";
        let count = counter.set_aside();
        let last = self.one(sql, (count, counter.name()), |row| row.get::<_, i64>(0))?;
        let last = last.ok_or_else(|| damaged(format!("no {}s are counted", counter.name())))?;
        let first = last - count + 1;
        self.note(|known| known.set_numbers(counter, first + 1..last + 1));
        Ok(first)
    }
}
