//! How a SQLite store is opened.

use std::num::NonZeroUsize;
use std::time::Duration;

/// What an acknowledged commit outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SqliteDurability {
    /// Everything, power loss too: the disk has it. SQLite's `synchronous=FULL`.
    #[default]
    PowerLoss,
    /// The end of the process, however it ends. Power loss takes back the last commits, and leaves the file whole. SQLite's
    /// `synchronous=NORMAL`: several times as many commits a second.
    ///
    /// A commit does not wait for the disk then. It is made on the thread that asks for it, if nobody else is writing, together
    /// with those that others have come to on that thread.
    ProcessCrash,
}

/// How a SQLite store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// What an acknowledged commit outlives: power loss by default.
    pub durability: SqliteDurability,
    /// How long to wait for another process that writes to the file: 5 s by default.
    pub busy_timeout: Duration,
    /// How many threads read: 2 by default. One more writes.
    pub readers: NonZeroUsize,
    /// How many calls may wait: 1024 by default, for reading and for writing each. Those beyond wait for a place.
    pub queue: NonZeroUsize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: SqliteDurability::default(),
            busy_timeout: Duration::from_secs(5),
            readers: NonZeroUsize::MIN.saturating_add(1),
            queue: NonZeroUsize::MIN.saturating_add(1023),
        }
    }
}
