//! The `Retry-After` field: when a server that is not ready may be asked again.
//!
//! ```text
//! Retry-After = HTTP-date / delay-seconds                              RFC 9110 10.2.3
//! ```

use std::time::Duration;

use mjpeg::http::parse_date;

/// How long to wait by the value of the field. `now`: since 1970-01-01 UTC.
pub fn delay(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    match value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(parse_date(value.as_bytes())?.saturating_sub(now)),
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
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(delay(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
