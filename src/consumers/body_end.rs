//! How a consumer finds the end of a body by its delimiter.

use super::delimiter::Source;
use super::matcher::Matcher;
use super::pictures::find;
use super::stop::NEVER;

/// How a consumer finds the end of a body by its delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// The delimiter, wherever it stands.
    Delimiter,
    /// CRLF and two dashes, whatever follows, in reads of so many bytes.
    AnyDashes {
        /// Bytes of one read.
        read_bytes: usize,
    },
    /// CRLF and the delimiter, and what must follow it, in reads of so many bytes (0: as they come).
    Line {
        /// CRLF must follow.
        whole: bool,
        /// Bytes of one read.
        read_bytes: usize,
    },
    /// The line end of the first delimiter, the delimiter, then a blank, a line end or two dashes.
    SameLineEnd,
}

/// The end of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub end: usize,
    /// Where the search for the delimiter goes on.
    pub next: usize,
    /// Bytes that must have come.
    pub need: usize,
}

impl BodyEnd {
    /// The end of the body that starts at `at`.
    pub(super) fn search(self, bytes: &[u8], at: usize, matcher: &Matcher<'_>) -> Option<Ended> {
        match self {
            Self::AnyDashes { read_bytes } => {
                let end = find(bytes, b"\r\n--", at)?;
                // Three bytes of the last read are kept for the next one.
                Some(Ended { end, next: end, need: in_reads(at, end + 4, read_bytes, 3) })
            }
            Self::Line { whole, read_bytes } => {
                let form = &matcher.forms[0];
                let pattern = [&b"\r\n"[..], &form[..], if whole { &b"\r\n"[..] } else { &b""[..] }].concat();
                let found = find(bytes, &pattern, at.saturating_sub(2))?;
                let need = in_reads(at, found + pattern.len(), read_bytes, 1 + form.len());
                Some(Ended { end: found.max(at), next: found.max(at.saturating_sub(2)) + 2, need })
            }
            Self::SameLineEnd => same_line_end(bytes, at, matcher),
            Self::Delimiter => {
                let (found, len) = delimiter(bytes, at, matcher)?;
                let mut end = found;
                if end > at && bytes[end - 1] == b'\n' {
                    end -= 1;
                    if end > at && bytes[end - 1] == b'\r' {
                        end -= 1;
                    }
                }
                Some(Ended { end, next: found, need: found + len })
            }
        }
    }
}

/// The bytes that must come so that a reader of whole blocks has `need` bytes.
fn in_reads(at: usize, need: usize, read_bytes: usize, kept: usize) -> usize {
    if read_bytes <= kept {
        return need;
    }
    let first = at + read_bytes;
    if first >= need {
        first
    } else {
        first + (need - first).div_ceil(read_bytes - kept) * (read_bytes - kept)
    }
}

fn delimiter(bytes: &[u8], at: usize, matcher: &Matcher<'_>) -> Option<(usize, usize)> {
    if let (Source::FirstLine { .. }, Some(learnt)) = (matcher.rules.source, matcher.learnt) {
        let pattern = [b"--", learnt].concat();
        return find(bytes, &pattern, at).map(|found| (found, pattern.len()));
    }
    let places = matcher.forms.iter().filter_map(|form| find(bytes, form, at));
    places.min().map(|found| (found, matcher.forms[0].len()))
}

fn same_line_end(bytes: &[u8], at: usize, matcher: &Matcher<'_>) -> Option<Ended> {
    let form = &matcher.forms[0][..];
    if bytes[at..].starts_with(form) {
        return Some(Ended { end: at, next: at, need: at + form.len() + 1 });
    }
    let pattern = [matcher.line_end.unwrap_or(b"\r\n"), form].concat();
    let mut from = at;
    loop {
        let end = find(bytes, &pattern, from)?;
        let behind = end + pattern.len();
        let rest = &bytes[behind..];
        if matches!(rest.first(), Some(b' ' | b'\t' | b'\r' | b'\n')) || rest.starts_with(b"--") {
            return Some(Ended { end, next: end, need: behind + 1 });
        }
        from = end + 1;
    }
}

/// A reader that looks ahead waits until its look-ahead is full. It grows and never shrinks.
#[derive(Debug, Clone, Copy)]
pub struct LookAhead {
    /// Bytes at first.
    pub first: usize,
    /// By how much it grows.
    pub step: usize,
}

impl LookAhead {
    /// The bytes that must come to see `need` bytes of a body at `at`; `size` is that of the look-ahead.
    pub(super) fn need(self, at: usize, need: usize, size: &mut usize, len: usize) -> usize {
        let missing = need.saturating_sub(at + *size);
        *size += missing.div_ceil(self.step) * self.step;
        if at + *size > len { NEVER } else { at + *size }
    }
}
