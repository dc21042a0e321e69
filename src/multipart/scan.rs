//! Finds delimiters and says which ones they are.
//!
//! ```text
//! dash-boundary     := "--" boundary                                    RFC 2046 5.1.1
//! delimiter         := CRLF dash-boundary
//! close-delimiter   := delimiter "--"
//! transport-padding := *LWSP-char
//! ```
//!
//! The delimiter is learnt from the first line that is one, because the announced boundary is often
//! something else; from then on only that one counts.

use alloc::vec::Vec;

use memchr::memchr;
use memchr::memmem::{Finder, find_iter};

use super::answer::Answer;
use super::delimiter_line::{Line, LineFlaw};
use super::part_field::field_of_a_part_at;
use crate::http::is_field_like;

/// Longest rest of a delimiter line: padding, or the field glued to it.
const REST_BYTES: usize = 256;
/// How far behind a presumed delimiter a field must show.
const LOOK_AHEAD: usize = 1024;

/// What was found of delimiters in a stretch of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Line(Line),
    /// None so far; go on from here when more has come.
    Resume(usize),
}

/// How the delimiter in use relates to the announced boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    AsAnnounced,
    Unannounced,
    DashesNotAdded,
    DashesMissing,
    Mismatch,
}

#[derive(Debug)]
pub(super) struct Scan {
    announced: Vec<u8>,
    /// The announced boundary without the dashes before it.
    core: Option<Finder<'static>>,
    /// The dash-boundary in use.
    learnt: Option<Finder<'static>>,
    /// How a picture starts, as the body walk says.
    signature: &'static [u8],
}

impl Scan {
    pub(super) fn new(announced: Option<&[u8]>, signature: &'static [u8]) -> Self {
        let announced = announced.unwrap_or_default().to_vec();
        let core = &announced[leading_dashes(&announced)..];
        let core = (!core.is_empty()).then(|| Finder::new(core).into_owned());
        Self { announced, core, learnt: None, signature }
    }

    pub(super) fn is_learnt(&self) -> bool {
        self.learnt.is_some()
    }

    /// Whether `text` is the dash-boundary in use.
    pub(super) fn is(&self, text: &[u8]) -> bool {
        self.learnt.as_ref().is_some_and(|learnt| learnt.needle() == text)
    }

    /// Whether the dash-boundary in use starts with this byte.
    pub(super) fn starts_so(&self, byte: u8) -> bool {
        self.learnt.as_ref().is_some_and(|learnt| learnt.needle().first() == Some(&byte))
    }

    /// Whether the dash-boundary in use has no dashes.
    pub(super) fn starts_without_dash(&self) -> bool {
        self.learnt.is_some() && !self.starts_so(b'-')
    }

    /// Whether a line of `data` begins as the delimiter in use does, or the first one with two dashes.
    pub(super) fn has_line_like(&self, data: &[u8]) -> bool {
        let has_line =
            |learnt: &Finder<'_>| find_iter(data, learnt.needle()).any(|at| is_line_start(data, at));
        data.starts_with(b"--") || self.learnt.as_ref().is_some_and(has_line)
    }

    /// Whether `text` is one line that begins with the dash-boundary in use.
    pub(super) fn is_like_line(&self, text: &[u8]) -> bool {
        let is_like = self.learnt.as_ref().is_some_and(|learnt| text.starts_with(learnt.needle()));
        is_like && memchr(b'\n', text).is_none()
    }

    /// Whether `data` is nothing but the start of a delimiter.
    pub(super) fn is_cut_delimiter(&self, data: &[u8]) -> bool {
        self.learnt.as_ref().is_some_and(|learnt| learnt.needle().starts_with(data))
    }

    /// Takes `text` for the dash-boundary of this stream.
    pub(super) fn learn(&mut self, text: &[u8]) -> Likeness {
        self.learnt = Some(Finder::new(text).into_owned());
        let announced = &self.announced[..];
        let has_dashes = text.starts_with(b"--");
        if announced.is_empty() && has_dashes {
            Likeness::Unannounced
        } else if announced.is_empty() || !has_dashes && announced.strip_prefix(b"--") == Some(text) {
            Likeness::DashesMissing
        } else if text.strip_prefix(b"--") == Some(announced) {
            Likeness::AsAnnounced
        } else if text == announced {
            if announced.starts_with(b"--") { Likeness::DashesNotAdded } else { Likeness::DashesMissing }
        } else {
            Likeness::Mismatch
        }
    }

    /// The first delimiter at or behind `from`, whatever comes before it. `body` is where the body at
    /// hand starts to be searchable: an unannounced delimiter is searched only there.
    pub(super) fn find(&self, data: &[u8], from: usize, eof: bool) -> Found {
        let (finder, is_core) = match (&self.learnt, &self.core) {
            (Some(learnt), _) => (learnt, false),
            (None, Some(core)) => (core, true),
            (None, None) => return self.find_unannounced(data, from, eof),
        };
        let len = finder.needle().len();
        let mut at = from;
        while let Some(hit) = data.get(at..).and_then(|rest| finder.find(rest)) {
            let hit = at + hit;
            let start = if is_core { hit - trailing_dashes(&data[from..hit]) } else { hit };
            // Without dashes the text alone must be the whole line.
            let plausible = !is_core || hit - start >= 2 || is_line_start(data, start);
            match if plausible { self.rest_of_line(data, start, hit + len, eof) } else { Answer::No } {
                Answer::Yes(line) if start == hit && is_core && line.flaw == Some(LineFlaw::Glued) => {
                    at = hit + 1;
                }
                Answer::Yes(line) => return Found::Line(line),
                Answer::More => return Found::Resume(start),
                Answer::No => at = hit + 1,
            }
        }
        // A delimiter may be cut by the end of the data: keep one byte less than it has, and as many
        // dashes as may belong to it.
        let keep = len - 1 + if is_core { 4 } else { 0 };
        Found::Resume(data.len().saturating_sub(keep).max(from))
    }

