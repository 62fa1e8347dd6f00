//! The contract of stores.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moss_protocol::{RunId, ThreadId};

use super::{
    CheckpointFilter, CheckpointQuery, Commit, Lease, LeaseRequest, ListedCheckpoint, PendingWrite,
    PendingWrites, Retention, StoreError, StoredCheckpoint,
};

/// Where checkpoints are kept.
///
/// Each call is one transaction: it happens as a whole or not at all, and when it has returned `Ok` it stays, as
/// far as the store promises durability at all. A future that is dropped leaves it open whether the call happens.
/// Calls may be made from several tasks at once; what happens to one thread happens in some order.
///
/// [`commit`](Self::commit), [`settle`](Self::settle), [`put_writes`](Self::put_writes), [`renew`](Self::renew) and
/// [`release`](Self::release) are fenced: they need the thread's lease, and who has lost it gets
/// [`StoreError::Fenced`]. Deleting, copying and pruning need no lease. A run on a thread that is deleted under it is
/// fenced.
///
/// Every method may also fail with what is the store's own: [`StoreError::Busy`], [`StoreError::Full`],
/// [`StoreError::ReadOnly`], [`StoreError::Unavailable`], [`StoreError::Io`], [`StoreError::Corrupt`],
/// [`StoreError::TooNew`] and [`StoreError::Closed`].
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// Loads a checkpoint, the state at it, and the pending writes behind it. None where there is no such
    /// checkpoint.
    ///
    /// # Errors
    /// Those of every method.
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// Stores a checkpoint with what changed since its parent, and removes the parent's pending writes.
    ///
    /// A commit may be sent again when its outcome is not known: where the newest checkpoint is the commit's own, it
    /// is there already, and that is no error.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::HeadMoved`] when the newest checkpoint is not the one expected;
    /// [`StoreError::UnknownCheckpoint`] when the parent is not there; [`StoreError::Refused`] when the commit makes
    /// no sense.
    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError>;

    /// Stores what tasks have finished behind the newest checkpoint. What is there already is treated as
    /// [`WriteKind::is_replaced`](super::WriteKind::is_replaced) says.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::HeadMoved`] when the checkpoint is not the newest, which is to say that
    /// its superstep is committed.
    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError>;

    /// Lists checkpoints of a thread, the newest first; those with equal ids by namespace.
    ///
    /// # Errors
    /// Those of every method.
    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError>;

    /// Takes the lease of a thread, with a greater epoch than any before.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] when another owner has it, it has not expired, and the request does not take it
    /// over.
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError>;

    /// Lets a lease last for `ttl` from now on. The epoch stays.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError>;

    /// Gives a lease back: others may take it, and nothing more can be written with it. A lease that is lost already
    /// is no error.
    ///
    /// # Errors
    /// Those of every method.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Takes the lease of a thread as [`acquire`](Self::acquire) does, and loads what its owner begins with as
    /// [`load`](Self::load) does: the state as it is under the new lease. Where either fails, the lease is not taken.
    ///
    /// The default makes the two calls, one after the other. A store that can do both in one transaction should.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        let lease = self.acquire(request).await?;
        match self.load(query).await {
            Ok(stored) => Ok((lease, stored)),
            Err(error) => {
                // If it cannot be given back either, it runs out.
                let _ = self.release(&lease).await;
                Err(error)
            }
        }
    }

    /// Ends what was begun under a lease: commits as [`commit`](Self::commit) does, stores pending writes behind the
    /// new checkpoint as [`put_writes`](Self::put_writes) does, and gives the lease back. Where it is refused, nothing
    /// has happened, and the lease stays.
    ///
    /// It may be sent again when its outcome is not known: where the newest checkpoint is the commit's own, it is done
    /// already, and that is no error, though the lease is gone.
    ///
    /// The default makes the calls, one after the other. A store that can do all of it in one transaction should.
    ///
    /// # Errors
    /// Those of [`commit`](Self::commit).
    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        let writes = PendingWrites::behind(&commit, writes);
        writes.check()?;
        match self.commit(lease, commit).await {
            Err(error @ StoreError::Fenced { .. }) => {
                let query = CheckpointQuery::latest(lease.thread.clone(), writes.namespace.clone());
                let newest = self.load(&query).await?;
                return if newest.is_some_and(|newest| writes.are_behind(&newest)) {
                    Ok(())
                } else {
                    Err(error)
                };
            }
            committed => committed?,
        }
        if !writes.writes.is_empty() {
            self.put_writes(lease, writes).await?;
        }
        self.release(lease).await
    }

    /// Deletes all there is of a thread. A thread that is not there is no error.
    ///
    /// # Errors
    /// Those of every method.
    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError>;

    /// Deletes the checkpoints that a run made, and says how many. The checkpoints that others made stay as they are,
    /// and the newest of them is the newest then: with the newest run, this takes it back.
    ///
    /// # Errors
    /// Those of every method.
    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError>;

    /// Copies all checkpoints and pending writes of a thread to one that has none. The lease is not copied.
    ///
    /// # Errors
    /// [`StoreError::UnknownThread`] when there is nothing to copy; [`StoreError::ThreadExists`] when the other
    /// has checkpoints.
    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError>;

    /// Deletes what need not be kept, of one thread or of all, and says how many checkpoints that were. Of all
    /// threads, each is pruned in a transaction of its own.
    ///
    /// # Errors
    /// Those of every method.
    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError>;
}
