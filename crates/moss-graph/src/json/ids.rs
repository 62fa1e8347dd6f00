//! Where the messages with an id are, shared by versions of a log that grow out of each other.

use std::collections::HashMap;
use std::sync::Arc;

/// The ids of one line of versions, each of which begins with all of the one before.
///
/// A version that goes on where another has gone on already cuts the other's part off: so the two costs what they
/// differ in. The other one notices by the cuts that were made since it was last here, and trusts only what stands
/// before them.
#[derive(Debug, Default)]
pub(super) struct Ids {
    places: HashMap<Arc<str>, usize>,
    /// By place; a message may have no id.
    order: Vec<Option<Arc<str>>>,
    /// How many cuts have been made.
    cuts: u64,
    /// The cuts that matter still, each with its number and place: both grow, since a cut hides all before it that
    /// were made further behind.
    open_cuts: Vec<(u64, usize)>,
}

impl Ids {
    /// How many cuts have been made: what a version remembers of its last visit.
    pub(super) const fn cuts(&self) -> u64 {
        self.cuts
    }

    /// How many of the first places are still those of a version that was here after so many cuts.
    pub(super) fn trusted(&self, seen: u64, length: usize) -> usize {
        let first = self.open_cuts.partition_point(|(number, _)| *number <= seen);
        self.open_cuts.get(first).map_or(length, |(_, place)| length.min(*place))
    }

    /// Where the message with an id is.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Puts an id at a place that is at most the end, and cuts off what others have put there and behind.
    pub(super) fn put(&mut self, place: usize, id: Option<&str>) {
        if place < self.order.len() {
            self.cut(place);
        }
        let id: Option<Arc<str>> = id.map(Into::into);
        if let Some(id) = &id {
            self.places.insert(Arc::clone(id), place);
        }
        self.order.push(id);
    }

    fn cut(&mut self, place: usize) {
        for id in self.order.drain(place..).flatten() {
            self.places.remove(&id);
        }
        self.cuts += 1;
        while self.open_cuts.last().is_some_and(|(_, other)| *other >= place) {
            self.open_cuts.pop();
        }
        self.open_cuts.push((self.cuts, place));
    }
}
