//! What the calls need of a database.

use std::sync::Arc;

use moss_graph::ThreadId;
use moss_graph::checkpoint::{
    ChannelName, CheckpointId, CheckpointSelector, Epoch, Namespace, PendingWrite, StoreError,
    Timestamp,
};

use crate::rows::{
    BranchKey, CheckpointKey, CheckpointRow, Log, LogKey, Mark, NamespaceKey, Point, Predecessor,
    StoredChange, StoredItems, ThreadKey, signed,
};

/// A thread, and who may write to it.
#[derive(Debug, Clone)]
pub(crate) struct ThreadRow {
    pub(crate) key: ThreadKey,
    pub(crate) lease: Option<HeldLease>,
}

/// A lease that is held.
#[derive(Debug, Clone)]
pub(crate) struct HeldLease {
    pub(crate) owner: Arc<str>,
    pub(crate) epoch: Epoch,
    pub(crate) expires_at: Timestamp,
}

impl HeldLease {
    /// The columns of a thread: the owner, the epoch, and when it expires.
    pub(crate) fn columns(lease: Option<&Self>) -> (Option<&str>, Option<i64>, Option<i64>) {
        let owner = lease.map(|lease| &*lease.owner);
        let epoch = lease.map(|lease| signed(lease.epoch.number()));
        let expires_at = lease.map(|lease| signed(lease.expires_at.as_millis()));
        (owner, epoch, expires_at)
    }
}

/// Reads and writes rows within one transaction.
///
/// A list that is given is written or read in one round trip where the database is a server.
pub(crate) trait Rows:
    ThreadRows + CheckpointRows + ChangeRows + LogRows + WriteRows
{
}

impl<T: ThreadRows + CheckpointRows + ChangeRows + LogRows + WriteRows> Rows for T {}

/// Threads with their leases and namespaces.
pub(crate) trait ThreadRows {
    /// The time by the database's clock.
    async fn now(&mut self) -> Result<Timestamp, StoreError>;

    /// A greater number than any before.
    async fn next_epoch(&mut self) -> Result<Epoch, StoreError>;

    /// A thread. In a transaction that writes, nobody else changes it until the end.
    async fn thread(&mut self, id: &ThreadId) -> Result<Option<ThreadRow>, StoreError>;

    /// Adds a thread, unless it is there.
    async fn insert_thread(&mut self, id: &ThreadId) -> Result<ThreadKey, StoreError>;

    /// Adds a thread with its first lease, where nobody else may add it at the same time. None where that is not certain: then it
    /// is there without one.
    async fn insert_held_thread(
        &mut self,
        id: &ThreadId,
        _held_by: &(dyn Fn(Epoch) -> HeldLease + Sync),
    ) -> Result<Option<HeldLease>, StoreError> {
        self.insert_thread(id).await.map(|_| None)
    }

    async fn set_lease(
        &mut self,
        thread: ThreadKey,
        lease: Option<&HeldLease>,
    ) -> Result<(), StoreError>;

    /// Deletes a thread with all that is in it.
    async fn delete_thread(&mut self, thread: ThreadKey) -> Result<(), StoreError>;

    /// A namespace. One that is there may be without checkpoints.
    async fn namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<Option<NamespaceKey>, StoreError>;

    /// The namespaces that have checkpoints, by name.
    async fn namespaces(
        &mut self,
        thread: ThreadKey,
    ) -> Result<Vec<(NamespaceKey, Namespace)>, StoreError>;

    /// Adds a namespace with its first branch. It must not be there, or must be without checkpoints.
    async fn insert_namespace(
        &mut self,
        thread: ThreadKey,
        name: &Namespace,
    ) -> Result<(NamespaceKey, BranchKey), StoreError>;

    /// Deletes a namespace with all that is in it.
    async fn delete_namespace(&mut self, namespace: NamespaceKey) -> Result<(), StoreError>;
}

/// Checkpoints and branches.
pub(crate) trait CheckpointRows {
    async fn checkpoint(
        &mut self,
        namespace: NamespaceKey,
        selector: CheckpointSelector,
    ) -> Result<Option<CheckpointRow>, StoreError>;

    /// The newest checkpoint, for what comes behind it.
    async fn newest(&mut self, namespace: NamespaceKey) -> Result<Option<Predecessor>, StoreError> {
        let newest = self.checkpoint(namespace, CheckpointSelector::Latest).await?;
        Ok(newest.as_ref().map(CheckpointRow::predecessor))
    }

