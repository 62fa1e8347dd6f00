//! Time limits of nodes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long one attempt of a node may take. What is over its limit is dropped and counts as failed; a
/// [`RetryPolicy`](crate::RetryPolicy) may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeoutPolicy {
    /// The longest an attempt may take in all. Default: no limit.
    pub run: Option<Duration>,
    /// The longest an attempt may go without a sign of life. Default: no limit.
    pub idle: Option<Duration>,
    /// What a sign of life is.
    pub refresh: Refresh,
}

/// What counts as a sign of life of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// Whatever the node writes to the run's stream, and its heartbeats.
    #[default]
    Auto,
    /// [`NodeContext::heartbeat`](crate::NodeContext::heartbeat) only.
    Heartbeat,
}

impl TimeoutPolicy {
    /// A limit for the whole attempt.
    #[must_use]
    pub const fn run(limit: Duration) -> Self {
        Self { run: Some(limit), idle: None, refresh: Refresh::Auto }
    }

    /// A limit for the time without a sign of life.
    #[must_use]
    pub const fn idle(limit: Duration) -> Self {
        Self { run: None, idle: Some(limit), refresh: Refresh::Auto }
    }
}
