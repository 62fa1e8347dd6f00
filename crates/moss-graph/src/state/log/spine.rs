//! The full chunks of a log: a tree with 32 children a node, shared between versions.

use std::sync::{Arc, OnceLock};

/// Bits of an index that choose a child: 32 children a node, and 32 entries a chunk.
const BITS: u32 = 5;
/// Entries in a chunk.
pub(super) const CHUNK: usize = 1 << BITS;

/// A run of entries. A slot is set once and never changes, so versions of different lengths can share a chunk.
pub(super) type Chunk<T> = Arc<[OnceLock<T>]>;

pub(super) fn empty_chunk<T>() -> Chunk<T> {
    (0..CHUNK).map(|_| OnceLock::new()).collect()
}

/// A persistent list of chunks: a clone is one reference count, a push copies at most the path to the last
/// chunk.
pub(super) struct Spine<T> {
    root: Arc<Branch<T>>,
    /// Levels of [`Branch::Inner`] above [`Branch::Chunks`].
    height: u32,
    chunks: usize,
}

enum Branch<T> {
    Chunks(Vec<Chunk<T>>),
    Inner(Vec<Arc<Branch<T>>>),
}

impl<T> Spine<T> {
    pub(super) fn get(&self, index: usize) -> Option<&Chunk<T>> {
        let mut branch = &*self.root;
        let mut height = self.height;
        if index >> BITS >> (BITS * height) != 0 {
            return None;
        }
        loop {
            let place = (index >> (BITS * height)) & (CHUNK - 1);
            match branch {
                Branch::Chunks(chunks) => return chunks.get(place),
                Branch::Inner(children) => branch = children.get(place)?,
            }
            height -= 1;
        }
    }

    pub(super) fn push(&mut self, chunk: Chunk<T>) {
        if self.chunks >> BITS >> (BITS * self.height) != 0 {
            self.root = Arc::new(Branch::Inner(vec![Arc::clone(&self.root)]));
            self.height += 1;
        }
        Arc::make_mut(&mut self.root).push(self.height, self.chunks, chunk);
        self.chunks += 1;
    }
}

impl<T> Branch<T> {
    fn push(&mut self, height: u32, index: usize, chunk: Chunk<T>) {
        match self {
            Self::Chunks(chunks) => chunks.push(chunk),
            Self::Inner(children) => {
                let place = (index >> (BITS * height)) & (CHUNK - 1);
                match children.get_mut(place) {
                    Some(child) => Arc::make_mut(child).push(height - 1, index, chunk),
                    None => children.push(Arc::new(Self::path_to(height - 1, chunk))),
                }
            }
        }
    }

    fn path_to(height: u32, chunk: Chunk<T>) -> Self {
        (0..height).fold(Self::Chunks(vec![chunk]), |branch, _| Self::Inner(vec![Arc::new(branch)]))
    }
}

// Not derived: a derived `Clone` or `Default` would ask the same of `T`.
impl<T> Clone for Spine<T> {
    fn clone(&self) -> Self {
        Self { root: Arc::clone(&self.root), ..*self }
    }
}

impl<T> Default for Spine<T> {
    fn default() -> Self {
        Self { root: Arc::new(Branch::Chunks(Vec::new())), height: 0, chunks: 0 }
    }
}

impl<T> Clone for Branch<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Chunks(chunks) => Self::Chunks(chunks.clone()),
            Self::Inner(children) => Self::Inner(children.clone()),
        }
    }
}
