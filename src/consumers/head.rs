//! What comes before the body, as far as readers differ in it.

use alloc::vec::Vec;
use core::fmt;

use crate::http::{FieldFlaw, Head, Version};

/// What comes before the body, as far as readers differ in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// What the response starts with.
    pub start: HeadStart,
    /// Protocol and version.
    pub version: Version,
    /// A line of the head ends in a bare LF, and none in CRLF.
    pub bare_lf: bool,
    /// The value of Content-Type, empty if there is none.
    pub content_type: Option<Vec<u8>>,
    /// The value of Content-Length, if it is a number and counts.
    pub content_length: Option<u64>,
    /// What is wrong with Content-Length.
    pub length_flaw: Option<LengthFlaw>,
    /// Whether Transfer-Encoding is chunked.
    pub is_chunked: bool,
    /// The body is not in chunks, although Transfer-Encoding says so.
    pub lacks_chunks: bool,
    /// A line has no colon.
    pub has_stray_line: bool,
    /// The content coding that is announced.
    pub content_coding: Option<ContentCoding>,
}

/// What a response starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadStart {
    /// A status line.
    StatusLine,
    /// An empty line, and then a status line.
    BlankLine,
    /// The body: there is no head.
    Body,
}

/// What is wrong with the Content-Length of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LengthFlaw {
    /// No value.
    Empty,
    /// It starts with neither a digit nor a sign.
    Word,
    /// Something follows the digits, such as `0x10`.
    Suffix,
    /// A number with a minus sign.
    Negative,
    /// A number with a plus sign.
    Plus,
    /// The same number twice in one field.
    List,
    /// Several fields with the same number.
    Repeated,
    /// Different numbers.
    Contradicting,
    /// 2^63 or more, and less than 2^64.
    Unsigned,
    /// 2^64 or more.
    TooLarge,
    /// Beside the chunked coding.
    WithChunks,
    /// Beside another transfer coding, such as `identity`.
    WithCoding,
}

/// A content coding that some readers decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentCoding {
    /// `gzip`
    Gzip,
    /// `deflate`
    Deflate,
    /// `br`
    Brotli,
}

impl ResponseHead {
    /// The facts of a parsed head.
    pub fn of(head: &Head) -> Self {
        let length_flaw = LengthFlaw::of(head);
        let length = head.text("content-length").and_then(|text| text.trim().parse().ok());
        let counts = matches!(length_flaw, None | Some(LengthFlaw::Repeated | LengthFlaw::WithCoding));
        Self {
            start: HeadStart::StatusLine,
            version: head.version,
            bare_lf: head.bare_lf && !head.bytes().windows(2).any(|pair| pair == b"\r\n"),
            content_type: head.fields().first("content-type").map(<[u8]>::to_vec),
            content_length: length.filter(|_| counts && !head.is_chunked()),
            length_flaw,
            is_chunked: head.is_chunked(),
            lacks_chunks: false,
            has_stray_line: head.fields().lines().iter().any(|line| line.flaw == Some(FieldFlaw::NoColon)),
            content_coding: head.fields().first("content-encoding").and_then(ContentCoding::of),
        }
    }

    /// The same head behind this start.
    #[must_use]
    pub fn starting_with(self, start: HeadStart) -> Self {
        Self { start, ..self }
    }

    /// The same head before a body that is, or is not, in chunks.
    #[must_use]
    pub fn before_chunks(self, is_in_chunks: bool) -> Self {
        Self { lacks_chunks: self.is_chunked && !is_in_chunks, ..self }
    }
}

impl LengthFlaw {
    fn of(head: &Head) -> Option<Self> {
        let mut values = head.fields().all("content-length").map(<[u8]>::trim_ascii);
        let first = values.next()?;
        let flaw = Self::of_value(first).or_else(|| {
            let mut is_repeated = false;
            for other in values {
                if other != first {
                    return Some(Self::Contradicting);
                }
                is_repeated = true;
            }
            is_repeated.then_some(Self::Repeated)
        });
        let coding = || head.fields().first("transfer-encoding");
        let beside = || coding().map(|_| if head.is_chunked() { Self::WithChunks } else { Self::WithCoding });
        flaw.or_else(beside)
    }

