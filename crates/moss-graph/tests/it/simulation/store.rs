//! A store that fails and hangs as a seed says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use moss_graph::RunId;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
    ListedCheckpoint, MemoryStore, PendingWrite, PendingWrites, Retention, StoreError,
    StoredCheckpoint, ThreadId,
};
use tokio::sync::{Notify, Semaphore};

use super::seed::Seed;

/// The faults of one simulated thread: of its store and of its nodes.
pub(super) struct Chaos {
    random: Mutex<Seed>,
    left: AtomicUsize,
    /// Tells the driver that the process crashes now.
    pub(super) crash: Notify,
    /// What hangs goes on when it is let.
    pub(super) gate: Semaphore,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    None,
    /// Nothing has happened.
    Before,
    /// It has happened, and is not known to have.
    After,
    /// The process crashes at this point, or seems to: it may go on later.
    Crash,
}

impl Chaos {
    pub(super) fn new(seed: u64, faults: usize) -> Arc<Self> {
        Arc::new(Self {
            random: Mutex::new(Seed::new(seed)),
            left: AtomicUsize::new(faults),
            crash: Notify::new(),
            gate: Semaphore::new(0),
        })
    }

    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut Seed) -> T) -> T {
        draw(&mut self.random.lock().unwrap())
    }

    pub(super) fn fault(&self, per_thousand: usize) -> Fault {
        if self.left.load(Ordering::SeqCst) == 0 || !self.random(|seed| seed.chance(per_thousand)) {
            return Fault::None;
        }
        self.left.fetch_sub(1, Ordering::SeqCst);
        match self.random(|seed| seed.below(3)) {
            0 => Fault::Before,
            1 => Fault::After,
            _ => Fault::Crash,
        }
    }

    pub(super) async fn hang(&self) {
        self.crash.notify_one();
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
    }
}

pub(super) struct FaultyStore {
    pub(super) inner: Arc<MemoryStore>,
    pub(super) chaos: Arc<Chaos>,
}

fn unavailable() -> StoreError {
    StoreError::Io { doing: "a simulated write", source: "a fault".into() }
}

impl FaultyStore {
    async fn faulty<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.chaos.fault(150) {
            Fault::None => call.await,
            Fault::Before => Err(unavailable()),
            Fault::After => {
                call.await?;
                Err(unavailable())
            }
            Fault::Crash => {
                self.chaos.hang().await;
                call.await
            }
        }
    }
}

#[async_trait]
impl CheckpointStore for FaultyStore {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.inner.load(query).await
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        self.faulty(self.inner.commit(lease, commit)).await
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        self.faulty(self.inner.put_writes(lease, writes)).await
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        self.inner.list(thread, filter).await
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.inner.acquire(request).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.inner.renew(lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release(lease).await
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        self.inner.open(request, query).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        self.faulty(self.inner.settle(lease, commit, writes)).await
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        self.inner.delete_thread(thread).await
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        self.inner.delete_run(thread, run).await
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        self.inner.copy_thread(from, to).await
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        self.inner.prune(thread, retention).await
    }
}
