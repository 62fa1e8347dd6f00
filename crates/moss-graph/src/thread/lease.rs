//! Taking a thread's lease, and keeping it.

use std::sync::Arc;
use std::time::Duration;

use moss_protocol::RunId;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::gate::{BusyThread, Pass};
use super::{Gates, Thread, Writer};
use crate::checkpoint::{
    CheckpointQuery, CheckpointStore, Lease, LeaseRequest, StoreError, StoredCheckpoint, Timestamp,
};
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
    /// What is loaded with the lease. It names the thread, too.
    pub(crate) query: &'a CheckpointQuery,
    pub(crate) run: &'a RunId,
    pub(crate) busy: BusyThread,
    pub(crate) ttl: Duration,
    pub(crate) cancellation: &'a CancellationToken,
}

/// The longest pause between two looks at a lease that another process holds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Claim<'_> {
    /// Takes the thread, as [`BusyThread`] says, and loads what was asked for.
    pub(crate) async fn take(self) -> Result<(Hold, Option<StoredCheckpoint>), RunFailure> {
        let thread = &self.query.thread;
        let cancelled = || RunFailure::Cancelled { superstep: 0 };
        let current = (self.run.clone(), self.cancellation.clone());
        let pass = tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return Err(cancelled()),
            pass = self.gates.enter(thread, self.busy, current) => pass,
        };
        let Some(pass) = pass else {
            return Err(RunFailure::ThreadBusy { thread: thread.clone() });
        };
        let Opened { lease, mut stored, displaced } = tokio::select! {
            biased;
            () = self.cancellation.cancelled() => return Err(cancelled()),
            opened = self.open() => opened?,
        };
        if self.busy == BusyThread::Rollback
            && let Some(run) = pass.displaced.clone().or(displaced)
        {
            self.store.delete_run(thread, &run).await?;
            stored = self.store.load(self.query).await?;
        }
        Ok((Hold { lease, _pass: pass }, stored))
    }

    async fn open(&self) -> Result<Opened, RunFailure> {
        let thread = self.query.thread.clone();
        let request = LeaseRequest::new(thread, self.run.as_str(), self.ttl);
        let mut pause = Duration::from_millis(10);
        loop {
            match (self.store.open(&request, self.query).await, self.busy) {
                (Ok((lease, stored)), _) => return Ok(Opened { lease, stored, displaced: None }),
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
                    let request = request.take_over();
                    let (lease, stored) = self.store.open(&request, self.query).await?;
                    return Ok(Opened { lease, stored, displaced: RunId::new(owner).ok() });
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
    }
}

/// A thread's lease, and what was loaded with it.
struct Opened {
    lease: Lease,
    stored: Option<StoredCheckpoint>,
    /// The run of another process that the lease was taken from.
    displaced: Option<RunId>,
}

/// Renews a run's lease until it is lost.
pub(crate) async fn keep(writer: &Writer, ttl: Duration) -> StoreError {
    loop {
        sleep(ttl / 3).await;
        match writer.store().renew(writer.lease(), ttl).await {
            Ok(_) => {}
            // The run has given it back, or is about to: whether that goes well is what it ends with.
            Err(StoreError::Fenced { .. }) if writer.has_settled() => std::future::pending().await,
            Err(error @ StoreError::Fenced { .. }) => return error,
            // The next time may be better; if it is not, others may take the lease, and this run is fenced off.
            Err(_) => {}
        }
    }
}

impl<S: State> Thread<S> {
    /// Takes the thread for something other than a run, unless one is under way, and loads one of its checkpoints.
    pub(super) async fn hold(
        &self,
        query: &CheckpointQuery,
    ) -> Result<(Hold, Option<StoredCheckpoint>), RunFailure> {
        let run = self.run_id(None);
        let claim = Claim {
            gates: &self.engine.gates,
            store: &*self.store,
            query,
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
