//! `X-Timestamp`: when a picture was taken.
//!
//! ```text
//! X-Timestamp := 1*DIGIT [ "." *DIGIT ]      seconds since 1970-01-01 UTC
//! ```
//!
//! mjpg-streamer and uStreamer write six digits behind the point. No standard defines the field.

use core::fmt;
use core::time::Duration;

/// The value of an `X-Timestamp` field: the time since 1970-01-01 UTC, to the microsecond.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::multipart::Timestamp;
///
/// let taken = Timestamp(Duration::from_micros(1_700_000_000_089_000));
/// assert_eq!(taken.to_string(), "1700000000.089000");
/// assert_eq!(Timestamp::parse(b"1700000000.089000"), Some(taken));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub Duration);

impl Timestamp {
    /// Reads the value of a field. Digits behind the microseconds are dropped; `None` where it is no
    /// number, or further away than 2^64 microseconds.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let point = value.iter().position(|&byte| byte == b'.').unwrap_or(value.len());
        let (seconds, fraction) = (&value[..point], value.get(point + 1..).unwrap_or_default());
        if seconds.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit =
            |n: u64, byte: u8| n.checked_mul(10)?.checked_add(u64::from((byte as char).to_digit(10)?));
        let seconds = seconds.iter().try_fold(0, |n, &byte| digit(n, byte))?;
        let digits = fraction.iter().copied().chain(core::iter::repeat(b'0')).take(6);
        let micros = digits.fold(0, |n, byte| n * 10 + u64::from(byte - b'0'));
        Some(Self(Duration::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.subsec_micros())
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for micros in [0, 1, 999_999, 1_000_000, 1_700_000_000_123_456, u64::MAX] {
            let time = Timestamp(Duration::from_micros(micros));
            assert_eq!(Timestamp::parse(time.to_string().as_bytes()), Some(time));
        }
    }

    #[test]
    fn other_precisions_are_read() {
        let table: [(&[u8], Option<u64>); 12] = [
            (b"7", Some(7_000_000)),
            (b"7.", Some(7_000_000)),
            (b" 7.5\t", Some(7_500_000)),
            (b"7.1234567891", Some(7_123_456)),
            (b"", None),
            (b".5", None),
            (b"-1", None),
            (b"1e9", None),
            (b"1.5.6", None),
            (b"now", None),
            (b"18446744073709.551616", None),
            (b"99999999999999999999999", None),
        ];
        for (value, micros) in table {
            assert_eq!(
                Timestamp::parse(value),
                micros.map(|n| Timestamp(Duration::from_micros(n))),
                "{value:?}"
            );
        }
    }
}
