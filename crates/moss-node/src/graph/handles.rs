//! Values that a run and its JavaScript know by number.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

/// How many bytes of JSON are told before it is looked for the first time what of it nobody needs any more.
const FIRST_LOOK: usize = 64 * 1024;

/// The values that JavaScript was told with a handle. It keeps what it made of them, and either side names a value by
/// its handle from then on. A value is held here, so that no other comes to stand in its place in memory.
///
/// When nobody but this holds a value any more, JavaScript is told to release it. What JavaScript has said before it
/// hears of that may still name the value: it is let go when JavaScript answers, since what it says keeps its order.
#[derive(Default)]
pub(super) struct Handles {
    last: u64,
    values: HashMap<u64, Held>,
    /// The handles of what has not been released, by where it stands in memory.
    places: HashMap<usize, u64>,
    /// What JavaScript was told to release and has not answered to, the oldest first.
    released: VecDeque<u64>,
    /// The bytes of what is in `places`.
    bytes: usize,
    /// The bytes of that which were needed when it was last looked.
    needed: usize,
}

struct Held {
    value: Arc<Value>,
    /// How long it is as JSON.
    bytes: usize,
}

impl Handles {
    /// The handle of a value that JavaScript has.
    pub(super) fn of(&self, value: &Arc<Value>) -> Option<u64> {
        self.places.get(&place(value)).copied()
    }

    /// A handle for a value that JavaScript is told now, and which has so many bytes as JSON.
    pub(super) fn give(&mut self, value: &Arc<Value>, bytes: usize) -> u64 {
        self.last += 1;
        self.places.insert(place(value), self.last);
        self.values.insert(self.last, Held { value: Arc::clone(value), bytes });
        self.bytes += bytes;
        self.last
    }

    /// The value that JavaScript names.
    pub(super) fn get(&self, handle: u64) -> Option<&Arc<Value>> {
        self.values.get(&handle).map(|held| &held.value)
    }

    /// What JavaScript is to release. It is looked for whenever what was told has doubled since the last time, so that
    /// looking costs a constant part of telling, and what nobody needs is never more than what somebody does.
    pub(super) fn release(&mut self) -> Vec<u64> {
        if self.bytes < FIRST_LOOK.max(2 * self.needed) {
            return Vec::new();
        }
        let values = &self.values;
        let mut unused = Vec::new();
        self.places.retain(|_, handle| {
            let is_used = values.get(handle).is_some_and(|held| Arc::strong_count(&held.value) > 1);
            if !is_used {
                unused.push(*handle);
            }
            is_used
        });
        let freed = unused.iter().filter_map(|handle| values.get(handle));
        self.bytes -= freed.map(|held| held.bytes).sum::<usize>();
        self.needed = self.bytes;
        self.released.extend(&unused);
        unused
    }

    /// JavaScript has released so many, the oldest first.
    pub(super) fn released(&mut self, count: usize) {
        for handle in self.released.drain(..count.min(self.released.len())) {
            self.values.remove(&handle);
        }
    }
}

fn place(value: &Arc<Value>) -> usize {
    Arc::as_ptr(value).addr()
}
