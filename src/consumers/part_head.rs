//! How a consumer reads the head of a part.

use core::ops::Range;

use super::cause::Cause;
use super::lines::Lines;
use super::pictures::{find, find_byte};
use super::stop::{Step, Stop, dies};

/// How a consumer reads the head of a part.
#[derive(Debug, Clone, Copy)]
pub struct PartHead {
    /// Where the head ends.
    pub shape: Shape,
    /// How its lines are read.
    pub lines: Lines,
    /// A line of blanks ends the head.
    pub blanks_end: bool,
    /// The most field lines.
    pub max_fields: u32,
    /// What becomes of a line without a colon.
    pub no_colon: NoColon,
    /// What becomes of a folded line.
    pub folded: Folded,
    /// What becomes of blanks before the colon.
    pub blank_before_colon: BlankBeforeColon,
    /// The value of Content-Type is taken from a fixed column, as if one blank followed the colon.
    pub fixed_column: bool,
}

/// Where the head of a part ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Line by line, at an empty one.
    Lines,
    /// At an empty line behind one line end; the head may be empty.
    Block,
    /// At CRLF CRLF. Its fields are not read.
    Skipped,
}

/// What becomes of a line without a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoColon {
    /// It is ignored.
    Ignored,
    /// It is an error.
    Refused,
    /// It is ignored with all that follows up to the line with the next colon.
    Swallows,
}

/// What becomes of a folded line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// It continues the field.
    Joined,
    /// It is an error.
    Refused,
    /// It is a line like any other.
    Ordinary,
}

/// What becomes of a field with blanks before its colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlankBeforeColon {
    /// They are removed.
    Removed,
    /// The field is not recognised.
    Unknown,
    /// It is an error.
    Refused,
}

impl PartHead {
    /// Lines up to an empty one, read tolerantly.
    pub const LINES: Self = Self {
        shape: Shape::Lines,
        lines: Lines::ANY,
        blanks_end: false,
        max_fields: u32::MAX,
        no_colon: NoColon::Ignored,
        folded: Folded::Joined,
        blank_before_colon: BlankBeforeColon::Removed,
        fixed_column: false,
    };
}

/// The fields of a part that readers use, and where its body starts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields<'a> {
    pub body: usize,
    /// The last Content-Type.
    pub part_type: Option<&'a [u8]>,
    pub first_length: Option<&'a [u8]>,
    pub last_length: Option<&'a [u8]>,
    pub lengths: u32,
    has_fields: bool,
}

impl<'a> Fields<'a> {
    fn add(&mut self, name: &[u8], value: &'a [u8]) {
        self.has_fields = true;
        if name.eq_ignore_ascii_case(b"content-type") {
            self.part_type = Some(value);
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.first_length.get_or_insert(value);
            self.last_length = Some(value);
            self.lengths += 1;
        }
    }
}

impl PartHead {
    /// Reads the head that starts at `at`. `is_implicit`: no delimiter stands before it.
    pub(super) fn read<'a>(&self, bytes: &'a [u8], at: usize, is_implicit: bool) -> Step<Fields<'a>> {
        match self.shape {
            Shape::Lines => self.by_lines(bytes, at),
            Shape::Block => block(bytes, at, is_implicit),
            Shape::Skipped => {
                let end = find(bytes, b"\r\n\r\n", at).ok_or(Stop::Waits(Cause::BareLf))?;
                Ok(Fields { body: end + 4, ..Fields::default() })
            }
        }
    }

    fn by_lines<'a>(&self, bytes: &'a [u8], mut at: usize) -> Step<Fields<'a>> {
        let mut fields = Fields::default();
        let mut count = 0;
        loop {
            let (text, end) = self.lines.line(bytes, at)?;
            let line: &[u8] = &bytes[text.clone()];
            if line.is_empty() || self.blanks_end && line.trim_ascii().is_empty() {
                fields.body = end;
                return Ok(fields);
            }
            at = end;
            count += 1;
            if count > self.max_fields {
                return dies(Cause::FieldCount, end);
            }
            if matches!(line[0], b' ' | b'\t') && fields.has_fields && self.folded != Folded::Ordinary {
                if self.folded == Folded::Refused {
                    return dies(Cause::FieldFolded, end);
                }
                continue;
            }
            let Some(colon) = memchr::memchr(b':', line) else {
                match self.no_colon {
                    NoColon::Ignored => {}
                    NoColon::Refused => return dies(no_colon_cause(line), end),
                    NoColon::Swallows => at = self.behind_next_colon(bytes, end)?,
                }
                continue;
            };
            let name = &line[..colon];
            if name != name.trim_ascii_end() {
                match self.blank_before_colon {
                    BlankBeforeColon::Removed => {}
                    BlankBeforeColon::Unknown => continue,
                    BlankBeforeColon::Refused => return dies(Cause::FieldBlank, end),
                }
            }
            let name = name.trim_ascii();
            let is_type = name.eq_ignore_ascii_case(b"content-type");
            let value = if self.fixed_column && is_type { 14 } else { colon + 1 };
            fields.add(name, value_at(bytes, &text, value));
        }
    }

    fn behind_next_colon(&self, bytes: &[u8], mut at: usize) -> Step<usize> {
        loop {
            let (text, end) = self.lines.line(bytes, at)?;
            at = end;
            if memchr::memchr(b':', &bytes[text]).is_some() {
                return Ok(at);
            }
        }
    }
}

fn value_at<'a>(bytes: &'a [u8], line: &Range<usize>, column: usize) -> &'a [u8] {
    bytes[line.clone()].get(column..).unwrap_or_default().trim_ascii()
}

/// The second line of a folded field has no colon either.
fn no_colon_cause(line: &[u8]) -> Cause {
    if matches!(line.first(), Some(b' ' | b'\t')) { Cause::FieldFolded } else { Cause::FieldColon }
}

fn block(bytes: &[u8], mut at: usize, is_implicit: bool) -> Step<Fields<'_>> {
    let line_end = |at: usize| match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Some(at + 2),
        Some([b'\n', ..]) => Some(at + 1),
        _ => None,
    };
    if !is_implicit {
        at = line_end(at).unwrap_or(at);
    }
    if let Some(body) = line_end(at) {
        return Ok(Fields { body, ..Fields::default() });
    }
    let mut from = at;
    let (end, body) = loop {
        let lf = find_byte(bytes, b'\n', from).ok_or(Stop::Waits(Cause::Delimiter))?;
        match line_end(lf + 1) {
            Some(body) => break (lf, body),
            None => from = lf + 1,
        }
    };
    let mut fields = Fields { body, ..Fields::default() };
    for line in bytes[at..end].split(|&b| b == b'\n') {
        if let Some(colon) = memchr::memchr(b':', line) {
            fields.add(line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        }
    }
    Ok(fields)
}
