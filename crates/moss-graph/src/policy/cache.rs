//! Outputs of nodes, kept for the next run on the same input.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::node::Goto;
use crate::{NodeName, State};

type KeyOf<S> = dyn Fn(&S) -> String + Send + Sync;

/// Which runs of a node count as the same, and for how long. Failures and interrupts are not kept.
pub struct CachePolicy<S> {
    pub(crate) key: Arc<KeyOf<S>>,
    pub(crate) ttl: Option<Duration>,
}

impl<S> CachePolicy<S> {
    /// Runs on states with the same key give the same output.
    #[must_use]
    pub fn by(key: impl Fn(&S) -> String + Send + Sync + 'static) -> Self {
        Self { key: Arc::new(key), ttl: None }
    }

    /// For how long an output is good. Default: as long as the cache keeps it.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}

impl<S> Clone for CachePolicy<S> {
    fn clone(&self) -> Self {
        Self { key: Arc::clone(&self.key), ttl: self.ttl }
    }
}

impl<S> fmt::Debug for CachePolicy<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachePolicy").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

/// What a node gave back, to be given back again.
pub struct Cached<S: State> {
    pub(crate) updates: Vec<S::Update>,
    /// Where its command and its routers led.
    pub(crate) goto: Vec<Goto<S>>,
}

impl<S: State> Clone for Cached<S> {
    fn clone(&self) -> Self {
        Self { updates: self.updates.clone(), goto: self.goto.clone() }
    }
}

impl<S: State> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("goto", &self.goto).finish_non_exhaustive()
    }
}

/// Where outputs are kept. Shared by all runs of the graphs it is given to.
pub trait NodeCache<S: State>: Send + Sync + 'static {
    /// The output of a node for a key, if there is one and it is still good.
    fn get(&self, node: &NodeName, key: &str) -> Option<Cached<S>>;

    /// Keeps an output, for `ttl` or until it is displaced.
    fn put(&self, node: &NodeName, key: String, output: Cached<S>, ttl: Option<Duration>);

    /// Forgets the outputs of a node, or all.
    fn clear(&self, node: Option<&NodeName>);
}

/// Keeps a limited number of outputs in memory. When it is full, the one that was put in first goes.
pub struct MemoryCache<S: State> {
    capacity: NonZeroUsize,
    kept: Mutex<Kept<S>>,
}

struct Kept<S: State> {
    entries: HashMap<(NodeName, String), Entry<S>>,
    /// Counts what was put in.
    age: u64,
    /// Keys by age.
    order: std::collections::BTreeMap<u64, (NodeName, String)>,
}

struct Entry<S: State> {
    output: Cached<S>,
    until: Option<Instant>,
    age: u64,
}

impl<S: State> MemoryCache<S> {
    /// A cache for so many outputs.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        let kept =
            Kept { entries: HashMap::new(), age: 0, order: std::collections::BTreeMap::new() };
        Self { capacity, kept: Mutex::new(kept) }
    }
}

impl<S: State> Kept<S> {
    fn remove(&mut self, key: &(NodeName, String)) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.age);
        }
    }
}

impl<S: State> NodeCache<S> for MemoryCache<S> {
    fn get(&self, node: &NodeName, key: &str) -> Option<Cached<S>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (node.clone(), key.to_owned());
        let entry = kept.entries.get(&key)?;
        if entry.until.is_some_and(|until| until <= Instant::now()) {
            kept.remove(&key);
            return None;
        }
        Some(entry.output.clone())
    }

    fn put(&self, node: &NodeName, key: String, output: Cached<S>, ttl: Option<Duration>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (node.clone(), key);
        kept.remove(&key);
        if kept.entries.len() >= self.capacity.get()
            && let Some((_, oldest)) = kept.order.pop_first()
        {
            kept.entries.remove(&oldest);
        }
        kept.age += 1;
        let age = kept.age;
        let until = ttl.and_then(|ttl| Instant::now().checked_add(ttl));
        kept.order.insert(age, key.clone());
        kept.entries.insert(key, Entry { output, until, age });
    }

    fn clear(&self, node: Option<&NodeName>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = |name: &NodeName| node.is_some_and(|node| node != name);
        kept.entries.retain(|(name, _), _| keep(name));
        kept.order.retain(|_, (name, _)| keep(name));
    }
}

impl<S: State> fmt::Debug for MemoryCache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
