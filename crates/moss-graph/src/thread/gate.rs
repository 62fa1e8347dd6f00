//! One run at a time on each thread of an engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moss_protocol::RunId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;

use crate::checkpoint::ThreadId;

/// What becomes of a run when another is under way on its thread. LangGraph's multitask strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BusyThread {
    /// It is refused.
    #[default]
    Reject,
    /// It waits until the other is done. Those that wait in one process go in the order they came.
    Enqueue,
    /// The other is cancelled; what it has committed stays, and this one goes on from there.
    Interrupt,
    /// The other is cancelled, and what it has committed is taken back.
    Rollback,
}

/// The runs of an engine that are under way, by thread. The store's lease is what counts; this lets runs of one
/// process wait for each other without asking the store, and lets one cancel the other at once.
#[derive(Debug, Default)]
pub(crate) struct Gates(Mutex<HashMap<ThreadId, Gate>>);

#[derive(Debug, Default, Clone)]
struct Gate {
    turn: Arc<Turn<()>>,
    /// The run whose turn it is.
    current: Option<(RunId, CancellationToken)>,
    /// How many hold the gate or wait for it.
    users: usize,
}

/// The turn of a run on its thread, in this process. It ends when this is dropped.
pub(crate) struct Pass {
    gates: Arc<Gates>,
    thread: ThreadId,
    turn: Option<OwnedMutexGuard<()>>,
    /// The run that had to give way, if one did.
    pub(crate) displaced: Option<RunId>,
}

impl Gates {
    /// Takes the thread's turn; none where it is taken and the run is not to wait.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        thread: &ThreadId,
        busy: BusyThread,
        (run, cancellation): (RunId, CancellationToken),
    ) -> Option<Pass> {
        let (turn, current) = {
            let mut gates = self.lock();
            let gate = gates.entry(thread.clone()).or_default();
            gate.users += 1;
            (Arc::clone(&gate.turn), gate.current.clone())
        };
        // From here on the gate is left however this ends, also by being dropped.
        let mut pass =
            Pass { gates: Arc::clone(self), thread: thread.clone(), turn: None, displaced: None };
        match busy {
            BusyThread::Reject => pass.turn = Some(turn.try_lock_owned().ok()?),
            BusyThread::Enqueue => pass.turn = Some(turn.lock_owned().await),
            BusyThread::Interrupt | BusyThread::Rollback => {
                if let Some((displaced, cancellation)) = current {
                    cancellation.cancel();
                    pass.displaced = Some(displaced);
                }
                pass.turn = Some(turn.lock_owned().await);
            }
        }
        if let Some(gate) = self.lock().get_mut(thread) {
            gate.current = Some((run, cancellation));
        }
        Some(pass)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut gates = self.gates.lock();
        if let Some(gate) = gates.get_mut(&self.thread) {
            if self.turn.is_some() {
                gate.current = None;
            }
            gate.users -= 1;
            if gate.users == 0 {
                gates.remove(&self.thread);
            }
        }
    }
}
