//! Dates in fields.
//!
//! ```text
//! IMF-fixdate  = day-name "," SP day SP month SP year SP time-of-day SP "GMT"     RFC 9110 5.6.7
//! rfc850-date  = day-name-l "," SP day "-" month "-" 2DIGIT SP time-of-day SP "GMT"
//! asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT )) SP time-of-day SP year
//! ```

use core::time::Duration;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Parses a date in one of the three forms that a recipient must accept. Returns the time since 1970-01-01 UTC, in
/// seconds; `None` for other text.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::http::parse_date;
///
/// let time = Some(Duration::from_secs(784_111_777));
/// assert_eq!(parse_date(b"Sun, 06 Nov 1994 08:49:37 GMT"), time);
/// assert_eq!(parse_date(b"Sunday, 06-Nov-94 08:49:37 GMT"), time);
/// assert_eq!(parse_date(b"Sun Nov  6 08:49:37 1994"), time);
/// ```
pub fn parse_date(value: &[u8]) -> Option<Duration> {
    let value = value.trim_ascii();
    let after_name = value.windows(2).position(|pair| pair == b", ").map(|comma| &value[comma + 2..]);
    let is_separator = |byte: &u8| *byte == b' ' || *byte == b'-' && after_name.is_some();
    let mut words = after_name.unwrap_or(value).split(is_separator).filter(|word| !word.is_empty());
    let mut word = || words.next();
    let (day, month, year, time) = match after_name {
        Some(_) => (word()?, word()?, word()?, word()?),
        None => {
            word()?;
            let (month, day, time) = (word()?, word()?, word()?);
            (day, month, word()?, time)
        }
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year = match (number(year)?, year.len()) {
        // No server has a date before 1970.
        (year, 2) if year < 70 => 2000 + year,
        (year, 2) => 1900 + year,
        (year, _) => year,
    };
    let mut time = time.split(|&byte| byte == b':').map(number);
    let time = (time.next()??, time.next()??, time.next()??);
    seconds_since_1970((year, month, number(day)?), time).map(Duration::from_secs)
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
    fn the_three_forms_of_the_standard_are_read_and_nothing_else() {
        for (value, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Fri, 27 Nov 2026 14:14:12 GMT", Some(1_795_788_852)),
            ("Sun, 06 Nov", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov +994 08:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Friday, 27-Nov-26 14:14:12 GMT", Some(1_795_788_852)),
            ("Thursday, 01-Jan-70 00:00:00 GMT", Some(0)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Fri Nov 27 14:14:12 2026", Some(1_795_788_852)),
            ("Sun Nov  6 08:49:37", None),
            ("Nov  6 08:49:37 1994", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sunday, 06-Nov- 08:49:37 GMT", None),
            ("-1", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(parse_date(value.as_bytes()), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
