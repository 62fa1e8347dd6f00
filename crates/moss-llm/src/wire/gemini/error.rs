//! Answers with an error status, whose details tell more than their words.

use std::time::Duration;

use moss_protocol::Provider;
use serde::Deserialize;
use serde_json::Value;

use crate::wire::classify;
use crate::{ModelError, ModelErrorKind};

/// Reads the body of an answer with an error status.
///
/// Google says of any exhausted quota that the plan and the billing are to be checked. Whether waiting helps tells
/// the quota's name: those of a day are used up, those of a minute are limits of the rate.
pub(super) fn error(status: u16, body: &[u8], provider: Provider) -> ModelError {
    let mut error = classify(status, body, provider);
    let details = Details::read(body);
    if status == 429 {
        error.kind = if details.is_of_a_day {
            ModelErrorKind::Quota
        } else if error.kind == ModelErrorKind::Quota && details.names_quotas {
            ModelErrorKind::RateLimit
        } else {
            error.kind
        };
    }
    error.retry_after = details.retry_after.or(error.retry_after);
    error
}

#[derive(Default)]
struct Details {
    retry_after: Option<Duration>,
    /// Whether it is told which quotas are exhausted.
    names_quotas: bool,
    /// Whether one of them is that of a day.
    is_of_a_day: bool,
}

impl Details {
    fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Detail {
            retry_delay: Option<String>,
            #[serde(default)]
            violations: Vec<Violation>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Violation {
            quota_id: Option<String>,
        }
        let mut details = Self::default();
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return details };
        // Streams that are no server-sent events are lists.
        let body = body.get(0).unwrap_or(&body);
        let list = body.pointer("/error/details").and_then(Value::as_array);
        for detail in list.into_iter().flatten() {
            let Ok(detail) = Detail::deserialize(detail) else { continue };
            details.retry_after = details.retry_after.or(detail.retry_delay.and_then(|delay| {
                let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
                Duration::try_from_secs_f64(seconds).ok()
            }));
            for id in detail.violations.into_iter().filter_map(|violation| violation.quota_id) {
                details.names_quotas = true;
                details.is_of_a_day |= id.contains("PerDay");
            }
        }
        details
    }
}
