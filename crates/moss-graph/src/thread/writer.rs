//! How what a run stores gets to the store.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::{
    CheckpointId, CheckpointStore, Commit, Lease, PendingWrites, StoreError, ThreadId, Timestamp,
};

/// When what a run has done is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before the next superstep begins: what is committed is stored, and what a finished task wrote too.
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

/// Something to be stored.
pub(crate) enum Order {
    Commit(Box<Commit>),
    Writes(PendingWrites),
    /// Tells when all before it is stored.
    Flush(oneshot::Sender<()>),
}

/// The store as one run sees it: under its lease, at once or behind.
pub(crate) struct Writer {
    store: Arc<dyn CheckpointStore>,
    lease: Lease,
    durability: Durability,
    queue: Mutex<Option<mpsc::Sender<Order>>>,
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
        (Self { store, lease, durability, queue, last_id }, orders)
    }

    pub(crate) const fn store(&self) -> &Arc<dyn CheckpointStore> {
        &self.store
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

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        match self.durability {
            Durability::Sync | Durability::Exit => {
                commit_surely(&*self.store, &self.lease, commit).await
            }
            Durability::Async => self.order(Order::Commit(Box::new(commit))).await,
        }
    }

    pub(crate) async fn put_writes(&self, writes: PendingWrites) -> Result<(), StoreError> {
        match self.durability {
            Durability::Sync | Durability::Exit => self.store.put_writes(&self.lease, writes).await,
            Durability::Async => self.order(Order::Writes(writes)).await,
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
    store: Arc<dyn CheckpointStore>,
    lease: Lease,
    mut orders: Orders,
) -> Result<(), StoreError> {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Commit(commit) => commit_surely(&*store, &lease, *commit).await?,
            Order::Writes(writes) => store.put_writes(&lease, writes).await?,
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
    commit: Commit,
) -> Result<(), StoreError> {
    for attempt in 1..COMMIT_ATTEMPTS {
        match store.commit(lease, commit.clone()).await {
            Err(error)
                if error.outcome_is_unknown() || matches!(error, StoreError::Busy { .. }) =>
            {
                tokio::time::sleep(Duration::from_millis(20) * attempt).await;
            }
            outcome => return outcome,
        }
    }
    store.commit(lease, commit).await
}
