//! One frame as a viewer sees it: its size, and the time that it carries.

use std::time::Duration;

use mjpeg::multipart::Timestamp;

use crate::clock::Clock;

/// The first bytes of a body, in which a time may be.
pub const START_BYTES: usize = 14;
/// SOI and a COM segment of ten bytes (T.81 B.2.4.5): eight of them are a time.
const COMMENT: &[u8] = &[0xff, 0xd8, 0xff, 0xfe, 0x00, 0x0a];
/// Ages outside this range are not ages: the clock of the server is another one.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// The wall clocks of one machine are read with this error.
const EARLIEST: Duration = Duration::from_millis(2);

/// One complete frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Bytes of its body.
    pub bytes: u64,
    /// The time that it carries.
    pub stamp: Option<Stamp>,
}

/// The time that a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The field `X-Timestamp`: since 1970-01-01 UTC.
    Field(Duration),
    /// A COM segment behind SOI with eight bytes, big-endian: nanoseconds of the monotonic or of the wall clock.
    Comment(u64),
}

impl Stamp {
    /// The stamp of a frame with this field and these first bytes. The field counts first.
    pub fn find(timestamp: Option<&[u8]>, start: &[u8]) -> Option<Self> {
        let field = timestamp.and_then(Timestamp::parse).map(|Timestamp(time)| Self::Field(time));
        field.or_else(|| {
            let bytes = start.strip_prefix(COMMENT)?.first_chunk::<8>()?;
            Some(Self::Comment(u64::from_be_bytes(*bytes)))
        })
    }

    /// How old the frame is now; `None` if its time cannot be one of this machine's clocks.
    pub fn age(self, clock: &Clock) -> Option<Duration> {
        match self {
            Self::Field(time) => age(clock.unix(), time),
            Self::Comment(nanos) => {
                let time = Duration::from_nanos(nanos);
                age(clock.system(), time).or_else(|| age(clock.unix(), time))
            }
        }
    }
}

fn age(now: Duration, time: Duration) -> Option<Duration> {
    match now.checked_sub(time) {
        Some(age) => (age <= OLDEST).then_some(age),
        None => (time - now <= EARLIEST).then_some(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_frame_is_that_of_its_field_or_its_comment() {
        let clock = Clock::simulated();
        clock.advance(Duration::from_secs(1000));
        let ms = Duration::from_millis;
        let field = |time: Duration| format!("{}.{:06}", time.as_secs(), time.subsec_micros());
        let comment =
            |time: Duration| [COMMENT, &u64::try_from(time.as_nanos()).unwrap().to_be_bytes()].concat();
        let (unix, system) = (clock.unix(), clock.system());
        for (timestamp, start, expected) in [
            (Some(field(unix - ms(40))), comment(system - ms(7)), Some(ms(40))),
            (None, comment(system - ms(7)), Some(ms(7))),
            (None, comment(unix - ms(8)), Some(ms(8))),
            // The wall clock may be read a little later than the frame is stamped, but not a second.
            (Some(field(unix + ms(1))), Vec::new(), Some(ms(0))),
            (Some(field(unix + ms(1000))), Vec::new(), None),
            // Seconds since the start of a camera are no time of ours.
            (Some("17.25".into()), Vec::new(), None),
            (Some("now".into()), Vec::new(), None),
            (None, comment(system)[..13].to_vec(), None),
            (None, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01".to_vec(), None),
        ] {
            let stamp = Stamp::find(timestamp.as_deref().map(str::as_bytes), &start);
            assert_eq!(stamp.and_then(|stamp| stamp.age(&clock)), expected, "{timestamp:?} {start:?}");
        }
    }
}