    /// Whether a delimiter line is at `at`: the one in use, the announced one, or any line that
    /// starts with two dashes and has a part head behind it.
    pub(super) fn line_at(&self, data: &[u8], at: usize, eof: bool) -> Answer<Line> {
        if let Some(learnt) = &self.learnt {
            match self.starts_with(data, at, learnt.needle(), eof) {
                Answer::No => {}
                answer => return answer,
            }
        } else if let Some(core) = &self.core {
            let dashes = leading_dashes(data.get(at..).unwrap_or_default());
            if at + dashes == data.len() && !eof {
                return Answer::More;
            }
            if dashes != 1 {
                match self.starts_with(data, at + dashes, core.needle(), eof) {
                    Answer::Yes(line)
                        if dashes == 0
                            && line.flaw == Some(LineFlaw::Glued)
                            && field_of_a_part_at(data, line.text_end, eof) == Answer::No => {}
                    Answer::Yes(line) => return Answer::Yes(Line { start: at, ..line }),
                    Answer::More => return Answer::More,
                    Answer::No => {}
                }
            }
        }
        self.unannounced_at(data, at, eof)
    }

    /// Whether a part head, or a picture without one, is at `at`, behind the presumed delimiter
    /// `line`.
    pub(super) fn head_follows(&self, data: &[u8], at: usize, line: &[u8], eof: bool) -> Answer<()> {
        let mut at = at;
        let stop = at + LOOK_AHEAD;
        // One empty line may come before the fields, or be the whole head.
        for _ in 0..2 {
            match self.picture_at(data, at, eof) {
                Answer::No => {}
                answer => return answer,
            }
            let rest = &data[at.min(data.len())..data.len().min(stop)];
            let Some(end) = memchr(b'\n', rest) else {
                return if eof || data.len() >= stop { Answer::No } else { Answer::More };
            };
            let text = trim_end(&rest[..end]);
            if !text.is_empty() {
                if is_field_like(text) || text.starts_with(b"HTTP/") || text == line {
                    return Answer::Yes(());
                }
                // One malformed line may come before the fields, but not another delimiter.
                let is_malformed = !line.is_empty() && !text.starts_with(b"--");
                return if is_malformed { field_of_a_part_at(data, at + end + 1, eof) } else { Answer::No };
            }
            at += end + 1;
        }
        Answer::No
    }

    /// Whether a picture starts at `at`.
    pub(super) fn picture_at(&self, data: &[u8], at: usize, eof: bool) -> Answer<()> {
        let rest = data.get(at..).unwrap_or_default();
        let n = rest.len().min(self.signature.len());
        if rest[..n] != self.signature[..n] {
            Answer::No
        } else if n == self.signature.len() {
            Answer::Yes(())
        } else if eof {
            Answer::No
        } else {
            Answer::More
        }
    }

    fn starts_with(&self, data: &[u8], at: usize, needle: &[u8], eof: bool) -> Answer<Line> {
        let rest = data.get(at..).unwrap_or_default();
        let n = rest.len().min(needle.len());
        if rest[..n] != needle[..n] {
            Answer::No
        } else if n == needle.len() {
            self.rest_of_line(data, at, at + n, eof)
        } else if eof {
            Answer::No
        } else {
            Answer::More
        }
    }

    /// The bytes behind a dash-boundary decide whether it is one: a line end, padding, `--`, a
    /// field that lacks the line end before it, or the picture itself.
    fn rest_of_line(&self, data: &[u8], start: usize, text_end: usize, eof: bool) -> Answer<Line> {
        let line = Line { start, text_end, end: text_end, close: false, flaw: Some(LineFlaw::Glued) };
        match self.picture_at(data, text_end, eof) {
            Answer::No => {}
            answer => return answer.map(|()| line),
        }
        let rest = &data[text_end..data.len().min(text_end + REST_BYTES)];
        let (text, end) = match memchr(b'\n', rest) {
            Some(n) => (&rest[..n], n + 1),
            None if rest.len() == REST_BYTES && is_field_like(rest) => return Answer::Yes(line),
            None if rest.len() == REST_BYTES => return Answer::No,
            None if eof => (rest, rest.len()),
            None => return Answer::More,
        };
        let bare_lf = end > text.len() && !text.ends_with(b"\r");
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let stripped = text.trim_ascii_end();
        let flaw = if stripped.len() < text.len() {
            Some(LineFlaw::Padding)
        } else if bare_lf {
            Some(LineFlaw::BareLf)
        } else {
            None
        };
        match stripped {
            b"" => Answer::Yes(Line { end: text_end + end, flaw, ..line }),
            b"--" => Answer::Yes(Line { end: text_end + end, close: true, flaw, ..line }),
            field if is_field_like(field) => Answer::Yes(line),
            // A malformed line; boundaries hardly have blanks.
            text if text.contains(&b' ') && !text.starts_with(b" ") && !text.starts_with(b"--") => {
                field_of_a_part_at(data, text_end + end, eof).map(|()| line)
            }
            _ => Answer::No,
        }
    }
}

pub(super) fn is_line_start(data: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| data[before] == b'\n')
}

fn leading_dashes(data: &[u8]) -> usize {
    data.iter().take_while(|&&b| b == b'-').count()
}

/// Dashes at the end of `data`, at most four: `--`, and `--` more where the boundary itself has two.
fn trailing_dashes(data: &[u8]) -> usize {
    data.iter().rev().take(4).take_while(|&&b| b == b'-').count()
}

pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}
