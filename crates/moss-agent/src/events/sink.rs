//! Where a run's events go.

use async_trait::async_trait;
use moss_protocol::{EventMetadata, EventName, EventRecord, GraphEvent, RunId};
use tokio_util::sync::CancellationToken;

use super::HandlerError;

/// One event of a run, with its number and what handlers get beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvent {
    /// Grows by one with each event of the run, from 1.
    pub seq: u64,
    /// The event.
    pub event: GraphEvent,
    /// Where it came from: shared by all events of one node run.
    pub metadata: EventMetadata,
}

impl RunEvent {
    /// The event as a log keeps it.
    #[must_use]
    pub fn into_record(self, run_id: RunId) -> EventRecord {
        EventRecord::new(run_id, self.seq, self.event)
    }

    /// Whether it only adds to a step, so that nobody misses it once the run is cancelled.
    pub(crate) const fn is_delta(&self) -> bool {
        matches!(
            self.event,
            GraphEvent::MessageDelta(_)
                | GraphEvent::ReasoningDelta(_)
                | GraphEvent::RunStepDelta(_)
                | GraphEvent::ChatModelStream(_)
        )
    }
}

/// What a host did with a batch of events.
#[derive(Debug)]
pub struct Delivery {
    /// How many of them were handled, counting the one that failed.
    pub handled: usize,
    /// The failure of the last one handled.
    pub failure: Option<HandlerError>,
}

impl Delivery {
    /// All of a batch was handled.
    #[must_use]
    pub const fn all(batch: &[RunEvent]) -> Self {
        Self { handled: batch.len(), failure: None }
    }
}

/// Where a run's events go: an [`EventHandlerRegistry`](crate::EventHandlerRegistry), or a face that hands
/// them to another language or over a wire.
///
/// A run delivers one batch at a time and waits for it, so a slow sink slows the reading of the model.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Whether anybody listens to this event. What nobody wants is not even made where making it costs.
    fn wants(&self, name: EventName) -> bool;

    /// Hands over events in order. When `cancel` fires, it may stop after the event at hand and say how far
    /// it came.
    async fn deliver(&self, batch: &[RunEvent], cancel: &CancellationToken) -> Delivery;
}
