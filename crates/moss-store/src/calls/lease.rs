//! Leases.

use std::time::Duration;

use moss_graph::checkpoint::{Epoch, Lease, LeaseMode, LeaseRequest, StoreError};

use super::rows::{HeldLease, Rows, ThreadRow};
use crate::rows::damaged;

pub(crate) async fn acquire(
    rows: &mut impl Rows,
    request: &LeaseRequest,
) -> Result<Lease, StoreError> {
    request.check()?;
    let LeaseRequest { thread, owner, ttl, mode } = request;
    let now = rows.now().await?;
    let held_by = |epoch| HeldLease { owner: owner.clone(), epoch, expires_at: now.after(*ttl) };
    let given = |held: HeldLease| {
        let HeldLease { owner, epoch, expires_at } = held;
        Lease { thread: thread.clone(), owner, epoch, expires_at }
    };
    let row = match rows.thread(thread).await? {
        Some(row) => row,
        None => {
            if let Some(held) = rows.insert_held_thread(thread, &held_by).await? {
                return Ok(given(held));
            }
            // Another may have been quicker, and hold the lease by now.
            rows.thread(thread).await?.ok_or_else(|| damaged("a thread is missing"))?
        }
    };
    if let Some(held) = &row.lease
        && *mode == LeaseMode::IfFree
        && held.owner != *owner
        && now < held.expires_at
    {
        return Err(StoreError::LeaseHeld {
            thread: thread.clone(),
            owner: held.owner.clone(),
            expires_at: held.expires_at,
        });
    }
    let held = held_by(rows.next_epoch().await?);
    rows.set_lease(row.key, Some(&held)).await?;
    Ok(given(held))
}

pub(crate) async fn renew(
    rows: &mut impl Rows,
    lease: &Lease,
    ttl: Duration,
) -> Result<Lease, StoreError> {
    let thread = fenced(rows, lease).await?;
    let expires_at = rows.now().await?.after(ttl);
    let held = HeldLease { owner: lease.owner.clone(), epoch: lease.epoch, expires_at };
    rows.set_lease(thread.key, Some(&held)).await?;
    Ok(Lease { expires_at, ..lease.clone() })
}

pub(crate) async fn release(rows: &mut impl Rows, lease: &Lease) -> Result<(), StoreError> {
    let Some(thread) = rows.thread(&lease.thread).await? else { return Ok(()) };
    if held_epoch(&thread) != Some(lease.epoch) {
        return Ok(());
    }
    if rows.namespaces(thread.key).await?.is_empty() {
        return rows.delete_thread(thread.key).await;
    }
    rows.set_lease(thread.key, None).await
}

/// The thread of a lease, if the lease is still held.
pub(super) async fn fenced(rows: &mut impl Rows, lease: &Lease) -> Result<ThreadRow, StoreError> {
    let thread = rows.thread(&lease.thread).await?;
    let held = thread.as_ref().and_then(held_epoch);
    match thread {
        Some(thread) if held == Some(lease.epoch) => Ok(thread),
        Some(_) | None => Err(StoreError::Fenced {
            thread: lease.thread.clone(),
            epoch: lease.epoch,
            held_by_epoch: held,
        }),
    }
}

fn held_epoch(thread: &ThreadRow) -> Option<Epoch> {
    thread.lease.as_ref().map(|held| held.epoch)
}
