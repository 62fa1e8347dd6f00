//! Checkpoints in memory.

mod chain;
mod thread;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use moss_protocol::{RunId, ThreadId};

use super::{
    CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Epoch, Lease, LeaseRequest,
    ListedCheckpoint, PendingWrite, PendingWrites, Retention, StoreError, StoredCheckpoint,
    Timestamp, check_name,
};
use thread::Thread;

/// Keeps checkpoints in memory, for as long as it lives: for tests, and for conversations that need not outlive the
/// process.
///
/// Values and the items of logs are shared between checkpoints. A checkpoint costs its changes, and a pointer for each
/// channel that has a value.
pub struct MemoryStore {
    threads: Mutex<Threads>,
    clock: Clock,
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Default)]
struct Threads {
    last_epoch: u64,
    by_id: HashMap<ThreadId, Thread>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Timestamp::now)
    }

    /// An empty store whose leases and ages go by another clock: for tests and simulations.
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { threads: Mutex::default(), clock: Arc::new(clock) }
    }

    fn lock(&self) -> MutexGuard<'_, Threads> {
        // Nothing below changes a thread before all that can fail has been done.
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Threads {
    fn load(&self, query: &CheckpointQuery) -> Option<StoredCheckpoint> {
        self.by_id.get(&query.thread)?.load(&query.namespace, query.selector)
    }

    fn acquire(&mut self, request: &LeaseRequest, now: Timestamp) -> Result<Lease, StoreError> {
        request.check()?;
        let epoch = Epoch::new(self.last_epoch + 1);
        let thread = self.by_id.entry(request.thread.clone()).or_default();
        let lease = thread.acquire(request, epoch, now)?;
        self.last_epoch = epoch.number();
        Ok(lease)
    }

    /// The thread of a lease, if the lease is still held.
    fn fenced(&mut self, lease: &Lease) -> Result<&mut Thread, StoreError> {
        let thread = self.by_id.get_mut(&lease.thread);
        let held = thread.as_deref().and_then(Thread::held_epoch);
        match thread {
            Some(thread) if held == Some(lease.epoch) => Ok(thread),
            Some(_) | None => Err(StoreError::Fenced {
                thread: lease.thread.clone(),
                epoch: lease.epoch,
                held_by_epoch: held,
            }),
        }
    }
}

#[async_trait]
impl CheckpointStore for MemoryStore {
    async fn load(&self, query: &CheckpointQuery) -> Result<Option<StoredCheckpoint>, StoreError> {
        Ok(self.lock().load(query))
    }

    async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
        commit.check()?;
        self.lock().fenced(lease)?.commit(&lease.thread, commit)
    }

    async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
        writes.check()?;
        self.lock().fenced(lease)?.put_writes(&lease.thread, writes)
    }

    async fn list(
        &self,
        thread: &ThreadId,
        filter: &CheckpointFilter,
    ) -> Result<Vec<ListedCheckpoint>, StoreError> {
        let threads = self.lock();
        Ok(threads.by_id.get(thread).map_or_else(Vec::new, |thread| thread.list(filter)))
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let now = (self.clock)();
        self.lock().acquire(request, now)
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        let expires_at = (self.clock)().after(ttl);
        self.lock().fenced(lease)?.renew(expires_at);
        Ok(Lease { expires_at, ..lease.clone() })
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut threads = self.lock();
        if let Ok(thread) = threads.fenced(lease) {
            thread.release();
            if thread.is_empty() {
                threads.by_id.remove(&lease.thread);
            }
        }
        Ok(())
    }

    async fn open(
        &self,
        request: &LeaseRequest,
        query: &CheckpointQuery,
    ) -> Result<(Lease, Option<StoredCheckpoint>), StoreError> {
        let now = (self.clock)();
        let mut threads = self.lock();
        let lease = threads.acquire(request, now)?;
        Ok((lease, threads.load(query)))
    }

    async fn settle(
        &self,
        lease: &Lease,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        let writes = PendingWrites::behind(&commit, writes);
        commit.check()?;
        writes.check()?;
        let mut threads = self.lock();
        let thread = match threads.fenced(lease) {
            Ok(thread) => thread,
            Err(fenced) => {
                let thread = threads.by_id.get(&lease.thread);
                let head = thread.and_then(|thread| thread.head(&writes.namespace));
                return if head == Some(writes.checkpoint) { Ok(()) } else { Err(fenced) };
            }
        };
        thread.commit(&lease.thread, commit)?;
        thread.put_writes(&lease.thread, writes)?;
        thread.release();
        Ok(())
    }

    async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
        self.lock().by_id.remove(thread);
        Ok(())
    }

    async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
        let mut threads = self.lock();
        Ok(threads.by_id.get_mut(thread).map_or(0, |thread| thread.delete_run(run)))
    }

    async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
        check_name("a thread id", to.as_str())?;
        let mut threads = self.lock();
        let Some(source) = threads.by_id.get(from).filter(|source| !source.is_empty()) else {
            return Err(StoreError::UnknownThread { thread: from.clone() });
        };
        let chains = source.chains();
        let target = threads.by_id.entry(to.clone()).or_default();
        if !target.is_empty() {
            return Err(StoreError::ThreadExists { thread: to.clone() });
        }
        target.set_chains(chains);
        Ok(())
    }

    async fn prune(
        &self,
        thread: Option<&ThreadId>,
        retention: &Retention,
    ) -> Result<u64, StoreError> {
        let now = (self.clock)();
        let mut threads = self.lock();
        let removed = match thread {
            Some(id) => threads.by_id.get_mut(id).map_or(0, |thread| thread.prune(retention, now)),
            None => threads.by_id.values_mut().map(|thread| thread.prune(retention, now)).sum(),
        };
        Ok(removed)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = self.lock().by_id.len();
        f.debug_struct("MemoryStore").field("threads", &threads).finish_non_exhaustive()
    }
}
