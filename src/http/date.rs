//! Dates in fields.
//!
//! ```text
//! IMF-fixdate = day-name "," SP day SP month SP year SP time-of-day SP "GMT"      RFC 9110 5.6.7
//! ```

use core::time::Duration;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Parses an IMF-fixdate. Returns the time since 1970-01-01 UTC, in seconds; `None` for other forms, which servers must
/// not send any more.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::http::parse_date;
///
/// assert_eq!(parse_date(b"Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(784_111_777)));
/// ```
pub fn parse_date(value: &[u8]) -> Option<Duration> {
    let comma = value.windows(2).position(|pair| pair == b", ")?;
    let mut words = value.get(comma + 2..)?.split(|&byte| byte == b' ');
    let day = number(words.next()?)?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year = number(words.next()?)?;
    let mut time = words.next()?.split(|&byte| byte == b':').map(number);
    let time = (time.next()??, time.next()??, time.next()??);
    seconds_since_1970((year, month, day), time).map(Duration::from_secs)
}

/// The seconds from 1970-01-01 to this year, month and day, hour, minute and second; `None` if they are out of range.
pub(crate) fn seconds_since_1970(day: (u64, u64, u64), time: (u64, u64, u64)) -> Option<u64> {
    let ((year, month, day), (hour, minute, second)) = (day, time);
    let is_day = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    // A leap second is the 60th.
    if !is_day || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // The year starts in March, so that the leap day is its last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some(days.checked_sub(EPOCH)? * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Up to four digits.
fn number(text: &[u8]) -> Option<u64> {
    let is_number = (1..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |n, &byte| n * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_the_standard_is_read_and_nothing_else() {
        for (value, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Fri, 27 Nov 2026 14:14:12 GMT", Some(1_795_788_852)),
            ("Sun, 06 Nov", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov +994 08:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(parse_date(value.as_bytes()), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
