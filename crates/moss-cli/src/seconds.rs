//! Durations on the command line and in reports.

use std::time::Duration;

/// Reads seconds, such as `30` or `0.5`.
pub fn parse(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) | Err(_) => Err("not a number of seconds above 0".to_owned()),
    }
}

/// `0.4 s`, `12.0 s`, `3 min 5 s`.
pub fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    format!("{} min {} s", seconds / 60, seconds % 60)
}
