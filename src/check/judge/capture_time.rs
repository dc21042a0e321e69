//! When a picture was taken, by the fields of its part or by the comment inside it.

use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use crate::http::{decimal, seconds_since_1970};
use crate::jpeg::{Marker, Segments};
use crate::multipart::{Part, Timestamp};
use crate::strip::Identity;

/// When a picture was taken, as its sender says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureTime {
    /// The name of the field, for messages.
    pub name: &'static str,
    /// The value as sent.
    pub value: Vec<u8>,
    /// What it means; `None` if it is no time.
    pub time: Option<Timestamp>,
    /// Whether it counts from 1970-01-01 UTC: a local time in an unknown zone shows only how the lag changes.
    pub is_utc: bool,
}

impl CaptureTime {
    /// That in the coded strip of a picture. No program on the way can change it, so it counts before all others.
    pub fn of_strip(identity: &Identity) -> Self {
        let time = Some(Timestamp(Duration::from_micros(identity.time_us)));
        let value = identity.time_us.to_be_bytes().to_vec();
        Self { name: "the coded strip", value, time, is_utc: true }
    }

    /// That of a part: by X-Timestamp (mjpg-streamer, uStreamer), X-UtcTime (TP-Link Kasa), x-axis-dvr-frame-time (Axis
    /// 250S), or the comment that JVC cameras write into each picture.
    pub fn of(part: &Part<'_>) -> Option<Self> {
        let plain = ["X-Timestamp", "X-UtcTime"].into_iter().find_map(|name| {
            let value = part.fields.first(name)?;
            Some(Self { name, value: value.into(), time: Timestamp::parse(value), is_utc: true })
        });
        let axis = || {
            let (name, value) = ("x-axis-dvr-frame-time", part.fields.first("x-axis-dvr-frame-time")?);
            Some(Self { name, value: value.into(), time: hundredths(value), is_utc: true })
        };
        plain.or_else(axis).or_else(|| Self::of_comment(part.body))
    }

    /// ```text
    /// comment = "JVC V1.0" *( name " = " value *SP )      VN-E4 API guide 1.5
    /// value   = 17DIGIT zone                              year to millisecond; "UTC", "JST" and others
    /// ```
    fn of_comment(jpeg: &[u8]) -> Option<Self> {
        let headers = Segments::of(jpeg).take_while(|segment| segment.marker != Marker::SOS);
        let mut comments = headers.into_iter().filter(|segment| segment.marker == Marker::COM);
        let comment = comments.find(|segment| segment.parameters.starts_with(b"JVC V"))?.parameters;
        // Some models write a capital letter.
        const NAME: &[u8] = b"imestamp = ";
        let start = memmem::find(comment, NAME)? + NAME.len();
        let value = comment.get(start..)?;
        let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
        let (digits, zone) = value[..end].split_at_checked(17)?;
        let shift = match zone {
            b"UTC" | b"GMT" => Some(0),
            b"JST" => Some(9 * 3600),
            _ => None,
        };
        let time = local(digits).and_then(|it| it.checked_sub(Duration::from_secs(shift.unwrap_or(0))));
        let value = value[..end].to_vec();
        Some(Self { name: "JPEG comment", value, time: time.map(Timestamp), is_utc: shift.is_some() })
    }
}

/// `1DIGIT ":" 1*2DIGIT`: seconds and hundredths.
fn hundredths(value: &[u8]) -> Option<Timestamp> {
    let colon = value.iter().position(|&byte| byte == b':')?;
    let part = core::str::from_utf8(value.get(colon + 1..)?).ok()?.trim_ascii();
    let hundredths: u8 = decimal(part).filter(|&n| n < 100)?;
    let Timestamp(seconds) = Timestamp::parse(&value[..colon])?;
    Some(Timestamp(seconds.checked_add(Duration::from_millis(u64::from(hundredths) * 10))?))
}

/// `YYYYMMDDhhmmssmmm`.
fn local(digits: &[u8]) -> Option<Duration> {
    let number = |at: usize, len: usize| {
        let text = digits.get(at..at + len).filter(|text| text.iter().all(u8::is_ascii_digit))?;
        Some(text.iter().fold(0, |n, &byte| n * 10 + u64::from(byte - b'0')))
    };
    let day = (number(0, 4)?, number(4, 2)?, number(6, 2)?);
    let seconds = seconds_since_1970(day, (number(8, 2)?, number(10, 2)?, number(12, 2)?))?;
    Some(Duration::from_secs(seconds) + Duration::from_millis(number(14, 3)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<(u64, bool)> {
        let comment =
            [b"JVC V1.0 size = 123456 width = 640 timestamp = ", text.as_bytes(), b"    alarm = 0"].concat();
        let length = (comment.len() as u16 + 2).to_be_bytes();
        let jpeg = [&[0xff, 0xd8, 0xff, 0xfe], &length[..], &comment, &[0xff, 0xd9]].concat();
        let found = CaptureTime::of_comment(&jpeg)?;
        Some((found.time?.0.as_millis() as u64, found.is_utc))
    }

    #[test]
    fn the_comment_of_jvc_cameras_has_the_time_of_the_picture() {
        assert_eq!(time("20071014130509123UTC"), Some((1_192_367_109_123, true)));
        assert_eq!(time("20050214130509123JST"), Some((1_108_353_909_123, true)));
        assert_eq!(time("20050214130509123EST"), Some((1_108_386_309_123, false)));
        for invalid in ["", "2005", "20051414130509123UTC", "2005021413050912xUTC"] {
            assert_eq!(time(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn axis_writes_hundredths_behind_a_colon() {
        for (value, millis) in [
            ("785421:57", Some(785_421_570)),
            ("7:5", Some(7_050)),
            ("7", None),
            ("7:100", None),
            ("x:5", None),
        ] {
            let time = hundredths(value.as_bytes()).map(|it| it.0.as_millis() as u64);
            assert_eq!(time, millis, "{value}");
        }
    }
}
