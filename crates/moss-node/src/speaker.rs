//! The one function through which the runs of a Node environment speak to JavaScript.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};

use crate::graph::PolledRuns;
use crate::outbox::{Entry, Outbox};

/// The thread-safe function: carries nothing, is weak, and has at most one call under way. What there is to say
/// is taken from the outbox on the JavaScript thread, so that all that came in the meantime goes along.
type Wake = ThreadsafeFunction<(), (), String, Status, false, true, 1>;

/// The way to JavaScript.
pub(crate) struct Speaker {
    outbox: Outbox,
    /// Runs that are polled on the JavaScript thread, before it takes what there is to say.
    pub(crate) polled: PolledRuns,
    /// Whether a call is under way that will take what is in the outbox.
    woken: AtomicBool,
    /// Set once, when the function that asks for batches exists.
    wake: OnceLock<Wake>,
}

impl Speaker {
    /// Speaks through `on_batch`.
    pub(crate) fn new(on_batch: &Function<'_, String, ()>) -> Result<Arc<Self>> {
        let speaker = Arc::new(Self {
            outbox: Outbox::default(),
            polled: PolledRuns::default(),
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
        Ok(speaker)
    }

    /// Queues an entry, and wakes JavaScript unless it is being woken already.
    pub(crate) fn say(&self, entry: Entry) {
        self.outbox.push(entry);
        self.wake();
    }

    /// What JavaScript is to hear next. On the JavaScript thread.
    fn take_batch(&self) -> String {
        // From here on a new entry needs a new call.
        self.woken.store(false, Ordering::Release);
        self.polled.drive();
        self.batch()
    }

    /// Hears what JavaScript says, polls the runs that are ready, and gives what JavaScript is to hear next. On the
    /// JavaScript thread.
    pub(crate) fn pump(&self, hear: impl FnOnce()) -> String {
        {
            // What is said meanwhile needs no call: it is in the batch.
            let _awake = Awake::from_now(&self.woken);
            hear();
            self.polled.drive();
        }
        self.batch()
    }

    fn batch(&self) -> String {
        let (batch, more) = self.outbox.take_batch();
        // What has come up since the runs were polled had nobody to wake.
        if more || self.polled.has_ready() {
            self.wake();
        }
        batch
    }

    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel)
            && let Some(wake) = self.wake.get()
        {
            // An environment that is closing hears no more; its runs are cancelled with it.
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// While it is there, JavaScript needs no call to hear of what is said. It ends with a panic too, or nothing would be heard
/// any more.
struct Awake<'s>(&'s AtomicBool);

impl<'s> Awake<'s> {
    fn from_now(woken: &'s AtomicBool) -> Self {
        woken.store(true, Ordering::Release);
        Self(woken)
    }
}

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