    /// Checkpoints with smaller ids than `before`, the newest first.
    async fn checkpoints_before(
        &mut self,
        namespace: NamespaceKey,
        before: Option<CheckpointId>,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError>;

    /// All checkpoints, the oldest first.
    async fn checkpoint_keys(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<CheckpointKey>, StoreError>;

    /// Adds a checkpoint with what has changed at its point.
    async fn insert_checkpoint(
        &mut self,
        namespace: NamespaceKey,
        row: &CheckpointRow,
        changes: &[StoredChange],
    ) -> Result<(), StoreError>;

    async fn delete_checkpoints(
        &mut self,
        namespace: NamespaceKey,
        ids: &[CheckpointId],
    ) -> Result<(), StoreError>;

    /// Whether there is a checkpoint behind this one in its branch, or a branch that left it further on.
    async fn has_gone_on(
        &mut self,
        namespace: NamespaceKey,
        row: &Predecessor,
    ) -> Result<bool, StoreError>;

    /// The way from a point back to the first checkpoint: in each branch, the newest point that belongs to it.
    async fn lineage(&mut self, point: Point) -> Result<Vec<Point>, StoreError>;

    /// All branches, with the points they began at.
    async fn branches(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<(BranchKey, Option<Point>)>, StoreError>;

    async fn insert_branch(
        &mut self,
        namespace: NamespaceKey,
        begins_at: Option<Point>,
    ) -> Result<BranchKey, StoreError>;

    async fn delete_branches(&mut self, branches: &[BranchKey]) -> Result<(), StoreError>;
}

/// What channels have become.
pub(crate) trait ChangeRows {
    /// The newest changes of these channels along a lineage.
    async fn newest_marks(
        &mut self,
        lineage: &[Point],
        channels: &[ChannelName],
    ) -> Result<Vec<Mark>, StoreError>;

    /// The newest changes of all channels in one branch, up to a point.
    async fn newest_changes(&mut self, upto: Point) -> Result<Vec<StoredChange>, StoreError>;

    /// All changes of a namespace, without their values.
    async fn marks(&mut self, namespace: NamespaceKey) -> Result<Vec<Mark>, StoreError>;

    /// One change with its value.
    async fn change(&mut self, mark: &Mark) -> Result<Option<StoredChange>, StoreError>;

    async fn insert_changes(&mut self, changes: &[StoredChange]) -> Result<(), StoreError>;

    async fn delete_changes(&mut self, marks: &[Mark]) -> Result<(), StoreError>;
}

/// Logs and their items.
pub(crate) trait LogRows {
    async fn log(&mut self, key: LogKey) -> Result<Option<Log>, StoreError>;

    async fn logs(&mut self, namespace: NamespaceKey) -> Result<Vec<Log>, StoreError>;

    async fn insert_log(
        &mut self,
        namespace: NamespaceKey,
        parent: Option<(LogKey, usize)>,
    ) -> Result<LogKey, StoreError>;

    /// Deletes a log with its own items.
    async fn delete_log(&mut self, log: LogKey) -> Result<(), StoreError>;

    /// The rows with a log's own items from index `from` to before `to`, which is greater, in their order. The first may
    /// begin before, and the last end behind.
    async fn items(
        &mut self,
        log: LogKey,
        from: usize,
        to: usize,
    ) -> Result<Vec<StoredItems>, StoreError>;

    /// Whether a log has own items from an index on.
    async fn has_items(&mut self, log: LogKey, from: usize) -> Result<bool, StoreError>;

    async fn insert_items(&mut self, items: &[StoredItems]) -> Result<(), StoreError>;

    /// Deletes the rows with a log's own items from index `from` on. The first may begin before.
    async fn delete_items(&mut self, log: LogKey, from: usize) -> Result<(), StoreError>;
}

/// Pending writes.
pub(crate) trait WriteRows {
    /// Pending writes behind a point, by task, kind and index.
    async fn writes(&mut self, point: Point) -> Result<Vec<PendingWrite>, StoreError>;

    async fn put_writes(&mut self, point: Point, writes: &[PendingWrite])
    -> Result<(), StoreError>;

    async fn delete_writes(&mut self, points: &[Point]) -> Result<(), StoreError>;
}
