//! Runs that are polled on the JavaScript thread.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use moss_graph::{CancellationToken, Drain};

use super::dialogue::Dialogue;
use super::end::End;
use super::error;
use crate::speaker::Speaker;

/// An operation, to be polled.
pub(crate) type Work = Pin<Box<dyn Future<Output = End> + Send>>;

/// The runs of one Node environment that are polled there, and which of them have something to do.
#[derive(Default)]
pub(crate) struct PolledRuns {
    all: Mutex<HashMap<u32, Arc<Polled>>>,
    ready: Mutex<VecDeque<Arc<Polled>>>,
}

/// One run, or another operation on a graph or a store.
pub(crate) struct Polled {
    number: u32,
    speaker: Arc<Speaker>,
    pub(crate) dialogue: Arc<Dialogue>,
    cancel: CancellationToken,
    drain: Drain,
    /// None when it is over.
    work: Mutex<Option<Work>>,
    /// Whether it stands in the queue of those that are ready.
    is_ready: AtomicBool,
}

impl Polled {
    pub(super) fn new(
        number: u32,
        speaker: Arc<Speaker>,
        dialogue: Arc<Dialogue>,
        (cancel, drain): (CancellationToken, Drain),
        work: Work,
    ) -> Self {
        Self {
            number,
            speaker,
            dialogue,
            cancel,
            drain,
            work: Mutex::new(Some(work)),
            is_ready: AtomicBool::new(false),
        }
    }

    /// Ends the run at the next `await`, with an error.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Asks the run to stop at the end of its superstep.
    pub(crate) fn drain(&self) {
        self.drain.request();
    }

    /// Puts it among those that are to be polled.
    pub(crate) fn schedule(self: &Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::AcqRel) {
            lock(&self.speaker.polled.ready).push_back(Arc::clone(self));
        }
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        lock(&self.work)
    }

    /// Goes on until the run waits for something. Tells whether it is over.
    fn poll(self: &Arc<Self>) -> bool {
        self.is_ready.store(false, Ordering::Release);
        let mut work = self.work();
        let Some(going) = work.as_mut() else { return true };
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let end = match catch_unwind(AssertUnwindSafe(|| going.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => return false,
            Ok(Poll::Ready(end)) => end,
            Err(_) => End::of(&error::panicked()),
        };
        // Dropped before its end is told: nothing that it still had to say comes behind.
        *work = None;
        self.dialogue.end(end);
        true
    }
}

impl Wake for Polled {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.schedule();
        self.speaker.wake();
    }
}

impl PolledRuns {
    pub(super) fn add(&self, run: Polled) {
        lock(&self.all).insert(run.number, Arc::new(run));
    }

    pub(crate) fn get(&self, number: u32) -> Option<Arc<Polled>> {
        lock(&self.all).get(&number).cloned()
    }

    /// Polls those that are ready, and those that become so, until all wait.
    pub(crate) fn drive(&self) {
        if !self.has_ready() {
            return;
        }
        // Timers and channels of the runs belong to the runtime's threads.
        napi::bindgen_prelude::within_runtime_if_available(|| {
            while let Some(run) = self.next_ready() {
                if run.poll() {
                    lock(&self.all).remove(&run.number);
                }
            }
        });
    }

    /// Whether one of them has something to do.
    pub(crate) fn has_ready(&self) -> bool {
        !lock(&self.ready).is_empty()
    }

    fn next_ready(&self) -> Option<Arc<Polled>> {
        lock(&self.ready).pop_front()
    }

    /// The environment ends: so do its runs. The runtime may be gone already.
    pub(crate) fn close(&self) {
        let runs: Vec<_> = lock(&self.all).drain().map(|(_, run)| run).collect();
        lock(&self.ready).clear();
        for run in runs {
            // A run's wakers hold the run: only without its work is it freed.
            let work = run.work().take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
        }
    }
}

/// Locks, whoever panicked before.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
