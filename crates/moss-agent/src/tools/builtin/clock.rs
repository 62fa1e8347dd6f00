//! The tool that tells the time.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use moss_protocol::ToolDefinition;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{Tool, ToolError, ToolInvocation, ToolOutput};

/// Tells the present date and time: `2026-03-01T12:30:00Z, Sunday`.
pub struct Clock {
    definition: ToolDefinition,
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Clock {
    /// The name by which models call it.
    pub const NAME: &str = "clock";

    /// The tool with the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_time(SystemTime::now)
    }

    /// The tool with another clock, for tests.
    #[must_use]
    pub fn with_time(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let definition = ToolDefinition::new(
            Self::NAME,
            "Returns the current date and time in ISO 8601, and the day of the week.",
            json!({
                "type": "object",
                "properties": {
                    "utc_offset": {
                        "type": "string",
                        "maxLength": 6,
                        "description": "`Z` for UTC, or the distance from it, such as +02:00. Names of time zones are not understood.",
                        "default": "Z",
                    },
                },
                "additionalProperties": false,
            }),
        );
        Self { definition, now: Box::new(now) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

#[async_trait]
impl Tool for Clock {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn invoke(&self, invocation: ToolInvocation) -> Result<ToolOutput, ToolError> {
        let offset = invocation.call.args.get("utc_offset").and_then(Value::as_str).unwrap_or("Z");
        let offset = UtcOffset::parse(offset).map_err(ToolError::failed)?;
        // A clock before 1970 is a clock that was never set.
        let time = (self.now)().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Ok(ToolOutput::new(iso_8601(time, offset)))
    }
}

/// The distance of a local time from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UtcOffset {
    minutes: i32,
}

#[derive(Debug, Error)]
#[error("utc_offset `{0}` is neither `Z` nor of the form +02:00, from -14:00 to +14:00")]
struct InvalidOffset(String);

impl UtcOffset {
    fn parse(text: &str) -> Result<Self, InvalidOffset> {
        let invalid = || InvalidOffset(text.chars().take(40).collect());
        let trimmed = text.trim();
        if trimmed.is_empty()
            || trimmed.eq_ignore_ascii_case("z")
            || trimmed.eq_ignore_ascii_case("utc")
        {
            return Ok(Self { minutes: 0 });
        }
        let (sign, digits) = match trimmed.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => return Err(invalid()),
        };
        let number = |digits: &str| match digits.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => digits.parse::<i32>().ok(),
            _ => None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
        match (number(hours), number(minutes)) {
            (Some(hours), Some(minutes)) if minutes < 60 && hours * 60 + minutes <= 14 * 60 => {
                Ok(Self { minutes: sign * (hours * 60 + minutes) })
            }
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.minutes == 0 {
            return f.write_str("Z");
        }
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// A time since 1970 as `2026-03-01T12:30:00Z, Sunday`.
fn iso_8601(time: Duration, offset: UtcOffset) -> String {
    const WEEKDAYS: [&str; 7] =
        ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 2);
    let seconds = seconds + i64::from(offset.minutes) * 60;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // 1970 began with a Thursday.
    let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}, {weekday}")
}

/// Year, month and day of a day since 1970 in the Gregorian calendar, after Howard Hinnant's
/// `civil_from_days`: years begin in March, so that the leap day is their last.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use moss_protocol::{JsonObject, StepId, ToolCall};
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::{Clock, UtcOffset, iso_8601};
    use crate::{Tool, ToolInvocation, ToolOutput};

    #[tokio::test]
    async fn tells_its_clock_in_the_zone_that_is_asked_for() {
        let clock = Clock::with_time(|| UNIX_EPOCH + Duration::from_secs(1_772_368_200));
        for (args, answer) in [
            (json!({}), "2026-03-01T12:30:00Z, Sunday"),
            (json!({"utc_offset": "-08:00"}), "2026-03-01T04:30:00-08:00, Sunday"),
        ] {
            let args: JsonObject = args.as_object().cloned().unwrap();
            let invocation = ToolInvocation {
                call: ToolCall::new("call_1", Clock::NAME, args),
                step_id: StepId::from("step_1"),
                turn: 0,
                configurable: Arc::default(),
                metadata: Arc::default(),
                cancel: CancellationToken::new(),
            };
            assert_eq!(clock.invoke(invocation).await.unwrap(), ToolOutput::new(answer));
        }
    }

    fn at(seconds: u64, offset: &str) -> String {
        match UtcOffset::parse(offset) {
            Ok(offset) => iso_8601(Duration::from_secs(seconds), offset),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn times() {
        for (seconds, offset, shown) in [
            (0, "Z", "1970-01-01T00:00:00Z, Thursday"),
            (0, "-01:30", "1969-12-31T22:30:00-01:30, Wednesday"),
            (951_782_399, "Z", "2000-02-28T23:59:59Z, Monday"),
            (951_782_400, "", "2000-02-29T00:00:00Z, Tuesday"),
            (951_868_800, "UTC", "2000-03-01T00:00:00Z, Wednesday"),
            (1_772_368_200, "+05:45", "2026-03-01T18:15:00+05:45, Sunday"),
            (1_772_368_200, "+02", "2026-03-01T14:30:00+02:00, Sunday"),
            (4_107_542_400, "+00:00", "2100-03-01T00:00:00Z, Monday"),
        ] {
            assert_eq!(at(seconds, offset), shown);
        }
    }

    #[test]
    fn what_is_no_offset_is_refused() {
        for offset in ["Europe/Berlin", "+2", "+15:00", "+01:60", "02:00", "+-1:00", "é"] {
            let error = at(0, offset);
            assert_eq!(
                error,
                format!(
                    "utc_offset `{offset}` is neither `Z` nor of the form +02:00, from -14:00 to +14:00"
                )
            );
        }
    }
}
