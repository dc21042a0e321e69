//! Durations, and the bounds that a time limit or an interval has.

use std::time::Duration;

/// The longest duration. A deadline is now + duration: a longer one could overflow the clock.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Parses a duration: `500ms`, `10s`, `2m`, `1h 30m`; a bare number is refused.
///
/// # Errors
///
/// When the text is not a duration, or the duration is longer than ten years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write a number with its unit, such as 500ms, 10s or 2m"))?;
    if duration > LONGEST { Err("longer than ten years".into()) } else { Ok(duration) }
}

/// Parses a time limit: a duration of at least a millisecond.
///
/// # Errors
///
/// As [`duration`], and when it is shorter.
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
/// As [`limit`], except for zero.
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
    fn durations_need_their_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in ["10", "", "-1s", "1000000y", "s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_limit_is_at_least_a_millisecond() {
        assert_eq!(limit("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(interval("0s"), Ok(Duration::ZERO));
        for text in ["0s", "999us", "1ns"] {
            assert!(limit(text).is_err(), "{text}");
            assert!(text == "0s" || interval(text).is_err(), "{text}");
        }
    }
}
