//! What is said about a node beside what it does.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{CachePolicy, ErrorHandler, RetryPolicy, State, TimeoutPolicy};

/// Where the commands of a node may lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ends {
    /// To these nodes, and [`END`](crate::END) if it is among them. Default: to none.
    #[default]
    None,
    /// To the nodes named.
    Declared(Vec<String>),
    /// To every node of the graph. Then `compile()` cannot tell unreachable nodes.
    Any,
}

/// What is said about a node beside what it does. All of it is optional.
///
/// ```
/// use std::time::Duration;
/// use moss_graph::{NodeOptions, RetryPolicy, State, TimeoutPolicy};
///
/// #[derive(Clone, Default, State)]
/// struct Chat {
///     turns: u32,
/// }
///
/// let options = NodeOptions::<Chat>::new()
///     .ends(["tools", "write"])
///     .retry(RetryPolicy::attempts(5))
///     .timeout(TimeoutPolicy::run(Duration::from_secs(30)));
/// ```
pub struct NodeOptions<S: State> {
    pub(crate) deferred: Option<bool>,
    pub(crate) ends: Ends,
    pub(crate) retry: Vec<RetryPolicy>,
    pub(crate) timeout: Option<TimeoutPolicy>,
    pub(crate) on_error: Option<Arc<dyn ErrorHandler<S>>>,
    pub(crate) cache: Option<CachePolicy<S>>,
    /// None where nothing is said.
    pub(crate) metadata: Option<Arc<Map<String, Value>>>,
}

impl<S: State> NodeOptions<S> {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            deferred: None,
            ends: Ends::None,
            retry: Vec::new(),
            timeout: None,
            on_error: None,
            cache: None,
            metadata: None,
        }
    }

    /// Runs the node only when nothing else is left to run, once for all that led to it. As LangGraph's `defer`.
    #[must_use]
    pub const fn deferred(mut self) -> Self {
        self.deferred = Some(true);
        self
    }

    /// Names where the node's commands may lead, with [`END`](crate::END) if they may. As LangGraph's `ends`.
    #[must_use]
    pub fn ends(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ends = Ends::Declared(names.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the node's commands lead to every node. Unreachable nodes are not told then.
    #[must_use]
    pub fn ends_anywhere(mut self) -> Self {
        self.ends = Ends::Any;
        self
    }

    /// Tries the node again when it fails. Of several policies the first that fits the error is taken.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry.push(policy);
        self
    }

    /// Limits the time of each attempt.
    #[must_use]
    pub const fn timeout(mut self, policy: TimeoutPolicy) -> Self {
        self.timeout = Some(policy);
        self
    }

    /// What runs in the node's place when it has failed for good.
    #[must_use]
    pub fn on_error(mut self, handler: impl ErrorHandler<S>) -> Self {
        self.on_error = Some(Arc::new(handler));
        self
    }

    /// Keeps the node's outputs. It needs [`StateGraphEngine::with_cache`](crate::StateGraphEngine::with_cache), or nothing
    /// is kept.
    #[must_use]
    pub fn cache(mut self, policy: CachePolicy<S>) -> Self {
        self.cache = Some(policy);
        self
    }

    /// Says something about the node to those who follow a run: it stands with what is told of its tasks when they begin, and
    /// of the pieces of messages that it writes.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let metadata = self.metadata.get_or_insert_default();
        Arc::make_mut(metadata).insert(key.into(), value.into());
        self
    }

    /// These options, with `defaults` where they say nothing.
    pub(super) fn or(mut self, defaults: &Self) -> Self {
        self.deferred = self.deferred.or(defaults.deferred);
        if self.ends == Ends::None {
            self.ends = defaults.ends.clone();
        }
        if self.retry.is_empty() {
            self.retry.clone_from(&defaults.retry);
        }
        self.timeout = self.timeout.or(defaults.timeout);
        self.on_error = self.on_error.or_else(|| defaults.on_error.clone());
        self.cache = self.cache.or_else(|| defaults.cache.clone());
        if let Some(defaults) = &defaults.metadata {
            let metadata = Arc::make_mut(self.metadata.get_or_insert_default());
            for (key, value) in &**defaults {
                metadata.entry(key).or_insert_with(|| value.clone());
            }
        }
        self
    }
}

impl<S: State> Clone for NodeOptions<S> {
    fn clone(&self) -> Self {
        Self {
            deferred: self.deferred,
            ends: self.ends.clone(),
            retry: self.retry.clone(),
            timeout: self.timeout,
            on_error: self.on_error.clone(),
            cache: self.cache.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

impl<S: State> Default for NodeOptions<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: State> fmt::Debug for NodeOptions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeOptions")
            .field("deferred", &self.deferred)
            .field("ends", &self.ends)
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .field("on_error", &self.on_error.is_some())
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
