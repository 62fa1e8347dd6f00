//! The producers' end of a run's event queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moss_protocol::{EventMetadata, EventName, GraphEvent};
use thiserror::Error;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::{EventSink, RunEvent};

/// What travels through the queue.
pub(super) enum Item {
    Event(Box<RunEvent>),
    /// Answered when all that came before was handled.
    Flush(oneshot::Sender<()>),
    /// The run has no more events.
    End,
}

/// The host no longer takes events: a handler failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the host's event handlers have stopped")]
pub(crate) struct Stopped;

/// The producers' end of a run's event queue. Sending waits while the queue is full.
#[derive(Clone)]
pub(crate) struct EventEmitter {
    pub(super) queue: mpsc::Sender<Item>,
    pub(super) next_seq: Arc<AtomicU64>,
    pub(super) sink: Arc<dyn EventSink>,
}

impl EventEmitter {
    /// Whether anybody listens to this event.
    pub(crate) fn wants(&self, name: EventName) -> bool {
        self.sink.wants(name)
    }

    /// Queues an event. Steps always travel, since the run must know which of them the host has seen;
    /// everything else only when somebody listens.
    pub(crate) async fn emit(
        &self,
        event: GraphEvent,
        metadata: &EventMetadata,
    ) -> Result<(), Stopped> {
        match self.item(event, metadata) {
            Some(item) => self.send(item).await,
            None => Ok(()),
        }
    }

    /// Queues several events.
    pub(crate) async fn emit_all(
        &self,
        events: impl IntoIterator<Item = GraphEvent>,
        metadata: &EventMetadata,
    ) -> Result<(), Stopped> {
        for event in events {
            if let Some(item) = self.item(event, metadata) {
                self.send(item).await?;
            }
        }
        Ok(())
    }

    /// Waits until the host has handled all that was queued before.
    pub(crate) async fn flush(&self) -> Result<(), Stopped> {
        let (handled, wait) = oneshot::channel();
        self.send(Item::Flush(handled)).await?;
        wait.await.map_err(|_| Stopped)
    }

    /// Says that no more events come.
    pub(crate) async fn end(&self) {
        // A queue that is closed has ended already.
        let _ = self.send(Item::End).await;
    }

    /// The event as it travels; `None` when it need not. Boxed here and not later: events are large, and
    /// each step of the way would move them.
    fn item(&self, event: GraphEvent, metadata: &EventMetadata) -> Option<Item> {
        let name = event.name();
        let counts = matches!(name, EventName::RunStep | EventName::RunStepClosed);
        if !counts && !self.sink.wants(name) {
            return None;
        }
        let seq = self.next_seq.fetch_add(1, Ordering::Relaxed);
        Some(Item::Event(Box::new(RunEvent { seq, event, metadata: Arc::clone(metadata) })))
    }

    async fn send(&self, item: Item) -> Result<(), Stopped> {
        // There nearly always is room.
        match self.queue.try_send(item) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(item)) => self.queue.send(item).await.map_err(|_| Stopped),
            Err(TrySendError::Closed(_)) => Err(Stopped),
        }
    }
}
