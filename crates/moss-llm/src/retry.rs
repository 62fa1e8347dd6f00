//! When a failed request is repeated, and how long to wait before.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::{ModelError, ModelErrorKind};

/// When a failed request is repeated: connection failures before an answer began, and the statuses 408,
/// 409, 429 and from 500. Never after the first piece of an answer was handed on, never when the account
/// has no quota left, never after a cancel, and not after a time-out: who was silent for so long is not
/// asked again while a user waits.
///
/// The wait is what the provider asked for, else it doubles from `base` up to `ceiling`, less a random
/// part of up to a quarter, as the OpenAI client does.
#[derive(Debug)]
pub struct RetryPolicy {
    /// How often a request is repeated. 0: never. Default: 2.
    pub max_retries: u32,
    /// The first wait. Default: 500 ms.
    pub base: Duration,
    /// The longest wait of our own choice. Default: 8 s.
    pub ceiling: Duration,
    /// The longest wait that a provider may ask for; if it asks for more, the call fails at once with its
    /// error. Default: 60 s.
    pub longest_wait: Duration,
    jitter: Jitter,
}

impl RetryPolicy {
    /// The default policy with this many repetitions.
    #[must_use]
    pub fn new(max_retries: u32) -> Self {
        Self {
            max_retries,
            base: Duration::from_millis(500),
            ceiling: Duration::from_secs(8),
            longest_wait: Duration::from_secs(60),
            jitter: Jitter::random(),
        }
    }

    /// The same policy with waits that a test can foretell.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.jitter = Jitter(AtomicU64::new(seed));
        self
    }

    /// How long to wait before the request is repeated for the `attempt`-th time, from 0. `None`: the
    /// error is final.
    #[must_use]
    pub fn wait(&self, attempt: u32, failure: &Failure) -> Option<Duration> {
        if attempt >= self.max_retries || !failure.is_repeatable() {
            return None;
        }
        match failure.error.retry_after {
            Some(wait) => (wait <= self.longest_wait).then_some(wait),
            None => {
                let wait = self.base.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
                Some(wait.min(self.ceiling).mul_f64(1.0 - self.jitter.next() / 4.0))
            }
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new(2)
    }
}

/// A request that failed before its answer began.
#[derive(Debug)]
pub struct Failure {
    /// The error.
    pub error: ModelError,
    /// What the provider says of repeating it, in the header `x-should-retry`.
    pub advice: Option<bool>,
}

impl Failure {
    fn is_repeatable(&self) -> bool {
        match (self.error.kind, self.advice, self.error.status) {
            (ModelErrorKind::Cancelled | ModelErrorKind::Quota, ..) => false,
            (_, Some(advice), _) => advice,
            (_, None, Some(status)) => matches!(status, 408 | 409 | 429 | 500..),
            (kind, None, None) => kind == ModelErrorKind::Network,
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self { error, advice: None }
    }
}

/// How long the provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return seconds(millis / 1000.0);
    }
    let text = text(RETRY_AFTER.as_str())?;
    match text.parse::<f64>() {
        Ok(value) => seconds(value),
        // A date that has passed means: now.
        Err(_) => httpdate::parse_http_date(text)
            .ok()
            .map(|date| date.duration_since(now).unwrap_or(Duration::ZERO)),
    }
}

/// What is no number of seconds says nothing; what is too many for a duration is still very long.
fn seconds(value: f64) -> Option<Duration> {
    if value.is_nan() || value < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX))
}

/// What the provider says of repeating the request.
pub(crate) fn advice(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// Numbers from 0 to 1 that need not be good, only different (SplitMix64).
#[derive(Debug)]
struct Jitter(AtomicU64);

impl Jitter {
    fn random() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(0)))
    }

    fn next(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut x = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        // 32 bits are exact in a double, and plenty.
        f64::from((x >> 32) as u32) / f64::from(u32::MAX)
    }
}
