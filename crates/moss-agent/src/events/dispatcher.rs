//! The host's end of a run's event queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moss_protocol::StepStatus;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::emitter::Item;
use super::open_steps::OpenSteps;
use super::{EventEmitter, EventSink, HandlerError, RunEvent};

/// How many events wait for the host before producers do.
const QUEUE: usize = 256;

/// How long a cancelled run waits for a handler that is at work. A handler that does its last writes has
/// time for them; one that never returns does not keep the run from ending.
const GRACE: Duration = Duration::from_secs(5);

/// Takes events from the queue and hands them to the sink, batch by batch.
pub(crate) struct Dispatcher {
    queue: mpsc::Receiver<Item>,
    next_seq: Arc<AtomicU64>,
    sink: Arc<dyn EventSink>,
    open: OpenSteps,
    cancel: CancellationToken,
    stopped: Option<Stop>,
}

/// Why the host is told nothing more.
enum Stop {
    /// A handler failed.
    Failed(HandlerError),
    /// The run was cancelled, and a handler did not return within [`GRACE`].
    GaveUp,
}

/// A run's event queue. `cancel` is the run's: the dispatcher fires it when a handler fails, and drops
/// undelivered deltas once it has fired.
pub(crate) fn channel(
    sink: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> (EventEmitter, Dispatcher) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let next_seq = Arc::new(AtomicU64::new(1));
    let emitter =
        EventEmitter { queue: sender, next_seq: Arc::clone(&next_seq), sink: Arc::clone(&sink) };
    let open = OpenSteps::default();
    (emitter, Dispatcher { queue, next_seq, sink, open, cancel, stopped: None })
}

impl Dispatcher {
    /// Delivers until the run has no more events, or the host is told nothing more. Then the run is
    /// cancelled, and what waits in the queue is dropped.
    pub(crate) async fn run(&mut self) {
        let mut items = Vec::with_capacity(QUEUE);
        let mut batch = Vec::with_capacity(QUEUE);
        let mut ended = false;
        while !ended && self.queue.recv_many(&mut items, QUEUE).await > 0 {
            for item in items.drain(..) {
                match item {
                    Item::Event(event) => batch.push(*event),
                    Item::Flush(handled) => {
                        self.deliver(&mut batch).await;
                        if self.stopped.is_none() {
                            // Nobody waits for it any more when the run was dropped.
                            let _ = handled.send(());
                        }
                    }
                    Item::End => ended = true,
                }
            }
            self.deliver(&mut batch).await;
            if self.stopped.is_some() {
                self.cancel.cancel();
                // What waits is dropped, and with it the flushes that somebody may be waiting for.
                self.queue.close();
                while self.queue.recv().await.is_some() {}
                return;
            }
        }
    }

    /// Hands the batch over, and empties it.
    async fn deliver(&mut self, batch: &mut Vec<RunEvent>) {
        while !batch.is_empty() && self.stopped.is_none() {
            let cancelled = self.cancel.is_cancelled();
            if cancelled {
                batch.retain(|event| !event.is_delta());
                if batch.is_empty() {
                    return;
                }
            }
            // What is delivered after the cancellation is the end of the story, and is told whole.
            let cancel = if cancelled { CancellationToken::new() } else { self.cancel.clone() };
            let Some(delivery) = self.within_grace(self.sink.deliver(batch, &cancel)).await else {
                self.stopped = Some(Stop::GaveUp);
                break;
            };
            let handled = delivery.handled.min(batch.len());
            for event in &batch[..handled] {
                self.open.note(event);
            }
            batch.drain(..handled);
            self.stopped = delivery.failure.map(Stop::Failed);
            if self.stopped.is_none() && !batch.is_empty() && !self.cancel.is_cancelled() {
                // A sink that stops without a reason would otherwise be asked for ever.
                let failure = "the event sink stopped before the end of a batch";
                self.stopped = Some(Stop::Failed(failure.into()));
            }
        }
        batch.clear();
    }

    /// Waits for a delivery; once the run is cancelled, for [`GRACE`] and no longer.
    async fn within_grace<T>(&self, delivery: impl Future<Output = T>) -> Option<T> {
        let patience = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            delivery = delivery => Some(delivery),
            () = patience => None,
        }
    }

    /// Tells the host the end of every step that it has seen begin, and gives back the failure of the
    /// host's handlers, if one failed. A host whose handler never returned is told nothing: it is still at
    /// the event before.
    pub(crate) async fn finish(mut self, status: StepStatus) -> Option<HandlerError> {
        let failure = match self.stopped.take() {
            Some(Stop::GaveUp) => return None,
            Some(Stop::Failed(failure)) => Some(failure),
            None => None,
        };
        let events: Vec<RunEvent> = self
            .open
            .close_all(status)
            .into_iter()
            .map(|(event, metadata)| RunEvent {
                seq: self.next_seq.fetch_add(1, Ordering::Relaxed),
                event,
                metadata,
            })
            .collect();
        if !events.is_empty() {
            // The run is over: a failure here has nothing left to stop.
            let uncancelled = CancellationToken::new();
            self.within_grace(self.sink.deliver(&events, &uncancelled)).await;
        }
        failure
    }

    /// Whether a handler failed.
    pub(crate) const fn failed(&self) -> bool {
        matches!(self.stopped, Some(Stop::Failed(_)))
    }
}
