//! The `Retry-After` field: when a server that is not ready may be asked again.
//!
//! ```text
//! Retry-After = HTTP-date / delay-seconds                              RFC 9110 10.2.3
//! ```

use std::time::Duration;

use mjpeg::http::{decimal, parse_date};

/// The longest delay; the callers have shorter limits.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How long to wait by the value of the field. `now`: since 1970-01-01 UTC.
pub fn delay(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    match decimal::<u64>(value) {
        Some(seconds) => Some(Duration::from_secs(seconds).min(LONGEST)),
        // A number that does not fit.
        None if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => Some(LONGEST),
        None => Some(parse_date(value.as_bytes())?.saturating_sub(now).min(LONGEST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = Duration::from_secs(784_111_770);
        for (value, seconds) in [
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400 - 784_111_770)),
            ("99999999999999999999", Some(315_360_000)),
            ("18446744073709551615", Some(315_360_000)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(315_360_000)),
            ("soon", None),
            ("+5", None),
            ("", None),
            ("Sun, 06 Nov", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(delay(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
