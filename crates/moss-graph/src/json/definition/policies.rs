//! What is done about nodes that fail, hang, or have been run before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Refresh, RetryPolicy, TimeoutPolicy};

/// A [`RetryPolicy`], with its defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryDefinition {
    /// How many attempts there are in all; at least 1. Default 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The wait before the second attempt, in milliseconds. Default 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_wait_ms: Option<u64>,
    /// What each further wait is multiplied by; at least 1. Default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// The longest wait, in milliseconds. Default 128,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait_ms: Option<u64>,
    /// At most so much is added to each wait, in milliseconds. Default 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<u64>,
}

/// A [`TimeoutPolicy`]. Limits are more than 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeoutDefinition {
    /// The longest an attempt may take in all, in milliseconds. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ms: Option<u64>,
    /// The longest an attempt may go without a sign of life, in milliseconds. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// What a sign of life is.
    #[serde(default)]
    pub refresh: Refresh,
}

/// A [`CachePolicy`](crate::CachePolicy) whose key is the JSON of fields, or of what was sent to the node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CacheDefinition {
    /// For how long an output is good, in milliseconds. Default: as long as the cache keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// The fields that the output depends on. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
}

impl RetryDefinition {
    pub(super) fn policy(&self) -> RetryPolicy {
        let default = RetryPolicy::default();
        let wait = |given: Option<u64>, default| given.map_or(default, Duration::from_millis);
        RetryPolicy {
            attempts: self.attempts.unwrap_or(default.attempts),
            first_wait: wait(self.first_wait_ms, default.first_wait),
            factor: self.factor.unwrap_or(default.factor),
            max_wait: wait(self.max_wait_ms, default.max_wait),
            jitter: wait(self.jitter_ms, default.jitter),
            judge: None,
        }
    }
}

impl TimeoutDefinition {
    pub(in crate::json) fn policy(&self) -> TimeoutPolicy {
        TimeoutPolicy {
            run: self.run_ms.map(Duration::from_millis),
            idle: self.idle_ms.map(Duration::from_millis),
            refresh: self.refresh,
        }
    }
}
