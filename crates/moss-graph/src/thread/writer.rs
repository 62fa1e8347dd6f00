//! How what a run stores gets to the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::{
    CheckpointId, CheckpointStore, Commit, Lease, PendingWrite, PendingWrites, StoreError,
    ThreadId, Timestamp,
};

/// When what a run has done is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before the next superstep begins: what is committed is stored; and what a finished task wrote, before others beside
    /// it are waited for, and before those who follow the run are told.
    Sync,
    /// Behind the run: what is committed is stored in order while the run goes on, with at most [`ASYNC_BACKLOG`] writes
    /// waiting, and before the run ends. LangGraph's default, with a bound.
    #[default]
    Async,
    /// When the run ends, in whatever way: a crash before loses it. And behind a superstep in which a subgraph that
    /// [remembers its state](crate::SubgraphMemory::PerThread) ran, so that the two are never apart.
    Exit,
}

/// How many writes of a run with [`Durability::Async`] may wait behind the one that is being stored. With one more, the
/// run waits.
pub const ASYNC_BACKLOG: usize = 16;

/// Something to be stored. Boxed, since the queue has room for 32 of them as soon as there is one.
pub(crate) enum Order {
    Commit(Arc<Commit>),
    /// The last one: what is committed with it, and put behind that, and the lease given back.
    Settle(Box<(Arc<Commit>, Vec<PendingWrite>)>),
    Writes(Box<PendingWrites>),
    /// Tells when all before it is stored.
    Flush(oneshot::Sender<()>),
}

/// The store as one run sees it: under its lease, at once or behind.
pub(crate) struct Writer {
    store: Arc<dyn CheckpointStore>,
    lease: Lease,
    durability: Durability,
    queue: Mutex<Option<mpsc::Sender<Order>>>,
    /// Whether the lease is given back with something that is stored or ordered to be.
    settled: AtomicBool,
    last_id: Mutex<Option<CheckpointId>>,
}

/// The orders of a run that stores behind.
pub(crate) type Orders = mpsc::Receiver<Order>;

impl Writer {
    pub(crate) fn new(
        store: Arc<dyn CheckpointStore>,
        lease: Lease,
        durability: Durability,
        last_id: Option<CheckpointId>,
    ) -> (Self, Option<Orders>) {
        let (queue, orders) = match durability {
            Durability::Sync | Durability::Exit => (None, None),
            Durability::Async => {
                let (queue, orders) = mpsc::channel(ASYNC_BACKLOG);
                (Some(queue), Some(orders))
            }
        };
        let (queue, last_id) = (Mutex::new(queue), Mutex::new(last_id));
        let settled = AtomicBool::new(false);
        (Self { store, lease, durability, queue, settled, last_id }, orders)
    }

    pub(crate) const fn store(&self) -> &Arc<dyn CheckpointStore> {
        &self.store
    }

    pub(crate) const fn lease(&self) -> &Lease {
        &self.lease
    }

    pub(crate) const fn thread(&self) -> &ThreadId {
        &self.lease.thread
    }

    pub(crate) const fn durability(&self) -> Durability {
        self.durability
    }

    /// The id of the next checkpoint: greater than all of this run, and than all it has loaded; and no other run's.
    pub(crate) fn next_id(&self) -> CheckpointId {
        let mut last = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        let id = CheckpointId::next_in(self.lease.epoch, *last, Timestamp::now());
        *last = Some(id);
        id
    }

    /// Makes sure that the next id is greater than this one.
    pub(crate) fn saw(&self, id: CheckpointId) {
        let mut last = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (*last).max(Some(id));
    }

    pub(crate) async fn commit(&self, commit: Arc<Commit>) -> Result<(), StoreError> {
        match self.durability {
            Durability::Sync | Durability::Exit => {
                commit_surely(&*self.store, &self.lease, &commit).await
            }
            Durability::Async => self.order(Order::Commit(commit)).await,
        }
    }

