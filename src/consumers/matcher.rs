//! Finds the delimiters of a stream in the way of a consumer.

use alloc::vec::Vec;

use super::cause::Cause;
use super::delimiter::{Blank, Dashes, Delimiters, Place, Preamble, Source, Tail};
use super::lines::LineEnds;
use super::pictures::find;
use super::stop::{Step, Stop, dies};

/// Where a delimiter is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub start: usize,
    /// The end of its text.
    pub text: usize,
    /// Where the part head starts.
    pub end: usize,
}

/// Finds the delimiters of one stream.
#[derive(Debug)]
pub(super) struct Matcher<'a> {
    pub rules: Delimiters,
    parameter: Option<&'a [u8]>,
    /// What is searched for: the forms that are still possible.
    pub forms: Vec<Vec<u8>>,
    /// The text behind the two dashes of the first line.
    pub learnt: Option<&'a [u8]>,
    /// The line end of the first delimiter.
    pub line_end: Option<&'static [u8]>,
    /// A delimiter was seen.
    pub seen: bool,
    /// The body started without a delimiter, and that was accepted.
    pub was_implicit: bool,
}

impl<'a> Matcher<'a> {
    pub fn new(rules: Delimiters, parameter: Option<&'a [u8]>) -> Self {
        let boundary = parameter.unwrap_or_default();
        let dashed = || [b"--", boundary].concat();
        let forms = match rules.source {
            Source::Parameter(Dashes::AddedUnlessThere) if boundary.starts_with(b"--") => {
                [boundary.to_vec()].into()
            }
            Source::Parameter(Dashes::Either) => [dashed(), boundary.to_vec()].into(),
            Source::Parameter(_) => [dashed()].into(),
            _ => [b"--".to_vec()].into(),
        };
        Self { rules, parameter, forms, learnt: None, line_end: None, seen: false, was_implicit: false }
    }

    /// The delimiter at or behind `at`.
    pub fn next(&mut self, bytes: &'a [u8], at: usize, is_first: bool) -> Step<Found> {
        match self.rules.place {
            Place::Line => self.line(bytes, at, is_first),
            Place::Text => self.text(bytes, at, is_first),
        }
    }

    fn line(&mut self, bytes: &'a [u8], mut at: usize, is_first: bool) -> Step<Found> {
        let mut blanks = match if is_first { self.rules.blank_first } else { self.rules.blank_next } {
            Blank::Lines(count) => count,
            Blank::Space => {
                at += bytes[at.min(bytes.len())..]
                    .iter()
                    .take_while(|b| b" \t\r\n\x0b\x0c".contains(b))
                    .count();
                0
            }
        };
        let is_crlf_only = self.rules.lines.ends == LineEnds::Crlf;
        loop {
            let (text, end) = self.rules.lines.line(bytes, at)?;
            let line = &bytes[text];
            if self.rules.blank_is_crlf && line.is_empty() && !bytes[at..].starts_with(b"\r\n") {
                return dies(Cause::BareLf, end);
            }
            if blanks > 0 && line.trim_ascii().is_empty() && (line.is_empty() || !is_crlf_only) {
                blanks -= 1;
                at = end;
                continue;
            }
            if let Some(text_end) = self.matches(line, at, end, is_first)? {
                let is_crlf = bytes[..end].ends_with(b"\r\n");
                self.line_end.get_or_insert(if is_crlf { b"\r\n" } else { b"\n" });
                if self.rules.doubled && bytes[end..].starts_with(b"--") {
                    at = end;
                    continue;
                }
                return Ok(Found { start: at, text: text_end, end });
            }
            let skips =
                if is_first { self.rules.preamble == Preamble::Lines } else { self.rules.skips_lines };
            if !skips {
                return dies(Cause::Delimiter, end);
            }
            at = end;
        }
    }

    /// If the line is a delimiter: the end of its text.
    fn matches(&mut self, line: &'a [u8], at: usize, end: usize, is_first: bool) -> Step<Option<usize>> {
        let trimmed = if self.rules.trimmed {
            line.trim_ascii()
        } else if self.rules.tail == Tail::Blanks {
            let blanks = line.iter().rev().take_while(|b| b" \t".contains(b)).count();
            &line[..line.len() - blanks]
        } else {
            line
        };
        let close = |matched: bool| if matched { Err(Stop::Ends { read: end }) } else { Ok(()) };
        let is_match = match self.rules.source {
            Source::AnyLine => return Ok(line.starts_with(b"--").then_some(at + 2)),
            Source::FirstLine { agrees, stays } => {
                let Some(text) = line.strip_prefix(b"--").filter(|text| !text.is_empty()) else {
                    return Ok(None);
                };
                if agrees
                    && !self.seen
                    && let Some(parameter) = self.parameter
                    && !without_dashes(line).starts_with(without_dashes(parameter))
                {
                    return Ok(None);
                }
                let learnt = *self.learnt.get_or_insert(text);
                if is_first || !stays || text == learnt {
                    return Ok(Some(end));
                }
                close(self.rules.close_ends && text.strip_suffix(b"--") == Some(learnt))?;
                false
            }
            Source::Parameter(_) => {
                let form = &self.forms[0][..];
                close(self.rules.close_ends && trimmed.strip_suffix(b"--") == Some(form))?;
                if self.rules.tail == Tail::Anything {
                    let starts = line.starts_with(form);
                    close(starts && self.rules.close_ends && line.ends_with(b"--"))?;
                    starts
                } else {
                    trimmed == form
                }
            }
        };
        Ok(is_match.then(|| at + self.forms[0].len()))
    }

    fn text(&mut self, bytes: &'a [u8], mut at: usize, is_first: bool) -> Step<Found> {
        if is_first && self.rules.preamble == Preamble::FirstPart {
            let rest = &bytes[at..];
            at += if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
            if !bytes[at..].starts_with(&self.forms[0]) {
                self.was_implicit = true;
                return Ok(Found { start: at, text: at, end: at });
            }
        }
        // At the same place, the longer form wins.
        let places = self.forms.iter().filter_map(|form| find(bytes, form, at).map(|place| (place, form)));
        let first = places.min_by_key(|&(place, form)| (place, core::cmp::Reverse(form.len())));
        let Some((start, form)) = first.map(|(place, form)| (place, form.clone())) else {
            return Err(Stop::Waits(Cause::Delimiter));
        };
        let text = start + form.len();
        self.forms = [form].into();
        let rest = &bytes[text..];
        let is_close = match self.rules.tail {
            Tail::Anything => rest.starts_with(b"-"),
            _ => rest.starts_with(b"--") && !is_first,
        };
        if self.rules.close_ends && is_close {
            return Err(Stop::Ends { read: text + 2 });
        }
        let end = match self.rules.tail {
            Tail::Nothing if rest.starts_with(b"\r\n") => text + 2,
            Tail::Nothing if rest.starts_with(b"\n") => text + 1,
            Tail::Nothing if rest.is_empty() => return Err(Stop::Waits(Cause::Delimiter)),
            Tail::Nothing => return dies(Cause::DelimiterTail, text + 1),
            _ => text,
        };
        Ok(Found { start, text, end })
    }
}

fn without_dashes(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&b| b == b'-').count()..]
}
