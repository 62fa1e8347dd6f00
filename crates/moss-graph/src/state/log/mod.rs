//! An append-only list whose versions share their entries.

mod iter;
mod serde;
mod spine;

use std::fmt;
use std::ops::Index;

pub use iter::Iter;
use spine::{CHUNK, Chunk, Spine, empty_chunk};

/// An append-only list: the type for a state's messages, and for whatever else only grows.
///
/// A clone costs two reference counts whatever the length, and appending costs the same whether or not older
/// versions are still held: a checkpoint, a stream or a node may keep its version while the run goes on.
///
/// ```
/// use moss_graph::Log;
///
/// let mut log = Log::from(vec!["hello"]);
/// let before = log.clone();
/// log.push("world");
/// assert_eq!(before, ["hello"]);
/// assert_eq!(log, ["hello", "world"]);
/// assert_eq!(log.iter().skip(before.len()).collect::<Vec<_>>(), [&"world"]);
/// ```
///
/// Entries live in chunks of 32 slots that are set once. A version is a length: appending to the longest version
/// sets the next slot, which the shorter ones do not see. Only where two versions of the same length are both
/// appended to must the second copy the last chunk, at most 31 entries. An entry is freed when no version holds
/// its chunk.
pub struct Log<T> {
    spine: Spine<T>,
    /// The last, partly filled chunk; full only until the next push.
    tail: Option<Chunk<T>>,
    len: usize,
}

impl<T> Log<T> {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self { spine: Spine::default(), tail: None, len: 0 }
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry at a place counted from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        self.chunk(index / CHUNK)?.get(index % CHUNK)?.get()
    }

    /// The first entry.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// The entries from first to last.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// How many of the first entries this log and another have in common. Entries in chunks that both hold are not
    /// looked at, so between versions of one log the answer costs little, whatever their length; others are compared
    /// with `same`, up to the first two that differ.
    #[must_use]
    pub fn common_prefix(&self, other: &Self, mut same: impl FnMut(&T, &T) -> bool) -> usize {
        let shared = self.shared_prefix(other);
        let rest = self.iter().skip(shared).zip(other.iter().skip(shared));
        shared + rest.take_while(|(own, others)| same(own, others)).count()
    }

    /// How many of the first entries are in chunks that another log holds too.
    ///
    /// A chunk is in one log's versions only, and those that have it have all that stood before it when it was
    /// begun: so the chunks that two logs share are their first ones, and the last of them is found by halving.
    fn shared_prefix(&self, other: &Self) -> usize {
        let length = self.len.min(other.len);
        let is_shared = |number: usize| match (self.chunk(number), other.chunk(number)) {
            (Some(own), Some(others)) => std::ptr::eq(own, others),
            (None | Some(_), None) | (None, Some(_)) => false,
        };
        let (mut shared, mut end) = (0, length.div_ceil(CHUNK));
        while shared < end {
            let middle = shared + (end - shared) / 2;
            if is_shared(middle) {
                shared = middle + 1;
            } else {
                end = middle;
            }
        }
        length.min(shared * CHUNK)
    }

    /// The chunk with a number, which may hold entries of longer versions behind this one's end.
    fn chunk(&self, number: usize) -> Option<&[std::sync::OnceLock<T>]> {
        match self.spine.get(number) {
            Some(chunk) => Some(chunk),
            None => self.tail.as_deref(),
        }
    }
}

impl<T: Clone> Log<T> {
    /// Puts an entry at the end.
    pub fn push(&mut self, entry: T) {
        let place = self.len % CHUNK;
        if place == 0
            && let Some(full) = self.tail.take()
        {
            self.spine.push(full);
        }
        let tail = self.tail.get_or_insert_with(empty_chunk);
        if let Err(entry) = tail[place].set(entry) {
            // Another version has gone on from here: this one needs a chunk of its own.
            let own = empty_chunk();
            for (slot, shared) in own.iter().zip(&tail[..place]) {
                if let Some(shared) = shared.get() {
                    slot.get_or_init(|| shared.clone());
                }
            }
            own[place].get_or_init(|| entry);
            *tail = own;
        }
        self.len += 1;
    }
}

impl<T: Clone> Extend<T> for Log<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, entries: I) {
        for entry in entries {
            self.push(entry);
        }
    }
}

impl<T: Clone> FromIterator<T> for Log<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut log = Self::new();
        log.extend(entries);
        log
    }
}

impl<T: Clone> From<Vec<T>> for Log<T> {
    fn from(entries: Vec<T>) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a, T> IntoIterator for &'a Log<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Index<usize> for Log<T> {
    type Output = T;

    /// The entry at a place counted from 0.
    ///
    /// # Panics
    /// When there is no such entry, as indexing a `Vec` does. [`Log::get`] does not.
    #[allow(clippy::panic, reason = "an index out of bounds panics, as with every list")]
    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(entry) => entry,
            None => panic!("index {index} is out of bounds of a log of {}", self.len),
        }
    }
}

// Not derived: a derived `Clone` or `Default` would ask the same of `T`.
impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self { spine: self.spine.clone(), tail: self.tail.clone(), len: self.len }
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: PartialEq> PartialEq for Log<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other)
    }
}

impl<T: Eq> Eq for Log<T> {}

impl<T: PartialEq<U>, U> PartialEq<[U]> for Log<T> {
    fn eq(&self, other: &[U]) -> bool {
        self.len == other.len() && self.iter().eq(other)
    }
}

impl<T: PartialEq<U>, U> PartialEq<Vec<U>> for Log<T> {
    fn eq(&self, other: &Vec<U>) -> bool {
        *self == **other
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for Log<T> {
    fn eq(&self, other: &[U; N]) -> bool {
        *self == other[..]
    }
}