    /// Commits what the run ends with, and gives the lease back with it. Nothing can be stored behind that.
    pub(crate) async fn settle(
        &self,
        commit: Arc<Commit>,
        writes: Vec<PendingWrite>,
    ) -> Result<(), StoreError> {
        self.settled.store(true, Ordering::Release);
        match self.durability {
            Durability::Sync | Durability::Exit => {
                let settled = settle_surely(&*self.store, &self.lease, &commit, &writes).await;
                if settled.is_err() {
                    self.settled.store(false, Ordering::Release);
                }
                settled
            }
            Durability::Async => {
                let ordered = self.order(Order::Settle(Box::new((commit, writes)))).await;
                // What nodes have handed to others may still store something: it comes too late, as behind the run.
                self.close();
                ordered
            }
        }
    }

    /// Whether the lease was given back with what was stored last, or is going to be.
    pub(crate) fn has_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    pub(crate) async fn put_writes(&self, writes: PendingWrites) -> Result<(), StoreError> {
        match self.durability {
            Durability::Sync | Durability::Exit => self.store.put_writes(&self.lease, writes).await,
            Durability::Async => self.order(Order::Writes(Box::new(writes))).await,
        }
    }

    /// Waits until all that was ordered is stored.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        match self.durability {
            Durability::Sync | Durability::Exit => Ok(()),
            Durability::Async => {
                let (done, wait) = oneshot::channel();
                self.order(Order::Flush(done)).await?;
                wait.await.map_err(|_| StoreError::Closed)
            }
        }
    }

    /// Takes no more orders: what nodes have handed to others may outlive the run, and must not keep it.
    pub(crate) fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    async fn order(&self, order: Order) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(queue) = queue else { return Err(StoreError::Closed) };
        // The other end is gone only when storing has failed: then that failure is what the run ends with.
        queue.send(order).await.map_err(|_| StoreError::Closed)
    }
}

/// Carries out the orders of a run, until there are no more.
pub(crate) async fn carry_out(
    store: &dyn CheckpointStore,
    lease: &Lease,
    mut orders: Orders,
) -> Result<(), StoreError> {
    while let Some(order) = orders.recv().await {
        match order {
            // Boxed, since a run waits for orders most of its time.
            Order::Commit(commit) => Box::pin(commit_surely(store, lease, &commit)).await?,
            Order::Settle(last) => {
                let (commit, writes) = *last;
                Box::pin(settle_surely(store, lease, &commit, &writes)).await?;
            }
            Order::Writes(writes) => store.put_writes(lease, *writes).await?,
            Order::Flush(done) => {
                let _ = done.send(());
            }
        }
    }
    Ok(())
}

/// How often a commit is sent again whose outcome is not known, or that the store was too busy for.
const COMMIT_ATTEMPTS: u32 = 3;

/// Commits, and where the outcome is not known asks again: a commit that is there already is no error.
async fn commit_surely(
    store: &dyn CheckpointStore,
    lease: &Lease,
    commit: &Arc<Commit>,
) -> Result<(), StoreError> {
    surely(|| store.commit(lease, Arc::clone(commit))).await
}

/// Settles as [`commit_surely`] commits.
async fn settle_surely(
    store: &dyn CheckpointStore,
    lease: &Lease,
    commit: &Arc<Commit>,
    writes: &[PendingWrite],
) -> Result<(), StoreError> {
    surely(|| store.settle(lease, Arc::clone(commit), writes.to_vec())).await
}

async fn surely<F: Future<Output = Result<(), StoreError>>>(
    call: impl Fn() -> F,
) -> Result<(), StoreError> {
    for attempt in 1..COMMIT_ATTEMPTS {
        match call().await {
            Err(error)
                if error.outcome_is_unknown() || matches!(error, StoreError::Busy { .. }) =>
            {
                tokio::time::sleep(Duration::from_millis(20) * attempt).await;
            }
            outcome => return outcome,
        }
    }
    call().await
}
