//! Trying a node again.

use std::error::Error;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Tells of an error whether another attempt is worth it.
pub type RetryJudge = dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync;

/// When and how often a node that failed is run again, in the same superstep. What a failed attempt wrote is lost.
///
/// The defaults are LangGraph's: 3 attempts, 500 ms before the second, twice as long before each further one but at
/// most 128 s, and up to a second more at random. A node that panicked is not tried again, and neither is one whose
/// error the judge turns down; without a judge every error and time limit is worth another attempt.
#[derive(Clone)]
pub struct RetryPolicy {
    /// How many attempts there are in all; at least 1. Default 3.
    pub attempts: u32,
    /// The wait before the second attempt. Default 500 ms.
    pub first_wait: Duration,
    /// What each further wait is multiplied by. Default 2.
    pub factor: f64,
    /// The longest wait, before the jitter. Default 128 s.
    pub max_wait: Duration,
    /// At most so much is added to each wait, so that those who failed together do not come back together.
    /// Default 1 s.
    pub jitter: Duration,
    /// Which errors are worth another attempt. Default: all.
    pub judge: Option<Arc<RetryJudge>>,
}

impl RetryPolicy {
    /// A policy with so many attempts in all, and otherwise the defaults.
    #[must_use]
    pub fn attempts(attempts: u32) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// Tries again only after errors of which `judge` says so. It sees the node's own error.
    #[must_use]
    pub fn when(
        mut self,
        judge: impl Fn(&(dyn Error + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.judge = Some(Arc::new(judge));
        self
    }

    /// Waits for no time between attempts.
    #[must_use]
    pub const fn at_once(mut self) -> Self {
        self.first_wait = Duration::ZERO;
        self.jitter = Duration::ZERO;
        self
    }

    pub(crate) fn fits(&self, error: &(dyn Error + 'static)) -> bool {
        self.judge.as_ref().is_none_or(|judge| judge(error))
    }

    /// The wait after an attempt that failed; attempts are counted from 1. `task` spreads the jitter.
    pub(crate) fn wait_after(&self, attempt: u32, task: &impl Hash) -> Duration {
        let factor = self.factor.max(1.0).powi(i32::try_from(attempt - 1).unwrap_or(i32::MAX));
        let wait = self.first_wait.as_secs_f64() * factor;
        let wait = Duration::from_secs_f64(wait.min(self.max_wait.as_secs_f64()));
        let mut hasher = DefaultHasher::new();
        (task, attempt).hash(&mut hasher);
        let share = hasher.finish() % 1_000;
        wait + self.jitter.mul_f64(f64::from(u32::try_from(share).unwrap_or(0)) / 1_000.0)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(500),
            factor: 2.0,
            max_wait: Duration::from_secs(128),
            jitter: Duration::from_secs(1),
            judge: None,
        }
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("attempts", &self.attempts)
            .field("first_wait", &self.first_wait)
            .field("factor", &self.factor)
            .field("max_wait", &self.max_wait)
            .field("jitter", &self.jitter)
            .finish_non_exhaustive()
    }
}
