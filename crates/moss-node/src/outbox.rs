//! What waits to be told to JavaScript: of all runs of an environment, in order.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How much one batch holds at most, unless a single entry is larger.
const BATCH_EVENTS: usize = 256;
const BATCH_BYTES: usize = 256 * 1024;

/// What a run has to say: items already in JSON, without the list's brackets.
pub(crate) struct Entry {
    pub(crate) run: u32,
    pub(crate) items: String,
    pub(crate) events: usize,
}

/// The queue. It is bounded by its runs: each has one batch of events in it, and a control item or two a tool
/// call.
#[derive(Default)]
pub(crate) struct Outbox(Mutex<VecDeque<Entry>>);

impl Outbox {
    /// Adds an entry.
    pub(crate) fn push(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(entry);
    }

    /// Takes what fits into one batch: `[[run,[item,…]],…]`. Also tells whether something is left.
    pub(crate) fn take_batch(&self) -> (String, bool) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut events, mut batch) = (0, String::from("["));
        while let Some(entry) = queue.pop_front() {
            if batch.len() > 1 {
                batch.push(',');
            }
            batch.push('[');
            batch.push_str(&entry.run.to_string());
            batch.push_str(",[");
            batch.push_str(&entry.items);
            batch.push_str("]]");
            events += entry.events;
            let next = queue.front();
            let next_bytes = next.map_or(0, |next| next.items.len());
            let next_events = next.map_or(0, |next| next.events);
            if events + next_events > BATCH_EVENTS || batch.len() + next_bytes > BATCH_BYTES {
                break;
            }
        }
        batch.push(']');
        (batch, !queue.is_empty())
    }
}
