//! How a run begins and ends: several calls in one transaction.

use moss_graph::checkpoint::{
    CheckpointQuery, Commit, Lease, LeaseRequest, PendingWrites, StoreError, StoredCheckpoint,
};

use super::commit::commit;
use super::lease::{acquire, fenced};
use super::load::load;
use super::rows::Rows;
use super::writes::put_writes;

/// Takes the lease and loads what its owner begins with.
pub(crate) async fn open(
    rows: &mut impl Rows,
    request: &LeaseRequest,
    query: &CheckpointQuery,
) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
    let lease = acquire(rows, request).await?;
    Ok((lease, load(rows, query).await?))
}

/// Commits, stores what is put behind the new checkpoint, and gives the lease back.
pub(crate) async fn settle(
    rows: &mut impl Rows,
    lease: &Lease,
    last: &Commit,
    writes: &PendingWrites,
) -> Result<(), StoreError> {
    writes.check()?;
    match commit(rows, lease, last).await {
        Err(StoreError::Fenced { .. }) if is_head(rows, lease, last).await? => return Ok(()),
        committed => committed?,
    }
    if !writes.writes.is_empty() {
        put_writes(rows, lease, writes).await?;
    }
    // It has a checkpoint, and stays.
    let thread = fenced(rows, lease).await?;
    rows.set_lease(thread.key, None).await
}

/// Whether the newest checkpoint is the commit's own: then it was settled before, and only the answer got lost.
async fn is_head(rows: &mut impl Rows, lease: &Lease, commit: &Commit) -> Result<bool, StoreError> {
    let Some(thread) = rows.thread(&lease.thread).await? else { return Ok(false) };
    let Some(namespace) = rows.namespace(thread.key, &commit.namespace).await? else {
        return Ok(false);
    };
    let head = rows.newest(namespace).await?;
    Ok(head.is_some_and(|head| head.id == commit.checkpoint.id))
}
