//! Delimiters that are neither announced nor those in use: a line with the head of a part behind it.

use memchr::memchr;
use memchr::memmem::find_iter;

use super::answer::Answer;
use super::delimiter_line::{Line, LineFlaw};
use super::part_field::field_of_a_part_at;
use super::scan::{Found, Scan, is_line_start, trim_end};

/// Longest line that may be an unannounced delimiter; RFC 2046 allows 70 and two dashes.
const LINE_BYTES: usize = 512;

impl Scan {
    /// The first delimiter at or behind `from`: the one in use, or any line of dashes and text with the head of a part behind it.
    pub(super) fn find_any(&self, data: &[u8], from: usize, eof: bool) -> Found {
        match (self.find(data, from, eof), self.find_unannounced(data, from, eof)) {
            (Found::Line(one), Found::Line(other)) => {
                Found::Line(if one.start <= other.start { one } else { other })
            }
            // What comes before it is not decided yet.
            (Found::Line(line), Found::Resume(at)) | (Found::Resume(at), Found::Line(line)) => {
                if line.start <= at || eof { Found::Line(line) } else { Found::Resume(at) }
            }
            (Found::Resume(one), Found::Resume(other)) => Found::Resume(one.min(other)),
        }
    }

    /// A line of two dashes and more with a part head behind it.
    pub(super) fn unannounced_at(&self, data: &[u8], at: usize, eof: bool) -> Answer<Line> {
        let rest = data.get(at..).unwrap_or_default();
        let n = rest.len().min(2);
        if rest[..n] != b"--"[..n] {
            return Answer::No;
        }
        let window = &rest[..rest.len().min(LINE_BYTES)];
        let Some(end) = memchr(b'\n', window) else {
            return if eof || window.len() == LINE_BYTES { Answer::No } else { Answer::More };
        };
        let text = trim_end(&window[..end]);
        let with_cr = window[..end].strip_suffix(b"\r");
        if text.len() <= 2 || text.iter().any(|&b| b < 0x20 || b == 0x7f) {
            return Answer::No;
        }
        let flaw = if with_cr.unwrap_or(&window[..end]).len() > text.len() {
            Some(LineFlaw::Padding)
        } else if with_cr.is_none() {
            Some(LineFlaw::BareLf)
        } else {
            None
        };
        if let Some(field) = field_in(text) {
            let text_end = at + field;
            return Answer::Yes(Line {
                start: at,
                text_end,
                end: text_end,
                close: false,
                flaw: Some(LineFlaw::Glued),
            });
        }
        let line = Line { start: at, text_end: at + text.len(), end: at + end + 1, close: false, flaw };
        self.head_follows(data, line.end, text, eof).map(|()| line)
    }

    /// Whether the stream starts with a delimiter that has no dashes and was not announced: one word, and a field of a part
    /// on the next line.
    pub(super) fn bare_line_at(&self, data: &[u8], at: usize, eof: bool) -> Answer<Line> {
        /// Longest boundary of RFC 2046.
        const LONGEST: usize = 70;
        let rest = data.get(at..).unwrap_or_default();
        let window = &rest[..rest.len().min(LONGEST + 2)];
        let Some(end) = memchr(b'\n', window) else { return Answer::No };
        let text = trim_end(&window[..end]);
        let is_word = |&byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./=?".contains(&byte);
        if text.is_empty() || !text.iter().all(is_word) {
            return Answer::No;
        }
        let flaw = (!window[..end].ends_with(b"\r")).then_some(LineFlaw::BareLf);
        let line = Line { start: at, text_end: at + text.len(), end: at + end + 1, close: false, flaw };
        field_of_a_part_at(data, line.end, eof).map(|()| line)
    }

    pub(super) fn find_unannounced(&self, data: &[u8], from: usize, eof: bool) -> Found {
        let mut at = from;
        if at < data.len() && is_line_start(data, at) {
            match self.unannounced_at(data, at, eof) {
                Answer::Yes(line) => return Found::Line(line),
                Answer::More => return Found::Resume(at),
                Answer::No => at += 1,
            }
        }
        let start = at.saturating_sub(1).max(from);
        for hit in find_iter(data.get(start..).unwrap_or_default(), b"\n-") {
            let hit = start + hit + 1;
            match self.unannounced_at(data, hit, eof) {
                Answer::Yes(line) => return Found::Line(line),
                Answer::More => return Found::Resume(hit - 1),
                Answer::No => {}
            }
        }
        Found::Resume(data.len().saturating_sub(1).max(from))
    }
}

/// Where the field of a part starts that is glued to a delimiter.
fn field_in(text: &[u8]) -> Option<usize> {
    let names = [&b"content-type:"[..], b"content-length:"];
    let is_name = |rest: &[u8]| {
        names.iter().any(|name| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
    };
    (3..text.len()).find(|&at| is_name(&text[at..]))
}
