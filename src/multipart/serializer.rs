//! Frames to bytes: what `serve` sends.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use memchr::memmem;

use super::boundary::Boundary;

/// The fields of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartHead {
    /// Exact number of bytes of the JPEG.
    pub content_length: u64,
    /// When the picture was taken, since 1970-01-01 UTC: `X-Timestamp` in seconds and microseconds,
    /// the form of mjpg-streamer and uStreamer.
    pub timestamp: Option<Duration>,
}

impl PartHead {
    /// The head of a JPEG of this many bytes, without a time.
    pub fn new(content_length: u64) -> Self {
        Self { content_length, timestamp: None }
    }

    /// With the time when the picture was taken, since 1970-01-01 UTC.
    #[must_use]
    pub fn taken(self, time: Duration) -> Self {
        Self { timestamp: Some(time), ..self }
    }
}

/// Writes the pieces of a multipart stream; the caller decides when each piece is sent.
///
/// ```text
/// stream := dash-boundary CRLF part *( CRLF dash-boundary CRLF part ) CRLF dash-boundary "--" CRLF
/// part   := "Content-Type: image/jpeg" CRLF "Content-Length: " 1*DIGIT CRLF
///           [ "X-Timestamp: " 1*DIGIT "." 6DIGIT CRLF ] CRLF jpeg
/// ```
///
/// This shape reads on time in every consumer that was measured (`docs/rules.md`): the body
/// starts with the delimiter, one blank follows each colon, nothing follows `image/jpeg`, and the
/// CRLF before the delimiter is there.
///
/// ```
/// use mjpeg::multipart::{Boundary, PartHead, Serializer};
///
/// let serializer = Serializer::new(Boundary::new("frame")?);
/// let mut out = Vec::new();
/// serializer.first_delimiter(&mut out);
/// serializer.head(&mut out, &PartHead::new(4));
/// out.extend_from_slice(&[0xff, 0xd8, 0xff, 0xd9]);
/// serializer.close_delimiter(&mut out);
/// assert_eq!(
///     out,
///     b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xd9\r\n--frame--\r\n"
/// );
/// # Ok::<(), mjpeg::multipart::InvalidBoundary>(())
/// ```
#[derive(Debug, Clone)]
pub struct Serializer {
    boundary: Boundary,
    dash_boundary: String,
    length_digits: usize,
}

impl Serializer {
    /// A serializer for one stream.
    pub fn new(boundary: Boundary) -> Self {
        let dash_boundary = format!("--{}", boundary.as_str());
        Self { boundary, dash_boundary, length_digits: 1 }
    }

    /// Writes each `Content-Length` with at least `digits` digits, so that all heads are equally
    /// long. `Content-Length = 1*DIGIT` (RFC 9110 8.6) allows the zeros before the number.
    #[must_use]
    pub fn length_digits(mut self, digits: usize) -> Self {
        // 20 digits hold any u64.
        self.length_digits = digits.min(20);
        self
    }

    /// The value of the response's `Content-Type` field.
    pub fn content_type(&self) -> String {
        format!("multipart/x-mixed-replace; boundary={}", self.boundary.parameter())
    }

    /// Whether `jpeg` may be sent under this boundary: VLC, Chromium and Firefox search for the
    /// boundary even where Content-Length is right, so it must not occur in any picture.
    pub fn can_carry(&self, jpeg: &[u8]) -> bool {
        memmem::find(jpeg, self.dash_boundary.as_bytes()).is_none()
    }

    /// The first delimiter: no CRLF before it.
    pub fn first_delimiter(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.dash_boundary.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// The delimiter between two parts. Another part must follow: an empty one breaks viewers.
    pub fn delimiter(&self, out: &mut Vec<u8>) {
        // RFC 2046 5.1.1: the CRLF before the dash-boundary belongs to the delimiter.
        out.extend_from_slice(b"\r\n");
        self.first_delimiter(out);
    }

    /// The part's fields and the blank line behind them.
    pub fn head(&self, out: &mut Vec<u8>, head: &PartHead) {
        // Not with `write!`: between two frames the caches forget the code of `fmt`, and `serve` paid for it.
        out.extend_from_slice(b"Content-Type: image/jpeg\r\nContent-Length: ");
        decimal(out, head.content_length, self.length_digits);
        out.extend_from_slice(b"\r\n");
        if let Some(at) = head.timestamp {
            out.extend_from_slice(b"X-Timestamp: ");
            decimal(out, at.as_secs(), 1);
            out.push(b'.');
            decimal(out, u64::from(at.subsec_micros()), 6);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The end of the stream, behind the last picture: it takes the place of the delimiter, behind which a part must follow.
    pub fn close_delimiter(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(self.dash_boundary.as_bytes());
        out.extend_from_slice(b"--\r\n");
    }
}

/// Writes a number with at least this many digits, 20 at most. One copy of this code is in the caches sooner than three.
#[inline(never)]
fn decimal(out: &mut Vec<u8>, mut number: u64, digits: usize) {
    let mut text = [b'0'; 20];
    let mut start = text.len();
    while number > 0 {
        start -= 1;
        text[start] += (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&text[start.min(text.len() - digits)..]);
}

#[cfg(test)]
mod tests {
    use super::super::timestamp::Timestamp;
    use super::*;

    #[test]
    fn numbers_have_all_their_digits() {
        for number in [0, 1, 9, 10, 99_999, 100_000, 1_700_000_000, u64::MAX] {
            for digits in 1..=20 {
                let mut out = Vec::new();
                decimal(&mut out, number, digits);
                assert_eq!(out, format!("{number:0>digits$}").into_bytes());
            }
        }
    }

    #[test]
    fn times_are_printed_like_every_timestamp() {
        let serializer = Serializer::new(Boundary::new("b").unwrap());
        for micros in [0, 1, 999_999, 1_000_000, 1_700_000_000_012_345] {
            let taken = Duration::from_micros(micros);
            let mut out = Vec::new();
            serializer.head(&mut out, &PartHead::new(1).taken(taken));
            let head = String::from_utf8(out).unwrap();
            assert!(head.contains(&format!("\r\nX-Timestamp: {}\r\n", Timestamp(taken))), "{head}");
        }
    }
}
