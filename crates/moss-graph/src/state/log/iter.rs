//! Walking over a log.

use std::iter::FusedIterator;
use std::sync::OnceLock;

use super::Log;
use super::spine::CHUNK;

/// The entries of a [`Log`] from first to last. Skipping ahead costs the same whatever the distance.
pub struct Iter<'a, T> {
    log: &'a Log<T>,
    front: usize,
    back: usize,
    /// The chunk `front` is in, or nothing where it must be looked up.
    chunk: &'a [OnceLock<T>],
}

impl<'a, T> Iter<'a, T> {
    pub(super) fn new(log: &'a Log<T>) -> Self {
        Self { log, front: 0, back: log.len(), chunk: &[] }
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.front >= self.back {
            return None;
        }
        if self.chunk.is_empty() || self.front.is_multiple_of(CHUNK) {
            self.chunk = self.log.chunk(self.front / CHUNK)?;
        }
        let entry = self.chunk.get(self.front % CHUNK)?.get();
        self.front += 1;
        entry
    }

    fn nth(&mut self, n: usize) -> Option<&'a T> {
        self.front = self.front.saturating_add(n).min(self.back);
        self.chunk = &[];
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        self.back -= 1;
        self.log.get(self.back)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T> FusedIterator for Iter<'_, T> {}

// Not derived: a derived `Clone` would ask the same of `T`.
impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}
