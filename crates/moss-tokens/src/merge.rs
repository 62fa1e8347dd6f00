//! Byte-pair merging: of all neighbours that together are a token, the pair with the lowest rank is put together, the
//! leftmost of equals first, until no neighbours are a token.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::vocabulary::{NO_RANK, Rank, Vocabulary};

/// Up to this length it is quicker to look at all pairs each time than to keep them in order.
const SHORT: usize = 96;

/// Puts bytes together. Keeps its memory from text to text.
#[derive(Default)]
pub(crate) struct Merger {
    parts: Vec<Part>,
    heap: BinaryHeap<Reverse<(Rank, u32)>>,
}

/// What is put together so far, from here to the next part.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    /// The rank of this part and the next together.
    pair: Rank,
    /// The neighbours, where parts stay in their place.
    before: u32,
    after: u32,
}

impl Merger {
    /// The tokens of some bytes, handed out one after the other.
    ///
    /// Takes time with n log n, whatever the bytes are.
    pub(crate) fn merge(
        &mut self,
        vocabulary: &Vocabulary,
        bytes: &[u8],
        mut token: impl FnMut(Rank),
    ) {
        self.parts.clear();
        let Ok(length) = u32::try_from(bytes.len()) else { return };
        // The last part is the end.
        self.parts.extend((0..=length).map(|start| {
            let at = start as usize;
            let pair = bytes.get(at..at + 2).map_or(NO_RANK, |pair| vocabulary.rank(pair));
            Part { start, pair, before: start.wrapping_sub(1), after: start + 1 }
        }));
        if bytes.len() <= SHORT {
            self.merge_short(vocabulary, bytes);
        } else {
            self.merge_long(vocabulary, bytes, length);
        }
        for parts in self.parts.windows(2) {
            let &[part, next] = parts else { continue };
            token(vocabulary.rank(&bytes[part.start as usize..next.start as usize]));
        }
    }

    fn merge_short(&mut self, vocabulary: &Vocabulary, bytes: &[u8]) {
        let parts = &mut self.parts;
        loop {
            let mut lowest = (NO_RANK, 0);
            for (position, part) in parts.iter().enumerate() {
                if part.pair < lowest.0 {
                    lowest = (part.pair, position);
                }
            }
            let (rank, position) = lowest;
            if rank == NO_RANK {
                return;
            }
            parts.remove(position + 1);
            let pair = |first: usize| match (parts.get(first), parts.get(first + 2)) {
                (Some(first), Some(end)) => {
                    vocabulary.rank(&bytes[first.start as usize..end.start as usize])
                }
                _ => NO_RANK,
            };
            let (own, before) = (pair(position), position.checked_sub(1).map(pair));
            parts[position].pair = own;
            if let Some(before) = before {
                parts[position - 1].pair = before;
            }
        }
    }

    /// The same with a heap of pairs. Parts stay in their place; one that was put together with the one before has
    /// `pair` and `after` of none.
    fn merge_long(&mut self, vocabulary: &Vocabulary, bytes: &[u8], end: u32) {
        let Self { parts, heap } = self;
        heap.clear();
        let known = parts.iter().filter(|part| part.pair != NO_RANK);
        heap.extend(known.map(|part| Reverse((part.pair, part.start))));
        // The rank of the part at `first` and the next together.
        let pair = |parts: &[Part], first: u32| {
            let second = parts[first as usize].after;
            if second >= end {
                return NO_RANK;
            }
            vocabulary.rank(&bytes[first as usize..parts[second as usize].after as usize])
        };
        while let Some(Reverse((rank, at))) = heap.pop() {
            let part = parts[at as usize];
            // An entry of earlier: the part has another neighbour now, or is itself put together.
            if part.pair != rank {
                continue;
            }
            let gone = part.after;
            let next = parts[gone as usize].after;
            parts[at as usize].after = next;
            parts[gone as usize].pair = NO_RANK;
            parts[gone as usize].after = u32::MAX;
            parts[next as usize].before = at;
            let changed = if part.before == u32::MAX { [at, at] } else { [part.before, at] };
            for first in changed {
                let rank = pair(parts, first);
                parts[first as usize].pair = rank;
                if rank != NO_RANK {
                    heap.push(Reverse((rank, first)));
                }
            }
        }
        parts.retain(|part| part.after != u32::MAX);
    }
}
