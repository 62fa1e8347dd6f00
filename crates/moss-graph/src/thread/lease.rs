//! Taking a thread's lease, and keeping it.

use std::sync::Arc;
use std::time::Duration;

use moss_protocol::RunId;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::gate::{BusyThread, Pass};
use super::{Gates, Thread};
use crate::checkpoint::{CheckpointStore, Lease, LeaseRequest, StoreError, ThreadId, Timestamp};
use crate::error::RunFailure;
use crate::{RunOptions, State};

/// The right to run on a thread, here and in the store.
pub(crate) struct Hold {
    pub(crate) lease: Lease,
    _pass: Pass,
}

/// What is needed to take a lease.
pub(crate) struct Claim<'a> {
    pub(crate) gates: &'a Arc<Gates>,
    pub(crate) store: &'a dyn CheckpointStore,
    pub(crate) thread: &'a ThreadId,
    pub(crate) run: &'a RunId,
    pub(crate) busy: BusyThread,
    pub(crate) ttl: Duration,
    pub(crate) cancellation: &'a CancellationToken,
}

/// The longest pause between two looks at a lease that another process holds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Claim<'_> {
    /// Takes the thread, as [`BusyThread`] says.
    pub(crate) async fn take(self) -> Result<Hold, RunFailure> {
        let cancelled = || RunFailure::Cancelled { superstep: 0 };
        let current = (self.run.clone(), self.cancellation.clone());
        let pass = tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return Err(cancelled()),
            pass = self.gates.enter(self.thread, self.busy, current) => pass,
        };
        let Some(pass) = pass else {
            return Err(RunFailure::ThreadBusy { thread: self.thread.clone() });
        };
        let (lease, displaced) = tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return Err(cancelled()),
            lease = self.lease() => lease?,
        };
        if self.busy == BusyThread::Rollback
            && let Some(run) = pass.displaced.clone().or(displaced)
        {
            self.store.delete_run(self.thread, &run).await?;
        }
        Ok(Hold { lease, _pass: pass })
    }

    /// The lease, and the run of another process that it was taken from.
    async fn lease(&self) -> Result<(Lease, Option<RunId>), RunFailure> {
        let request = LeaseRequest::new(self.thread.clone(), self.run.as_str(), self.ttl);
        let mut pause = Duration::from_millis(10);
        loop {
            match (self.store.acquire(&request).await, self.busy) {
                (Ok(lease), _) => return Ok((lease, None)),
                (Err(StoreError::LeaseHeld { thread, .. }), BusyThread::Reject) => {
                    return Err(RunFailure::ThreadBusy { thread });
                }
                (Err(StoreError::LeaseHeld { .. }), BusyThread::Enqueue) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                (
                    Err(StoreError::LeaseHeld { owner, .. }),
                    BusyThread::Interrupt | BusyThread::Rollback,
                ) => {
                    let lease = self.store.acquire(&request.clone().take_over()).await?;
                    return Ok((lease, RunId::new(owner).ok()));
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
    }
}

/// Renews a lease until it is lost.
pub(crate) async fn keep(store: &dyn CheckpointStore, lease: &Lease, ttl: Duration) -> StoreError {
    loop {
        sleep(ttl / 3).await;
        match store.renew(lease, ttl).await {
            Ok(_) => {}
            Err(error @ StoreError::Fenced { .. }) => return error,
            // The next time may be better; if it is not, others may take the lease, and this run is fenced off.
            Err(_) => {}
        }
    }
}

impl<S: State> Thread<S> {
    /// Takes the thread for something other than a run, unless one is under way.
    pub(super) async fn hold(&self) -> Result<Hold, RunFailure> {
        let run = self.run_id(None);
        let claim = Claim {
            gates: &self.engine.gates,
            store: &*self.store,
            thread: &self.id,
            run: &run,
            busy: BusyThread::Reject,
            ttl: RunOptions::default().lease,
            cancellation: &CancellationToken::new(),
        };
        claim.take().await
    }

    pub(super) async fn let_go(&self, hold: Hold) {
        // It may be lost by now, and if it cannot be given back it runs out.
        let _ = self.store.release(&hold.lease).await;
    }

    /// A run id for a run that the host gave none.
    pub(super) fn run_id(&self, given: Option<&RunId>) -> RunId {
        use std::sync::atomic::{AtomicU64, Ordering};

        static COUNTER: AtomicU64 = AtomicU64::new(0);
        if let Some(id) = given {
            return id.clone();
        }
        // It need not be unguessable, only another than those of other runs: time, process and a counter are enough.
        let count = u128::from(COUNTER.fetch_add(1, Ordering::Relaxed)) & 0xffff_ffff;
        let process = u128::from(std::process::id());
        RunId::numbered(u128::from(Timestamp::now().as_millis()) << 64 | process << 32 | count)
    }
}
