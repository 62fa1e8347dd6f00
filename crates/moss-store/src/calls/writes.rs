//! Pending writes.

use moss_graph::checkpoint::{Lease, PendingWrites, StoreError};

use super::commit::expect_head;
use super::lease::fenced;
use super::rows::Rows;

pub(crate) async fn put_writes(
    rows: &mut impl Rows,
    lease: &Lease,
    writes: &PendingWrites,
) -> Result<(), StoreError> {
    writes.check()?;
    let thread = fenced(rows, lease).await?;
    let head = match rows.namespace(thread.key, &writes.namespace).await? {
        Some(namespace) => rows.newest(namespace).await?,
        None => None,
    };
    let found = head.map(|head| head.id);
    expect_head(&lease.thread, &writes.namespace, Some(writes.checkpoint), found)?;
    match head {
        Some(head) => rows.put_writes(head.point, &writes.writes).await,
        None => Ok(()),
    }
}
