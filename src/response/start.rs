//! What comes before the body: heads, and the first bytes that show how the body is framed.

use alloc::vec::Vec;
use core::mem;

use memchr::memmem;

use super::coding::Coding;
use crate::http::{Dechunker, Head, HeadError, HeadErrorKind, HeadSearch, Version, decimal};
use crate::multipart::DeviationKind;

/// Room for one read before the body starts.
const READ_BYTES: usize = 16 << 10;
/// Interim heads before the one that counts. Servers send two at most.
const MOST_INTERIM: usize = 8;
/// Heads before the one that counts in a saved response: redirections and refusals.
const MOST_SAVED: usize = 32;
/// Most CR and LF bytes before a status line that are skipped.
const MOST_BLANK: usize = 16;
/// Longest page of a refusal between two saved heads, in bytes.
const PAGE_BYTES: usize = 64 << 10;
/// What every head but that of ICY starts with.
const HTTP: &[u8] = b"HTTP/";

/// What the input is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A server's answer. Interim heads (1xx) are skipped. Input that does not start like a response is
    /// a body without a head.
    Response,
    /// What a file holds: a saved response, a body alone, or JPEGs one after another. Heads that another
    /// head follows are skipped with their pages (`curl -i` with `-L`, `--digest` or `--proxytunnel`), and
    /// `HTTP/2` in a status line is how curl prints one. Whether a body that the head calls chunked still is,
    /// is decided by its first bytes (`curl -i` with and without `--raw`).
    Saved,
}

/// The bytes before the body, as far as they have come.
#[derive(Debug)]
pub(super) struct Start {
    expected: Expected,
    /// The bytes that have come, and room behind them.
    bytes: Vec<u8>,
    /// Bytes that have come.
    len: usize,
    /// Bytes of heads that were skipped.
    skipped: usize,
    /// Bytes of empty lines before the first head.
    blank: usize,
    /// Heads that were skipped, at most [`MOST_SAVED`].
    earlier: Vec<Head>,
    search: HeadSearch,
    /// The head that counts, while it is not known whether its body is in chunks.
    head: Option<Head>,
}

/// What [`Start::decide`] found.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) head: Option<Head>,
    pub(super) coding: Coding,
    /// Where the body starts in [`Start::bytes`].
    pub(super) body: usize,
    /// Bytes of empty lines before the first head.
    pub(super) blank: usize,
    /// The heads before the one that counts.
    pub(super) earlier: Vec<Head>,
}

impl Start {
    pub(super) fn new(expected: Expected) -> Self {
        let (bytes, search) = (Vec::new(), HeadSearch::default());
        Self { expected, bytes, len: 0, skipped: 0, blank: 0, earlier: Vec::new(), search, head: None }
    }

