//! What the HTTP library of a consumer makes of an odd response head.

use super::cause::Cause;
use super::fate::Fate;
use super::head::{ContentCoding, HeadStart, LengthFlaw, ResponseHead};

/// What the HTTP library of a consumer makes of an odd response head. `None`: not measured.
///
/// Measured in November 2026 with six parts, one each 120 ms, over loopback.
#[derive(Debug, Clone, Copy)]
pub struct HttpClient {
    /// What becomes of a response without a head.
    pub headless: Option<Fate>,
    /// Whether an empty line before the status line is skipped.
    pub skips_blank_line: Option<bool>,
    /// Lengths of the response that it refuses, or takes for a body of no or few bytes.
    pub refused_lengths: Option<&'static [LengthFlaw]>,
    /// Whether a line without a colon in the head is refused.
    pub refuses_stray_line: Option<bool>,
    /// Codings that it decodes. It shows nothing if the body is not coded.
    pub codings: Option<&'static [ContentCoding]>,
}

use ContentCoding::{Brotli, Deflate, Gzip};
use LengthFlaw::*;

impl HttpClient {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        headless: None,
        skips_blank_line: None,
        refused_lengths: None,
        refuses_stray_line: None,
        codings: None,
    };
    /// libavformat 5.1.9. It takes the first line of the body for the status line, and the head of the first
    /// part for that of the response.
    pub const FFMPEG: Self = Self {
        headless: Some(Fate::Dies),
        skips_blank_line: Some(false),
        refused_lengths: Some(&[Empty, Word, Suffix]),
        refuses_stray_line: Some(false),
        codings: Some(&[Gzip, Deflate]),
    };
    /// GStreamer's `souphttpsrc` 1.22.
    pub const SOUPHTTPSRC: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(true),
        refused_lengths: Some(&[Empty, Word, Suffix, List, Contradicting]),
        refuses_stray_line: Some(false),
        codings: Some(&[Brotli]),
    };
    /// VLC 3.0.
    pub const VLC: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(false),
        refused_lengths: Some(&[Suffix]),
        refuses_stray_line: Some(true),
        codings: Some(&[]),
    };
    /// Chromium and Firefox, `<img>` and `fetch`.
    pub const BROWSER: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(true),
        refused_lengths: Some(&[Contradicting]),
        refuses_stray_line: Some(false),
        codings: Some(&[Gzip, Deflate, Brotli]),
    };
    /// Node's `http`.
    pub const NODE: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(true),
        refused_lengths: Some(&[
            Empty,
            Word,
            Suffix,
            Negative,
            Plus,
            List,
            Repeated,
            Contradicting,
            TooLarge,
            WithChunks,
            WithCoding,
        ]),
        refuses_stray_line: Some(true),
        codings: Some(&[]),
    };
    /// aiohttp 3.14.
    pub const AIOHTTP: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(true),
        refused_lengths: Some(&[
            Empty,
            Word,
            Suffix,
            Negative,
            Plus,
            List,
            Repeated,
            Contradicting,
            Unsigned,
            TooLarge,
            WithChunks,
            WithCoding,
        ]),
        refuses_stray_line: Some(true),
        codings: Some(&[Gzip, Deflate, Brotli]),
    };
    /// Go's `net/http`, 1.19.
    pub const GO: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(false),
        refused_lengths: Some(&[
            Word,
            Suffix,
            Negative,
            Plus,
            List,
            Contradicting,
            Unsigned,
            TooLarge,
            WithCoding,
        ]),
        refuses_stray_line: None,
        codings: Some(&[Gzip]),
    };
    /// Python's `urllib`.
    pub const URLLIB: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(false),
        refused_lengths: Some(&[]),
        refuses_stray_line: Some(false),
        codings: Some(&[]),
    };
    /// curl 7.88 without `--compressed`.
    pub const CURL: Self = Self {
        headless: Some(Fate::Nothing),
        skips_blank_line: Some(false),
        refused_lengths: Some(&[Empty, Word, Suffix, Negative, Contradicting]),
        refuses_stray_line: Some(true),
        codings: Some(&[]),
    };

    /// What an odd head leads to, if it is not read like a good one.
    pub(super) fn outcome(&self, head: &ResponseHead) -> Option<(Fate, Cause)> {
        /// The fate if this is accepted, refused, or not known.
        fn of(is_refused: Option<bool>, cause: Cause) -> Option<(Fate, Cause)> {
            match is_refused {
                Some(false) => None,
                Some(true) => Some((Fate::Nothing, cause)),
                None => Some((Fate::Unknown, cause)),
            }
        }
        let start = match head.start {
            HeadStart::StatusLine => None,
            HeadStart::BlankLine => of(self.skips_blank_line.map(|skips| !skips), Cause::HeadStart),
            HeadStart::Body => return Some((self.headless.unwrap_or(Fate::Unknown), Cause::HeadStart)),
        };
        let length = || {
            let flaw = head.length_flaw?;
            of(self.refused_lengths.map(|flaws| flaws.contains(&flaw)), Cause::HeadLength)
        };
        let stray_line =
            || if head.has_stray_line { of(self.refuses_stray_line, Cause::HeadField) } else { None };
        let coding = || {
            let coding = head.content_coding?;
            of(self.codings.map(|codings| codings.contains(&coding)), Cause::ContentCoding)
        };
        start.or_else(length).or_else(stray_line).or_else(coding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Head;

    #[test]
    fn an_odd_head_is_refused_accepted_or_not_known() {
        let head = |fields: &str| {
            let text = std::format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
            ResponseHead::of(&Head::parse(text.as_bytes()).unwrap().unwrap())
        };
        let negative = head("Content-Length: -1\r\n");
        assert_eq!(HttpClient::FFMPEG.outcome(&negative), None);
        assert_eq!(HttpClient::NODE.outcome(&negative), Some((Fate::Nothing, Cause::HeadLength)));
        assert_eq!(HttpClient::UNKNOWN.outcome(&negative), Some((Fate::Unknown, Cause::HeadLength)));
        assert_eq!(HttpClient::UNKNOWN.outcome(&head("Content-Length: 9\r\n")), None);
        let coded = head("Content-Encoding: gzip\r\n");
        assert_eq!(HttpClient::VLC.outcome(&coded), None);
        assert_eq!(HttpClient::BROWSER.outcome(&coded), Some((Fate::Nothing, Cause::ContentCoding)));
        let stray = head("Camera\r\n");
        assert_eq!(HttpClient::FFMPEG.outcome(&stray), None);
        assert_eq!(HttpClient::VLC.outcome(&stray), Some((Fate::Nothing, Cause::HeadField)));
        assert_eq!(HttpClient::GO.outcome(&stray), Some((Fate::Unknown, Cause::HeadField)));
        let late = head("").starting_with(HeadStart::BlankLine);
        assert_eq!(HttpClient::NODE.outcome(&late), None);
        assert_eq!(HttpClient::CURL.outcome(&late), Some((Fate::Nothing, Cause::HeadStart)));
        let none = head("").starting_with(HeadStart::Body);
        assert_eq!(HttpClient::FFMPEG.outcome(&none), Some((Fate::Dies, Cause::HeadStart)));
    }
}
