//! What can go wrong with a store.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use moss_protocol::ThreadId;
use thiserror::Error;

use super::{BlobError, CheckpointId, CommitProblem, Epoch, NameProblem, Namespace, Timestamp};

/// The error of the library beneath a store.
pub type Cause = Box<dyn Error + Send + Sync>;

/// What kind of store error it is, as a code that stays the same between versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorCode {
    /// Another owner holds the thread's lease.
    LeaseHeld,
    /// The lease was lost.
    Fenced,
    /// Another checkpoint is the newest.
    HeadMoved,
    /// A checkpoint is not there.
    UnknownCheckpoint,
    /// A thread is not there.
    UnknownThread,
    /// A thread has checkpoints already.
    ThreadExists,
    /// A commit makes no sense.
    CommitRefused,
    /// A value exceeds a limit or cannot be encoded or decoded.
    InvalidValue,
    /// A text cannot name anything in a store.
    InvalidName,
    /// Others kept the store from it for too long.
    StoreBusy,
    /// There is no room left.
    StoreFull,
    /// The store may not be written to.
    StoreReadOnly,
    /// The store cannot be reached.
    StoreUnavailable,
    /// The storage beneath failed.
    StoreIo,
    /// What is stored is damaged.
    StoreCorrupt,
    /// A newer version wrote it.
    StoreTooNew,
    /// It is not a store of MOSS.
    StoreForeign,
    /// The store has been closed.
    StoreClosed,
}

impl StoreErrorCode {
    /// The code as text, in upper case with underscores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeaseHeld => "LEASE_HELD",
            Self::Fenced => "FENCED",
            Self::HeadMoved => "HEAD_MOVED",
            Self::UnknownCheckpoint => "UNKNOWN_CHECKPOINT",
            Self::UnknownThread => "UNKNOWN_THREAD",
            Self::ThreadExists => "THREAD_EXISTS",
            Self::CommitRefused => "COMMIT_REFUSED",
            Self::InvalidValue => "INVALID_VALUE",
            Self::InvalidName => "INVALID_NAME",
            Self::StoreBusy => "STORE_BUSY",
            Self::StoreFull => "STORE_FULL",
            Self::StoreReadOnly => "STORE_READ_ONLY",
            Self::StoreUnavailable => "STORE_UNAVAILABLE",
            Self::StoreIo => "STORE_IO",
            Self::StoreCorrupt => "STORE_CORRUPT",
            Self::StoreTooNew => "STORE_TOO_NEW",
            Self::StoreForeign => "STORE_FOREIGN",
            Self::StoreClosed => "STORE_CLOSED",
        }
    }
}

impl fmt::Display for StoreErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a store did not do what it was asked. Nothing of it has been done, except where
/// [`outcome_is_unknown`](StoreError::outcome_is_unknown) says so.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another owner holds the thread's lease.
    #[error(
        "another run (`{owner}`) is under way on thread `{thread}`. Wait until it is done, or take the lease over"
    )]
    LeaseHeld {
        /// The thread.
        thread: ThreadId,
        /// Who holds the lease.
        owner: Arc<str>,
        /// When it expires, unless it is renewed.
        expires_at: Timestamp,
    },
    /// The lease was taken over or given back, or its thread was deleted.
    #[error(
        "the lease with epoch {epoch} on thread `{thread}` is lost{}. Another run goes on in its place: end this one",
        HeldBy(*held_by_epoch)
    )]
    Fenced {
        /// The thread.
        thread: ThreadId,
        /// The epoch of the lease that was lost.
        epoch: Epoch,
        /// The epoch of who holds it now, if anybody does.
        held_by_epoch: Option<Epoch>,
    },
    /// The newest checkpoint is not the one that was expected.
    #[error(
        "the newest checkpoint of thread `{thread}`, namespace `{namespace}`, is {}, where {} was expected. Load the \
         thread again and go on from there",
        OrNone(found),
        OrNone(expected)
    )]
    HeadMoved {
        /// The thread.
        thread: ThreadId,
        /// The namespace.
        namespace: Namespace,
        /// The checkpoint that was expected to be the newest; none where none was expected.
        expected: Option<CheckpointId>,
        /// The newest checkpoint.
        found: Option<CheckpointId>,
    },
    /// A checkpoint is not there.
    #[error(
        "thread `{thread}`, namespace `{namespace}`, has no checkpoint {id}. It may have been deleted: list the \
         thread's checkpoints"
    )]
    UnknownCheckpoint {
        /// The thread.
        thread: ThreadId,
        /// The namespace.
        namespace: Namespace,
        /// The checkpoint.
        id: CheckpointId,
    },
    /// A thread has no checkpoint.
    #[error("there is no thread `{thread}`")]
    UnknownThread {
        /// The thread.
        thread: ThreadId,
    },
    /// A thread has checkpoints.
    #[error("thread `{thread}` has checkpoints already. Choose another id, or delete it first")]
    ThreadExists {
        /// The thread.
        thread: ThreadId,
    },
    /// A commit makes no sense.
    #[error(
        "the checkpoint {id} on thread `{thread}`, namespace `{namespace}`, cannot be committed"
    )]
    Refused {
        /// The thread.
        thread: ThreadId,
        /// The namespace.
        namespace: Namespace,
        /// The checkpoint that was to be committed.
        id: CheckpointId,
        /// What is wrong with it.
        #[source]
        problem: CommitProblem,
    },
    /// A value exceeds a limit, or cannot be encoded or decoded.
    #[error(transparent)]
    Value(#[from] BlobError),
    /// A text cannot name anything in a store.
    #[error("{what} cannot be stored")]
    Name {
        /// What it was to name.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        problem: NameProblem,
    },
    /// Others kept the store from it for too long.
    #[error(
        "the checkpoint store is busy: {doing} waited for too long. Try again; if it stays so, look for who locks it"
    )]
    Busy {
        /// What was to be done.
        doing: &'static str,
        /// What the library beneath says; none where the store's own queue is full.
        #[source]
        source: Option<Cause>,
    },
    /// There is no room left.
    #[error(
        "the checkpoint store has no room left for {doing}. Free some space; nothing that was acknowledged is lost"
    )]
    Full {
        /// What was to be done.
        doing: &'static str,
        /// What the library beneath says.
        #[source]
        source: Cause,
    },
    /// The store may not be written to.
    #[error(
        "the checkpoint store may only be read, and {doing} writes. Check the permissions of the file, its folder or the database"
    )]
    ReadOnly {
        /// What was to be done.
        doing: &'static str,
        /// What the library beneath says.
        #[source]
        source: Cause,
    },
    /// The store cannot be reached, or the connection to it broke.
    #[error(
        "the checkpoint store cannot be reached for {doing}. Check that it runs and how it is addressed"
    )]
    Unavailable {
        /// What was to be done.
        doing: &'static str,
        /// What the library beneath says.
        #[source]
        source: Cause,
    },
    /// The storage beneath failed.
    #[error("the storage beneath the checkpoint store failed: {doing}")]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// What the library beneath says.
        #[source]
        source: Cause,
    },
    /// What is stored is damaged.
    #[error(
        "the checkpoint store is damaged: {what}. Restore it from a backup; other threads may be whole"
    )]
    Corrupt {
        /// What is damaged.
        what: String,
        /// What the library beneath says, where it was that which noticed.
        #[source]
        source: Option<Cause>,
    },
    /// A newer version wrote it.
    #[error(
        "{what} has format {found}, and this version of MOSS reads up to {supported}. Use the version that wrote it"
    )]
    TooNew {
        /// What it is.
        what: String,
        /// The format found.
        found: u64,
        /// The newest format that this version reads.
        supported: u64,
    },
    /// It is not a store of MOSS.
    #[error(
        "`{place}` holds the data of another program. Choose another place for the checkpoint store"
    )]
    Foreign {
        /// Where it is: a file, or a schema of a database.
        place: String,
    },
    /// The store has been closed.
    #[error("the checkpoint store has been closed")]
    Closed,
}

