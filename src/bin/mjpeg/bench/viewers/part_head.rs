//! The head of a part, read for its length only.

use memchr::memchr;

/// What the skimmer needs of a part head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartHead<'a> {
    /// Bytes of the body, if the head says so once and plainly.
    pub length: Option<u64>,
    /// The value of `X-Timestamp`.
    pub timestamp: Option<&'a [u8]>,
}

impl<'a> PartHead<'a> {
    /// Reads the field lines of `fields`. What is odd is left to the library's reader: then there is no length.
    pub fn parse(fields: &'a [u8]) -> Self {
        let mut head = Self { length: None, timestamp: None };
        let (mut rest, mut lengths) = (fields, 0);
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let line = &rest[..end];
            rest = &rest[end..];
            let Some(colon) = memchr(b':', line) else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                lengths += 1;
                head.length = number(value);
            } else if name.eq_ignore_ascii_case(b"x-timestamp") {
                head.timestamp = Some(value);
            }
        }
        Self { length: head.length.filter(|_| lengths == 1), ..head }
    }
}

/// `1*DIGIT`, RFC 9110 8.6.
fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_only_if_it_is_plain() {
        let head =
            PartHead::parse(b"Content-Type: image/jpeg\r\ncontent-LENGTH:\t 12 \r\nX-Timestamp: 7.5\n\r\n");
        assert_eq!((head.length, head.timestamp), (Some(12), Some(&b"7.5"[..])));
        for fields in [
            &b"Content-Type: image/jpeg\r\n\r\n"[..],
            b"Content-Length: 12\r\nContent-Length: 13\r\n",
            b"Content-Length: +12\r\n",
            b"Content-Length: 0x12\r\n",
            b"Content-Length:\r\n",
            b"Content-Length : 12\r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"",
        ] {
            assert_eq!(PartHead::parse(fields).length, None, "{fields:?}");
        }
    }
}
