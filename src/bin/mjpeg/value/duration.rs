//! Durations, time limits and intervals.

use std::time::Duration;

/// The longest duration. A deadline is now + duration, which must not overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Parses a duration: `500ms`, `10s`, `2m`, `1h 30m`. A number without a unit, such as `3` or `0.5`, counts seconds.
///
/// # Errors
///
/// When the text is not a duration, or the duration is longer than ten years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = if let Some(seconds) = seconds(text) {
        // A number that does not fit is longer than ten years, too.
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    } else {
        humantime::parse_duration(text).map_err(|_| "expected a time such as 500ms, 10s, 2m or 1h 30m")?
    };
    if duration > LONGEST { Err("expected ten years at most".into()) } else { Ok(duration) }
}

/// A number without a sign, an exponent or a unit.
fn seconds(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    };
    if is_number { text.parse().ok() } else { None }
}

/// Parses a time limit: a duration of at least a millisecond.
///
/// # Errors
///
/// As for [`duration`], and when the duration is shorter.
pub fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        limit if limit < Duration::from_millis(1) => Err("expected at least 1ms".into()),
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
        _ => limit(text).map_err(|_| "expected 0s, or at least 1ms".into()),
    }
}

/// A time for people: as it was typed, or rounded if it was measured. `1s 500ms`, `0.4 s`, `1m 20s`.
pub fn in_words(time: Duration) -> String {
    let is_typed = time.subsec_nanos().is_multiple_of(1_000_000);
    if is_typed {
        humantime::format_duration(time).to_string()
    } else if time < Duration::from_millis(100) {
        format!("{} ms", time.as_millis())
    } else if time < Duration::from_secs(10) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
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
        assert!(duration("1e9s").unwrap_err().contains("500ms"));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("0.25"), Ok(Duration::from_millis(250)));
        for text in [
            "99999999999999999999",
            "315360001",
            "1.",
            ".5",
            "1.5.0",
            "1e3",
            "+1",
            "",
            "-1s",
            "1000000y",
            "s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_in_words_has_no_digits_that_mean_nothing() {
        for (ns, words) in [
            (1_999_666_708, "2.0 s"),
            (400_000_001, "0.4 s"),
            (1_500_000_000, "1s 500ms"),
            (7_900_001, "7 ms"),
            (80_123_456_789, "1m 20s"),
            (10_000_000_000, "10s"),
        ] {
            assert_eq!(in_words(Duration::from_nanos(ns)), words);
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