    fn of_value(value: &[u8]) -> Option<Self> {
        let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        match value {
            [] => Some(Self::Empty),
            digits if is_number(digits) => {
                let number = core::str::from_utf8(digits).ok().and_then(|text| text.parse::<u64>().ok());
                match number {
                    None => Some(Self::TooLarge),
                    Some(number) if number > i64::MAX as u64 => Some(Self::Unsigned),
                    Some(_) => None,
                }
            }
            [b'-', digits @ ..] if is_number(digits) => Some(Self::Negative),
            [b'+', digits @ ..] if is_number(digits) => Some(Self::Plus),
            list if list.contains(&b',') => {
                let mut items = list.split(|&b| b == b',').map(<[u8]>::trim_ascii);
                let first = items.next().unwrap_or_default();
                Some(if items.all(|item| item == first) { Self::List } else { Self::Contradicting })
            }
            [digit, ..] if digit.is_ascii_digit() => Some(Self::Suffix),
            _ => Some(Self::Word),
        }
    }
}

/// What is wrong, to be read behind `Content-Length: VALUE`.
impl fmt::Display for LengthFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no value",
            Self::Word | Self::Suffix => "not a number",
            Self::Negative | Self::Plus => "a sign before the number",
            Self::List => "the number twice in one field",
            Self::Repeated => "several fields with the same number",
            Self::Contradicting => "different numbers",
            Self::Unsigned => "2^63 or more",
            Self::TooLarge => "2^64 or more",
            Self::WithChunks => "beside the chunked coding",
            Self::WithCoding => "beside a transfer coding",
        })
    }
}

impl ContentCoding {
    fn of(value: &[u8]) -> Option<Self> {
        match &value.trim_ascii().to_ascii_lowercase()[..] {
            b"gzip" | b"x-gzip" => Some(Self::Gzip),
            b"deflate" => Some(Self::Deflate),
            b"br" => Some(Self::Brotli),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn of(fields: &str) -> ResponseHead {
        let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        ResponseHead::of(&Head::parse(text.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn each_flaw_of_a_length_is_named_and_only_a_length_that_counts_is_kept() {
        use LengthFlaw::*;
        let chunked = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
        for (fields, flaw, length) in [
            ("", None, None),
            ("Content-Length: 9999999\r\n", None, Some(9_999_999)),
            ("Content-Length: 9223372036854775807\r\n", None, Some(i64::MAX as u64)),
            ("Content-Length: 9223372036854775808\r\n", Some(Unsigned), None),
            ("Content-Length: 18446744073709551616\r\n", Some(TooLarge), None),
            ("Content-Length: \r\n", Some(Empty), None),
            ("Content-Length: unknown\r\n", Some(Word), None),
            ("Content-Length: 0x10\r\n", Some(Suffix), None),
            ("Content-Length: -1\r\n", Some(Negative), None),
            ("Content-Length: +1\r\n", Some(Plus), None),
            ("Content-Length: 12, 12\r\n", Some(List), None),
            ("Content-Length: 12, 13\r\n", Some(Contradicting), None),
            ("Content-Length: 12\r\nContent-Length: 12\r\n", Some(Repeated), Some(12)),
            ("Content-Length: 12\r\nContent-Length: 13\r\n", Some(Contradicting), None),
            (chunked, Some(WithChunks), None),
            ("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", Some(WithCoding), Some(5)),
        ] {
            let head = of(fields);
            assert_eq!((head.length_flaw, head.content_length), (flaw, length), "{fields}");
        }
    }

    #[test]
    fn codings_are_case_insensitive() {
        assert_eq!(of("Content-Encoding: GZip\r\n").content_coding, Some(ContentCoding::Gzip));
        assert_eq!(of("Content-Encoding: identity\r\n").content_coding, None);
    }
}
