//! Events on their way to JavaScript handlers.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use moss_agent::{Delivery, EventSink, RunEvent};
use moss_protocol::{EventMetadata, EventName};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::items::Items;
use crate::outbox::Entry;
use crate::speaker::Speaker;

/// A JavaScript handler threw. The error itself stays in JavaScript.
#[derive(Debug)]
pub(crate) struct HandlerThrew;

impl fmt::Display for HandlerThrew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event handler threw")
    }
}

impl std::error::Error for HandlerThrew {}

/// What JavaScript did with a batch.
struct Answer {
    handled: usize,
    failed: bool,
}

/// The JavaScript handlers of one run.
pub(crate) struct HandlerSink {
    run: u32,
    wants: BTreeSet<EventName>,
    speaker: Arc<Speaker>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    /// What JavaScript was last told of.
    metadata: Mutex<Option<EventMetadata>>,
}

impl HandlerSink {
    pub(crate) fn new(run: u32, wants: BTreeSet<EventName>, speaker: Arc<Speaker>) -> Self {
        Self { run, wants, speaker, answer: Mutex::default(), metadata: Mutex::default() }
    }

    /// JavaScript is through with the batch.
    pub(crate) fn handled(&self, handled: usize, failed: bool) {
        if let Some(answer) = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody waits any more when the run was dropped.
            let _ = answer.send(Answer { handled, failed });
        }
    }

    /// The wanted events as JSON items.
    fn items(&self, batch: &[RunEvent]) -> (String, usize) {
        let mut last = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        let mut items = Items::default();
        let mut events = 0;
        for event in batch.iter().filter(|event| self.wants.contains(&event.event.name())) {
            if !last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &event.metadata)) {
                items.push("@metadata", |json| serde_json::to_writer(json, &event.metadata));
                *last = Some(Arc::clone(&event.metadata));
            }
            let name = event.event.name().as_str();
            items.push(name, |json| {
                event.event.serialize_data(&mut serde_json::Serializer::new(json))
            });
            events += 1;
        }
        (items.into_text(), events)
    }
}

#[async_trait]
impl EventSink for HandlerSink {
    fn wants(&self, name: EventName) -> bool {
        self.wants.contains(&name)
    }

    async fn deliver(&self, batch: &[RunEvent], _: &CancellationToken) -> Delivery {
        let (items, events) = self.items(batch);
        if events == 0 {
            return Delivery::all(batch);
        }
        let (sender, answer) = oneshot::channel();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        self.speaker.say(Entry { run: self.run, items, events });
        let answer = answer.await.unwrap_or(Answer { handled: 0, failed: false });
        if answer.handled >= events && !answer.failed {
            return Delivery::all(batch);
        }
        // Events that nobody listens to count as handled up to the last that was.
        let wanted = batch.iter().enumerate().filter(|(_, event)| self.wants(event.event.name()));
        let handled = answer
            .handled
            .checked_sub(1)
            .and_then(|last| wanted.map(|(position, _)| position + 1).nth(last))
            .unwrap_or(0);
        let failure = answer.failed.then(|| HandlerThrew.into());
        Delivery { handled, failure }
    }
}