    /// Room for the next read.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.bytes.resize(self.len + READ_BYTES, 0);
        &mut self.bytes[self.len..]
    }

    /// Says that the first `n` bytes of the room hold what was read.
    pub(super) fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.len, "more bytes filled than there was space");
        self.len += n;
    }

    /// The bytes that have come.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Decides where the body starts and how it is framed. `None`: more bytes are needed. With `is_end`
    /// no more will come.
    pub(super) fn decide(&mut self, is_end: bool) -> Result<Option<Started>, HeadError> {
        loop {
            if let Some(head) = self.head.take() {
                return Ok(self.chunking(head, is_end));
            }
            if !self.skip_blank_lines(is_end) {
                return Ok(None);
            }
            match self.search.parse(&self.bytes[self.skipped..self.len]) {
                Ok(Some(mut head)) => match self.is_skipped(&head, is_end) {
                    Some(Skip::WithPage(page)) => {
                        self.skipped += head.len + page;
                        self.earlier.push(head);
                        self.search = HeadSearch::default();
                    }
                    Some(Skip::No) => {
                        if self.expected == Expected::Saved && is_printed_by_curl(head.bytes()) {
                            head.version = Version::Http11;
                        }
                        self.head = Some(head);
                    }
                    None => {
                        self.search = HeadSearch::default();
                        return Ok(None);
                    }
                },
                Ok(None) if !is_end => return Ok(None),
                Ok(None) if self.expected == Expected::Response => {
                    return Err(HeadError { offset: self.len, kind: HeadErrorKind::Cut });
                }
                Err(error) if self.expected == Expected::Response && error.kind == HeadErrorKind::Status => {
                    return Err(error);
                }
                Ok(None) | Err(_) => return Ok(Some(self.headless())),
            }
        }
    }

    /// Skips empty lines before a status line. `false`: more bytes are needed.
    fn skip_blank_lines(&mut self, is_end: bool) -> bool {
        let bytes = &self.bytes[self.skipped..self.len];
        let window = &bytes[..bytes.len().min(MOST_BLANK)];
        let blank = window.iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
        if blank == 0 {
            return true;
        }
        let behind = &bytes[blank..];
        let n = behind.len().min(HTTP.len());
        if behind[..n] != HTTP[..n] || blank == MOST_BLANK {
            // The body starts with an empty line.
            return true;
        }
        if n == HTTP.len() {
            if self.skipped == 0 {
                self.blank = blank;
            }
            self.skipped += blank;
        }
        n == HTTP.len() || is_end
    }

    /// Whether a complete head is not the one that counts. `None`: more bytes are needed.
    fn is_skipped(&self, head: &Head, is_end: bool) -> Option<Skip> {
        let behind = &self.bytes[self.skipped + head.len..self.len];
        match self.expected {
            Expected::Response if head.status < 200 && self.earlier.len() < MOST_INTERIM => {
                Some(Skip::WithPage(0))
            }
            Expected::Response => Some(Skip::No),
            Expected::Saved if self.earlier.len() >= MOST_SAVED => Some(Skip::No),
            Expected::Saved if head.status < 200 => Some(Skip::WithPage(0)),
            Expected::Saved => next_head(head, behind, is_end),
        }
    }

    /// `head` counts. How its body is coded may take a few bytes of the body to say.
    fn chunking(&mut self, head: Head, is_end: bool) -> Option<Started> {
        let body = self.skipped + head.len;
        let bytes = &self.bytes[body..self.len];
        let is_live = self.expected == Expected::Response;
        let has_coding = is_live
            && head
                .fields()
                .all("content-encoding")
                .any(|value| !value.trim_ascii().eq_ignore_ascii_case(b"identity"));
        // A server may announce a coding that its body does not have: the first bytes decide, however they are cut.
        let like_body = starts_like_a_body(bytes);
        if (has_coding || is_live && head.is_chunked()) && like_body.is_none() && !is_end {
            self.head = Some(head);
            return None;
        }
        let is_like_body = like_body == Some(true);
        let is_chunked = match (head.is_chunked(), Dechunker::is_kept_in(bytes)) {
            (false, _) => false,
            (true, None) if !is_end && bytes.len() <= LONGEST_SIZE => {
                self.head = Some(head);
                return None;
            }
            // A server may write a broken size; the decoder says where.
            (true, Some(false)) if is_live => !is_like_body,
            (true, kept) => kept == Some(true) || is_live,
        };
        let deviation = if is_live && head.is_chunked() && !is_chunked {
            Some(DeviationKind::ChunksMissing)
        } else if has_coding && is_like_body {
            Some(DeviationKind::ContentCodingMissing)
        } else {
            None
        };
        let is_open = has_coding && (is_chunked || deviation == Some(DeviationKind::ChunksMissing));
        let coding = Coding::new(Some(&head), is_chunked).with_deviation(deviation).with_open_coding(is_open);
        Some(self.started(Some(head), coding, body))
    }

    /// There is no head, or none that ends within its limit.
    fn headless(&mut self) -> Started {
        self.started(None, Coding::new(None, false), self.skipped)
    }

    fn started(&mut self, head: Option<Head>, coding: Coding, body: usize) -> Started {
        Started { head, coding, body, blank: self.blank, earlier: mem::take(&mut self.earlier) }
    }
}

/// Whether a complete head is passed over.
enum Skip {
    No,
    /// With this many bytes of a page behind it.
    WithPage(usize),
}

/// Bytes of a status line that show its status.
const STATUS_BYTES: usize = 16;

/// Digits of a chunk-size that say how a body is coded, with what ends them.
const LONGEST_SIZE: usize = 17;

/// Whether another head follows a saved one, perhaps behind a page. `None`: more bytes are needed.
fn next_head(head: &Head, behind: &[u8], is_end: bool) -> Option<Skip> {
    let follows = |at: usize| {
        let rest = behind.get(at..).unwrap_or_default();
        let n = rest.len().min(HTTP.len());
        if rest[..n] != HTTP[..n] {
            return Some(false);
        }
        let is_enough = rest.len() >= STATUS_BYTES || rest.contains(&b'\n') || is_end;
        is_enough.then(|| is_status_line(rest))
    };
    match follows(0) {
        Some(false) => {}
        Some(true) => return Some(Skip::WithPage(0)),
        None => return None,
    }
    if head.status < 300 {
        return Some(Skip::No);
    }
    // The page of a refusal is as long as its head says, or ends where the next head starts.
    let length = head.text("content-length").and_then(|value| decimal::<usize>(value.trim()));
    if let Some(length) = length.filter(|&length| length <= PAGE_BYTES) {
        return follows(length).map(|follows| if follows { Skip::WithPage(length) } else { Skip::No });
    }
    let window = &behind[..behind.len().min(PAGE_BYTES)];
    let at = memmem::find_iter(window, HTTP).find(|&at| is_status_line(&window[at..]));
    match at {
        Some(at) => Some(Skip::WithPage(at)),
        None if is_end || window.len() == PAGE_BYTES => Some(Skip::No),
        None => None,
    }
}

