//! A task with an input of its own.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::TimeoutPolicy;

/// One run of a node in the next superstep, on an input of its own instead of the state: LangGraph's `Send`.
///
/// A node that is sent to several times runs several times in that superstep, beside its ordinary run if an edge
/// leads to it too. Order of updates: nodes by name first, then what was sent, in the order it was.
pub struct SendTo<S> {
    pub(crate) node: Cow<'static, str>,
    pub(crate) input: Arc<S>,
    pub(crate) timeout: Option<TimeoutPolicy>,
}

impl<S> SendTo<S> {
    /// Sends an input to a node.
    #[must_use]
    pub fn new(node: impl Into<Cow<'static, str>>, input: impl Into<Arc<S>>) -> Self {
        Self { node: node.into(), input: input.into(), timeout: None }
    }

    /// A time limit for each attempt of this task, in place of the node's.
    #[must_use]
    pub const fn timeout(mut self, timeout: TimeoutPolicy) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// What the node is to run on.
    #[must_use]
    pub const fn input(&self) -> &Arc<S> {
        &self.input
    }
}

// Not derived: a derived one would ask the same of `S`, and show the input.
impl<S> Clone for SendTo<S> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), input: Arc::clone(&self.input), timeout: self.timeout }
    }
}

impl<S> fmt::Debug for SendTo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendTo").field("node", &self.node).finish_non_exhaustive()
    }
}
