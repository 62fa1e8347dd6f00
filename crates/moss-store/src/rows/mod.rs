//! What is stored, as rows: the same in every database.
//!
//! ```text
//! thread ─┬─ namespace ─┬─ checkpoint   at a point: a branch and a place in it
//!         │             ├─ branch       begins at a point of another branch, or at nothing
//!         │             │   ├─ change   what a channel has become at a point
//!         │             │   └─ write    what a task has finished behind a point
//!         │             └─ log          begins with the first items of another log, or with nothing
//!         └─ lease          └─ item
//! ```
//!
//! Items that a commit puts behind a log together are one row, a pack.
//!
//! The value of a channel at a point is its newest change on the way from the point back to the first checkpoint. So a
//! checkpoint stores its changes and nothing else.
//!
//! Each row carries a checksum of what is in it and of where it stands. A checkpoint has a digest besides, of the
//! checksums of all changes that make up the state at it: a change that got lost is noticed, and not taken for
//! an older value.

mod change;
mod checkpoint;
mod item;
mod keys;
mod pack;
mod sum;
mod write;

pub(crate) use change::{Change, ChangeState, Digest, Mark, MarkState, StoredChange};
pub(crate) use checkpoint::{
    COLUMNS as CHECKPOINT_COLUMNS, CheckpointKey, CheckpointRow, Predecessor, StoredCheckpointRow,
};
pub(crate) use item::{Log, StoredItems, StoredLog};
pub(crate) use keys::{BranchKey, LogKey, NamespaceKey, Point, ThreadKey};
#[cfg(feature = "sqlite")]
pub(crate) use sum::sum_of_name;
pub(crate) use write::StoredWrite;

use bytes::Bytes;
use moss_graph::checkpoint::{Blob, BlobError, StoreError};

/// The newest blob format that this version reads.
const NEWEST_BLOB_FORMAT: u64 = 1;

/// An error for a row that is not as it was written.
pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt { what: what.into(), source: None }
}

/// A blob that was read back and whose checksum was right.
fn blob(what: &str, format: i64, bytes: Bytes) -> Result<Blob, StoreError> {
    let number = u16::try_from(format).map_err(|_| damaged(format!("{what} has no format")))?;
    Blob::from_stored(number, bytes).map_err(|error| match error {
        BlobError::UnknownFormat { number } => StoreError::TooNew {
            what: what.to_owned(),
            found: number.into(),
            supported: NEWEST_BLOB_FORMAT,
        },
        error => error.into(),
    })
}

/// A number that databases hold with a sign, and that is written only without.
pub(crate) fn unsigned<T: TryFrom<i64>>(what: &str, number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| damaged(format!("{what} is {number}")))
}

/// A number without a sign, as databases hold it.
pub(crate) fn signed<T>(number: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(number).unwrap_or(i64::MAX)
}