/// Whether `HTTP/1.1 200` or the like is there, so that text such as `HTTP/1.1 is required` is not a head.
fn is_status_line(bytes: &[u8]) -> bool {
    let line = &bytes[..bytes.len().min(STATUS_BYTES)];
    let Some(blank) = line.iter().position(|&b| b == b' ') else { return false };
    line.get(HTTP.len()..blank)
        .is_some_and(|version| version.iter().all(|b| b.is_ascii_digit() || *b == b'.'))
        && line.get(blank + 1..blank + 4).is_some_and(|status| status.iter().all(u8::is_ascii_digit))
}

/// Whether the status line is one that curl prints for HTTP/2 and HTTP/3, which have none.
fn is_printed_by_curl(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/2") || head.starts_with(b"HTTP/3")
}

/// Whether a body starts like a multipart body or a picture, and not like a chunk-size or compressed bytes. `None`: more bytes are
/// needed.
fn starts_like_a_body(bytes: &[u8]) -> Option<bool> {
    const FIELD: &[u8] = b"content-";
    if matches!(bytes, [b'-' | b'\r' | b'\n' | 0xff, ..]) {
        return Some(true);
    }
    let start = &bytes[..bytes.len().min(FIELD.len())];
    match start.eq_ignore_ascii_case(&FIELD[..start.len()]) {
        true if start.len() < FIELD.len() => None,
        is_field => Some(is_field),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::super::{Event, Reader};
    use super::*;

    /// The events of a live response that comes in these pieces.
    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = Reader::new(Expected::Response);
        let mut events = Vec::new();
        for end in 0..=pieces.len() {
            match pieces.get(end) {
                Some(piece) => {
                    reader.space()[..piece.len()].copy_from_slice(piece);
                    reader.filled(piece.len());
                }
                None => reader.finish(),
            }
            loop {
                match reader.next_event() {
                    Ok(Some(Event::Body(event))) => events.push(alloc::format!("{event:?}")),
                    Ok(Some(event)) => events.push(alloc::format!("{event:?}")),
                    Ok(None) => break,
                    Err(error) => {
                        events.push(alloc::format!("{error}"));
                        return events;
                    }
                }
            }
        }
        events
    }

    #[test]
    fn a_content_coding_that_the_body_does_not_have_is_told_in_chunks_too() {
        const PART: &str = "--b\r\nContent-Type: image/jpeg\r\n\r\n0123456789ab\r\n--b\r\n";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\nContent-Encoding: gzip\r\n";
        let chunk = alloc::format!("{:x}\r\n{PART}\r\n0\r\n\r\n", PART.len());
        for (coding, body, missing) in [
            ("", PART, &["ContentCodingMissing"][..]),
            ("Transfer-Encoding: chunked\r\n", &chunk, &["ContentCodingMissing"]),
            ("Transfer-Encoding: chunked\r\n", PART, &["ChunksMissing", "ContentCodingMissing"]),
            ("Transfer-Encoding: chunked\r\n", "2\r\n\u{1}\u{2}\r\n0\r\n\r\n", &[]),
        ] {
            let told = events(&[alloc::format!("{head}{coding}\r\n{body}").as_bytes()]).join(" ");
            for kind in ["ContentCodingMissing", "ChunksMissing"] {
                assert_eq!(
                    told.matches(kind).count(),
                    usize::from(missing.contains(&kind)),
                    "{coding} {told}"
                );
            }
        }
    }

    #[test]
    fn how_a_live_body_is_coded_does_not_depend_on_its_cuts() {
        const PART: &[u8] = b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n--b\r\n";
        for coding in ["Transfer-Encoding: chunked", "Content-Encoding: gzip"] {
            for body in
                [PART, b"--b\r\n", b"Con\r\n", b"c\r\n0123456789ab\r\n0\r\n\r\n", b"cont", b"\x1f\x8b"]
            {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n";
                let head = alloc::format!("{head}{coding}\r\n\r\n");
                let whole = [head.as_bytes(), body].concat();
                let expected = events(&[&whole]);
                for cut in 1..whole.len() {
                    let (first, rest) = whole.split_at(cut);
                    assert_eq!(events(&[first, rest]), expected, "{coding} {body:?} {cut}");
                }
            }
        }
    }
}