impl StoreError {
    /// The error's stable code.
    #[must_use]
    pub const fn code(&self) -> StoreErrorCode {
        match self {
            Self::LeaseHeld { .. } => StoreErrorCode::LeaseHeld,
            Self::Fenced { .. } => StoreErrorCode::Fenced,
            Self::HeadMoved { .. } => StoreErrorCode::HeadMoved,
            Self::UnknownCheckpoint { .. } => StoreErrorCode::UnknownCheckpoint,
            Self::UnknownThread { .. } => StoreErrorCode::UnknownThread,
            Self::ThreadExists { .. } => StoreErrorCode::ThreadExists,
            Self::Refused { .. } => StoreErrorCode::CommitRefused,
            Self::Value(_) => StoreErrorCode::InvalidValue,
            Self::Name { .. } => StoreErrorCode::InvalidName,
            Self::Busy { .. } => StoreErrorCode::StoreBusy,
            Self::Full { .. } => StoreErrorCode::StoreFull,
            Self::ReadOnly { .. } => StoreErrorCode::StoreReadOnly,
            Self::Unavailable { .. } => StoreErrorCode::StoreUnavailable,
            Self::Io { .. } => StoreErrorCode::StoreIo,
            Self::Corrupt { .. } => StoreErrorCode::StoreCorrupt,
            Self::TooNew { .. } => StoreErrorCode::StoreTooNew,
            Self::Foreign { .. } => StoreErrorCode::StoreForeign,
            Self::Closed => StoreErrorCode::StoreClosed,
        }
    }

    /// Whether the same call may succeed later without anything being changed in it.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::LeaseHeld { .. }
            | Self::Busy { .. }
            | Self::Full { .. }
            | Self::Unavailable { .. }
            | Self::Io { .. } => true,
            Self::Fenced { .. }
            | Self::HeadMoved { .. }
            | Self::UnknownCheckpoint { .. }
            | Self::UnknownThread { .. }
            | Self::ThreadExists { .. }
            | Self::Refused { .. }
            | Self::Value(_)
            | Self::Name { .. }
            | Self::ReadOnly { .. }
            | Self::Corrupt { .. }
            | Self::TooNew { .. }
            | Self::Foreign { .. }
            | Self::Closed => false,
        }
    }

    /// Whether the call may have happened all the same: the storage failed, or the connection broke, on the way.
    /// Commits and pending writes may be sent again then.
    #[must_use]
    pub const fn outcome_is_unknown(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Io { .. })
    }
}

struct HeldBy(Option<Epoch>);

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(epoch) => write!(f, " to epoch {epoch}"),
            None => Ok(()),
        }
    }
}

struct OrNone<'a>(&'a Option<CheckpointId>);

impl fmt::Display for OrNone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("none"),
        }
    }
}
