//! One Node environment: its runs, and the one function through which they speak to JavaScript.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use napi::Result;
use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};

use crate::outbox::{Entry, Outbox};
use crate::run::RunHandle;

/// The thread-safe function: carries nothing, is weak, and has at most one call under way. What there is to say
/// is taken from the outbox on the JavaScript thread, so that all that came in the meantime goes along.
type Wake = ThreadsafeFunction<(), (), String, Status, false, true, 1>;

/// One Node environment.
pub(crate) struct Connection {
    speaker: Arc<Speaker>,
    runs: Mutex<HashMap<u32, Arc<RunHandle>>>,
    next_run: AtomicU32,
}

/// The way to JavaScript.
pub(crate) struct Speaker {
    outbox: Outbox,
    /// Whether a call is under way that will take what is in the outbox.
    woken: AtomicBool,
    /// Set once, when the function that asks for batches exists.
    wake: OnceLock<Wake>,
}

impl Connection {
    pub(crate) fn new(on_batch: &Function<'_, String, ()>) -> Result<Self> {
        let speaker = Arc::new(Speaker {
            outbox: Outbox::default(),
            woken: AtomicBool::new(false),
            wake: OnceLock::new(),
        });
        // Weak, since the speaker holds the function that holds this callback.
        let asked = Arc::downgrade(&speaker);
        let wake = on_batch
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .max_queue_size::<1>()
            .build_callback(move |_| {
                Ok(asked.upgrade().map_or_else(|| "[]".to_owned(), |speaker| speaker.take_batch()))
            })?;
        // Nobody else has the speaker yet, so that it is not set already.
        let _ = speaker.wake.set(wake);
        Ok(Self { speaker, runs: Mutex::default(), next_run: AtomicU32::new(1) })
    }

    pub(crate) fn speaker(&self) -> Arc<Speaker> {
        Arc::clone(&self.speaker)
    }

    pub(crate) fn next_run_number(&self) -> u32 {
        self.next_run.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn keep(&self, run: RunHandle) {
        self.runs().insert(run.number(), Arc::new(run));
    }

    pub(crate) fn run(&self, number: u32) -> Option<Arc<RunHandle>> {
        self.runs().get(&number).cloned()
    }

    pub(crate) fn forget(&self, number: u32) {
        if let Some(run) = self.runs().remove(&number) {
            run.cancel();
        }
    }

    /// The environment ends: so do its runs.
    pub(crate) fn close(&self) {
        for (_, run) in self.runs().drain() {
            run.cancel();
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u32, Arc<RunHandle>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Speaker {
    /// Queues an entry, and wakes JavaScript unless it is being woken already.
    pub(crate) fn say(&self, entry: Entry) {
        self.outbox.push(entry);
        self.wake();
    }

    /// What JavaScript is to hear next. On the JavaScript thread.
    fn take_batch(&self) -> String {
        // From here on a new entry needs a new call.
        self.woken.store(false, Ordering::Release);
        let (batch, more) = self.outbox.take_batch();
        if more {
            self.wake();
        }
        batch
    }

    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel)
            && let Some(wake) = self.wake.get()
        {
            // An environment that is closing hears no more; its runs are cancelled with it.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
