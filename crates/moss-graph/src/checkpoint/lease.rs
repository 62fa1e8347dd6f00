//! Who may write to a thread.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moss_protocol::ThreadId;

use super::names::check_name;
use super::{StoreError, Timestamp};

/// The number of a lease. Each lease that a store gives has a greater one than all before it, of whatever thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// An epoch from its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The epoch's number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The right to write to a thread, until somebody else takes it.
///
/// Its end in time only says from when on others may take it without asking. A holder that is late can go on as
/// long as nobody has: it is the epoch that fences off, not the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The thread.
    pub thread: ThreadId,
    /// Who holds it.
    pub owner: Arc<str>,
    /// Its number.
    pub epoch: Epoch,
    /// From when on others may take it, by the store's clock.
    pub expires_at: Timestamp,
}

/// What to do when another owner holds the lease and it has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LeaseMode {
    /// Refuse, with [`StoreError::LeaseHeld`](super::StoreError::LeaseHeld).
    #[default]
    IfFree,
    /// Take it: the other's commits are refused from now on.
    TakeOver,
}

/// Asks for the lease of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The thread. It need not have a checkpoint yet.
    pub thread: ThreadId,
    /// Who asks: one text for each attempt at a run. Whoever holds the lease may ask again, which fences off its own
    /// earlier attempts.
    pub owner: Arc<str>,
    /// For how long.
    pub ttl: Duration,
    /// What to do when another owner holds it.
    pub mode: LeaseMode,
}

impl LeaseRequest {
    /// Asks for the lease if it is free.
    #[must_use]
    pub fn new(thread: ThreadId, owner: impl Into<Arc<str>>, ttl: Duration) -> Self {
        Self { thread, owner: owner.into(), ttl, mode: LeaseMode::IfFree }
    }

    /// Takes the lease from whoever holds it.
    #[must_use]
    pub const fn take_over(mut self) -> Self {
        self.mode = LeaseMode::TakeOver;
        self
    }

    /// Checks what every store refuses, whatever it holds: names beyond the limits. For stores.
    ///
    /// # Errors
    /// [`StoreError::Name`].
    pub fn check(&self) -> Result<(), StoreError> {
        check_name("a thread id", self.thread.as_str())?;
        check_name("a lease's owner", &self.owner)
    }
}
