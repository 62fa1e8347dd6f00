//! What waits to be told to JavaScript: of all runs of an environment, in order.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How much one batch holds at most, unless a single entry is larger. Texts of up to 128 KB V8 makes in memory that it has; a
/// larger one costs pages of its own.
const BATCH_EVENTS: usize = 256;
const BATCH_BYTES: usize = 120 * 1024;

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
        let Some(first) = queue.pop_front() else { return ("[]".to_owned(), false) };
        // The first one may be large: it becomes the batch, and is not copied to another.
        let (mut events, mut batch) = (first.events, first.items);
        batch.insert_str(0, &format!("[[{},[", first.run));
        batch.push_str("]]");
        while let Some(next) = queue.pop_front_if(|next| {
            events + next.events <= BATCH_EVENTS && batch.len() + next.items.len() <= BATCH_BYTES
        }) {
            batch.push_str(&format!(",[{},[", next.run));
            batch.push_str(&next.items);
            batch.push_str("]]");
            events += next.events;
        }
        batch.push(']');
        (batch, !queue.is_empty())
    }
}
