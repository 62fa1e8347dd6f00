//! What a provider says of its limits.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// What a provider's headers say of its limits for this account and model, at the time of the answer. Absent is what
/// it did not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests.
    pub requests: Option<RateLimit>,
    /// Tokens, in and out together.
    pub tokens: Option<RateLimit>,
    /// Tokens of prompts.
    pub input_tokens: Option<RateLimit>,
    /// Tokens of answers.
    pub output_tokens: Option<RateLimit>,
}

/// One limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// How many are allowed in a window of time.
    pub limit: Option<u64>,
    /// How many are left in this one.
    pub remaining: Option<u64>,
    /// When the window is over and all are allowed again, from the time of the answer.
    pub reset: Option<Duration>,
}

/// The names of one limit's three headers, as a provider has them.
struct Names {
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
}

const fn names(limit: &'static str, remaining: &'static str, reset: &'static str) -> Names {
    Names { limit, remaining, reset }
}

/// OpenAI and who imitates it; Anthropic; OpenRouter.
const REQUESTS: &[Names] = &[
    names(
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    names(
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    names("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
];
/// OpenAI; Anthropic; Mistral.
const TOKENS: &[Names] = &[
    names("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    names(
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    names(
        "x-ratelimit-limit-tokens-minute",
        "x-ratelimit-remaining-tokens-minute",
        "x-ratelimit-reset-tokens-minute",
    ),
];
const INPUT_TOKENS: &[Names] = &[names(
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
)];
const OUTPUT_TOKENS: &[Names] = &[names(
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset",
)];

impl RateLimits {
    /// Reads the headers of an answer; `None` where they say nothing of limits.
    pub(crate) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let read = |kinds: &[Names]| kinds.iter().find_map(|names| limit(headers, names, now));
        let this = Self {
            requests: read(REQUESTS),
            tokens: read(TOKENS),
            input_tokens: read(INPUT_TOKENS),
            output_tokens: read(OUTPUT_TOKENS),
        };
        (this != Self::default()).then_some(this)
    }

    /// How long until the limits allow a request again, if one of them is used up.
    pub(crate) fn exhausted_for(&self) -> Option<Duration> {
        [&self.requests, &self.tokens, &self.input_tokens, &self.output_tokens]
            .into_iter()
            .flatten()
            .filter(|limit| limit.remaining == Some(0))
            .filter_map(|limit| limit.reset)
            .max()
    }
}

fn limit(headers: &HeaderMap, names: &Names, now: SystemTime) -> Option<RateLimit> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let limit = RateLimit {
        limit: text(names.limit).and_then(|text| text.parse().ok()),
        remaining: text(names.remaining).and_then(|text| text.parse().ok()),
        reset: text(names.reset).and_then(|text| reset(text, now)),
    };
    (limit != RateLimit::default()).then_some(limit)
}

/// A time in one of the forms in which providers write it: a duration (`6m0s`, `20ms`), seconds, a date of RFC 3339,
/// or the milliseconds since 1970.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    /// More seconds than this are no duration but a time: it is some 30 years.
    const LONGEST: f64 = 1e9;

    let until = |time: SystemTime| time.duration_since(now).unwrap_or(Duration::ZERO);
    if let Ok(number) = text.parse::<f64>() {
        return match Duration::try_from_secs_f64(number) {
            Ok(duration) if number < LONGEST => Some(duration),
            Ok(_) => {
                let since = Duration::try_from_secs_f64(number / 1000.0).ok()?;
                SystemTime::UNIX_EPOCH.checked_add(since).map(until)
            }
            Err(_) => None,
        };
    }
    if let Ok(time) = humantime::parse_rfc3339_weak(text) {
        return Some(until(time));
    }
    // OpenAI also writes parts of seconds: `1.5s`, `6m0.5s`.
    humantime::parse_duration(text).ok().or_else(|| fractional(text))
}

/// `6m0.5s`: what `humantime` does not read.
fn fractional(text: &str) -> Option<Duration> {
    let (whole, seconds) = match text.rfind(|c: char| c.is_ascii_alphabetic() && c != 's') {
        Some(end) => text.split_at(end + 1),
        None => ("", text),
    };
    let seconds = seconds.strip_suffix('s')?.parse().ok()?;
    let seconds = Duration::try_from_secs_f64(seconds).ok()?;
    let whole = match whole {
        "" => Duration::ZERO,
        whole => humantime::parse_duration(whole).ok()?,
    };
    whole.checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::reset;

    #[test]
    fn times_are_read_in_all_their_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (text, millis) in [
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("1s", Some(1000)),
            ("1.5s", Some(1500)),
            ("6m0.25s", Some(360_250)),
            ("1h2m3s", Some(3_723_000)),
            ("7", Some(7000)),
            ("0.5", Some(500)),
            ("2023-11-14T22:13:30Z", Some(10_000)),
            ("2023-11-14T22:13:00Z", Some(0)),
            ("1700000005000", Some(5000)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(reset(text, now), millis.map(Duration::from_millis), "{text}");
        }
    }
}
