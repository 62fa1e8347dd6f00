//! Two stores on one file, each of which knows only what it has done itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
    ListedCheckpoint, PendingWrite, PendingWrites, Retention, StoreError, StoredCheckpoint,
};
use moss_graph::{RunId, ThreadId};
use moss_store::SqliteStore;

use crate::random::Random;

/// Has each call done by one of the two, now the one and now the other.
pub struct Turns {
    stores: [SqliteStore; 2],
    /// Which one: the bits of a number, over and over.
    order: u64,
    calls: AtomicUsize,
}

impl Turns {
    pub fn new(stores: [SqliteStore; 2]) -> Self {
        Self { stores, order: Random::seeded().next(), calls: AtomicUsize::new(0) }
    }

    fn next(&self) -> &SqliteStore {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        &self.stores[(self.order >> (call % 64)) as usize & 1]
    }
}

#[async_trait]
impl CheckpointStore for Turns {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.next().load(query).await
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        self.next().commit(lease, commit).await
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        self.next().put_writes(lease, writes).await
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        self.next().list(thread, filter).await
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.next().acquire(request).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.next().renew(lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.next().release(lease).await
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        self.next().open(request, query).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        self.next().settle(lease, commit, writes).await
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        self.next().delete_thread(thread).await
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        self.next().delete_run(thread, run).await
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        self.next().copy_thread(from, to).await
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        self.next().prune(thread, retention).await
    }
}
