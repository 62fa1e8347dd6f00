//! What each call of a store does, within one transaction: written once, over the [`Rows`] of a database.

#[cfg(feature = "sqlite")]
mod check;
mod commit;
mod copy;
mod lease;
mod list;
mod live;
mod load;
mod logs;
mod remove;
mod rows;
mod run;
mod writes;

#[cfg(feature = "sqlite")]
pub(crate) use check::check_namespace;
pub(crate) use commit::commit;
pub(crate) use copy::copy_thread;
pub(crate) use lease::{acquire, release, renew};
pub(crate) use list::list;
pub(crate) use load::load;
pub(crate) use remove::{delete_run, delete_thread, prune};
pub(crate) use rows::{
    ChangeRows, CheckpointRows, HeldLease, LogRows, ThreadRow, ThreadRows, WriteRows,
};
pub(crate) use run::{open, settle};
pub(crate) use writes::put_writes;

/// What is wrong where a branch leads back to itself.
pub(crate) const LINEAGE_IS_A_LOOP: &str = "a branch began at one that is younger";
