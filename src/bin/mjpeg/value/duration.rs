//! Durations, time limits and intervals.

use std::time::Duration;

/// The longest duration. A deadline is now + duration, which must not overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Parses a duration: `500ms`, `10s`, `2m`, `1h 30m`. A bare whole number counts seconds.
///
/// # Errors
///
/// When the text is not a duration, or the duration is longer than ten years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let duration = if is_bare {
        // A number that does not fit into 64 bits is longer than ten years, too.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        humantime::parse_duration(text).map_err(|error| format!("{error}; expected 500ms, 10s or 2m"))?
    };
    if duration > LONGEST { Err("longer than ten years".into()) } else { Ok(duration) }
}

/// Parses a time limit: a duration of at least a millisecond.
///
/// # Errors
///
/// As for [`duration`], and when the duration is shorter.
pub fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        limit if limit < Duration::from_millis(1) => Err("shorter than a millisecond".into()),
        limit => Ok(limit),
    }
}

/// Parses an interval: zero, or at least a millisecond.
///
/// # Errors
///
/// As for [`limit`], except that zero is allowed.
pub fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Ok(Duration::ZERO),
        _ => limit(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_counts_seconds() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("10"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for text in ["99999999999999999999", "315360001", "1.5", "+1", "", "-1s", "1000000y", "s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_limit_is_at_least_a_millisecond() {
        assert_eq!(limit("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(interval("0s"), Ok(Duration::ZERO));
        for text in ["0s", "0", "999us", "1ns"] {
            assert!(limit(text).is_err(), "{text}");
            assert!(text.starts_with('0') || interval(text).is_err(), "{text}");
        }
    }
}
