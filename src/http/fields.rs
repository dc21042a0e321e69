//! Field lines: `Name: value`, in response heads and in part heads.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use memchr::memchr;

/// One field line, as ranges of its head.
///
/// ```text
/// field-line = field-name ":" OWS field-value OWS                      RFC 9112 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldLine {
    /// The name without blanks around it; empty if the line has no name.
    pub name: Range<usize>,
    /// The value without blanks around it; of a folded field, the raw bytes of all its lines.
    pub value: Range<usize>,
    /// What is wrong with the line.
    pub flaw: Option<FieldFlaw>,
}

/// What can be wrong with a field line. Its value is read nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldFlaw {
    /// A status line among the fields (`HTTP/1.0 200 OK` as the first line of a part).
    StatusLine,
    /// The value continues on the next line (obs-fold, RFC 9112 5.2).
    Folded,
    /// No colon in the line.
    NoColon,
    /// Nothing before the colon.
    EmptyName,
    /// Blanks between the name and the colon (RFC 9112 5.1 forbids them).
    BlankBeforeColon,
    /// A character that is not allowed in a name or value.
    IllegalCharacter,
}

impl fmt::Display for FieldFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StatusLine => "a status line among the fields",
            Self::Folded => "a folded line",
            Self::NoColon => "a line without a colon",
            Self::EmptyName => "a line without a name",
            Self::BlankBeforeColon => "blanks before the colon",
            Self::IllegalCharacter => "an illegal character",
        })
    }
}

/// The fields of one head.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    head: &'a [u8],
    lines: &'a [FieldLine],
}

impl<'a> Fields<'a> {
    /// Combines a head with the lines that [`split_fields`] found in it.
    pub fn new(head: &'a [u8], lines: &'a [FieldLine]) -> Self {
        Self { head, lines }
    }

    /// Names and values in the order sent. Lines without a name have an empty one.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let head = self.head;
        self.lines.iter().map(move |line| (slice(head, &line.name), slice(head, &line.value)))
    }

    /// The values of all fields of that name; names are compared without regard to case.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The first value of that name.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The lines with their flaws, as ranges of [`Fields::head`].
    pub fn lines(&self) -> &'a [FieldLine] {
        self.lines
    }

    /// The bytes of the head.
    pub fn head(&self) -> &'a [u8] {
        self.head
    }

    /// Number of field lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, value)| {
                (alloc::string::String::from_utf8_lossy(name), alloc::string::String::from_utf8_lossy(value))
            }))
            .finish()
    }
}

/// Splits the lines of `head` into fields, and replaces the contents of `lines` by them.
///
/// A head that strict `httparse` finds sound has no flaws; otherwise each line is read on its own,
/// so that one bad line never hides the others. Of the lines behind the first `limit`, only the first Content-Type, Content-Length
/// and X-Timestamp are kept, if there is none before.
pub fn split_fields(head: &[u8], limit: usize, lines: &mut Vec<FieldLine>) {
    lines.clear();
    if !split_sound(head, limit, lines) {
        lines.clear();
        split_tolerant(head, limit, lines);
    }
}

/// Whether `line` looks like a field: a token, perhaps blanks, a colon.
pub(crate) fn is_field_like(line: &[u8]) -> bool {
    let Some(colon) = memchr(b':', line) else { return false };
    let name = trim(&line[..colon]);
    !name.is_empty() && name.iter().all(|&b| is_tchar(b))
}

/// Whether a line that starts with `start` may still become one for which [`is_field_like`] holds, or a blank one.
pub(crate) fn may_become_field(start: &[u8]) -> bool {
    let name = memchr(b':', start).map_or(start, |colon| &start[..colon]);
    name.iter().all(|&b| is_tchar(b) || b.is_ascii_whitespace())
}

fn split_sound(head: &[u8], limit: usize, lines: &mut Vec<FieldLine>) -> bool {
    let mut parsed = [httparse::EMPTY_HEADER; 16];

    match httparse::parse_headers(head, &mut parsed) {
        Ok(httparse::Status::Complete((_, fields))) if fields.len() <= limit => {
            let base = head.as_ptr() as usize;
            lines.extend(fields.iter().map(|field| {
                let name = field.name.as_ptr() as usize - base;
                // An empty value may point anywhere.
                let value = if field.value.is_empty() { 0 } else { field.value.as_ptr() as usize - base };
                FieldLine {
                    name: name..name + field.name.len(),
                    value: value..value + field.value.len(),
                    flaw: None,
                }
            }));
            true
        }
        _ => false,
    }
}

/// The fields without which a part is read otherwise.
const NEEDED: [&[u8]; 3] = [b"content-type", b"content-length", b"x-timestamp"];

fn split_tolerant(head: &[u8], limit: usize, lines: &mut Vec<FieldLine>) {
    let mut at = 0;
    // Whether the last line was kept.
    let mut is_kept = false;
    while at < head.len() {
        let next = memchr(b'\n', &head[at..]).map_or(head.len(), |n| at + n + 1);
        let mut end = next;
        while end > at && matches!(head[end - 1], b'\r' | b'\n') {
            end -= 1;
        }
        if end > at {
            if matches!(head[at], b' ' | b'\t') && !lines.is_empty() {
                if is_kept {
                    fold(head, at..end, lines);
                }
            } else {
                let line = read_line(head, at..end);
                is_kept = lines.len() < limit || is_needed(head, &line, lines);
                if is_kept {
                    lines.push(line);
                }
            }
        }
        at = next;
    }
}

/// Whether a line behind the limit is kept.
fn is_needed(head: &[u8], line: &FieldLine, before: &[FieldLine]) -> bool {
    let name = slice(head, &line.name);
    NEEDED.iter().any(|needed| name.eq_ignore_ascii_case(needed))
        && !before.iter().any(|it| slice(head, &it.name).eq_ignore_ascii_case(name))
}

fn fold(head: &[u8], line: Range<usize>, lines: &mut [FieldLine]) {
    let Some(last) = lines.last_mut() else { return };
    last.value.end = trim_range(head, line).end.max(last.value.start);
    last.flaw = last.flaw.or(Some(FieldFlaw::Folded));
}

fn read_line(head: &[u8], line: Range<usize>) -> FieldLine {
    let bytes = &head[line.clone()];
    if bytes.starts_with(b"HTTP/") {
        return FieldLine { name: line.start..line.start, value: line, flaw: Some(FieldFlaw::StatusLine) };
    }
    let Some(colon) = memchr(b':', bytes) else {
        let value = trim_range(head, line.clone());
        return FieldLine { name: line.start..line.start, value, flaw: Some(FieldFlaw::NoColon) };
    };
    let colon = line.start + colon;
    let name = trim_range(head, line.start..colon);
    let value = trim_range(head, colon + 1..line.end);
    let flaw = if name.is_empty() {
        Some(FieldFlaw::EmptyName)
    } else if name.start != line.start || name.end != colon {
        Some(FieldFlaw::BlankBeforeColon)
    } else if !head[name.clone()].iter().all(|&b| is_tchar(b))
        || head[value.clone()].iter().any(|&b| is_control(b))
    {
        Some(FieldFlaw::IllegalCharacter)
    } else {
        None
    };
    FieldLine { name, value, flaw }
}

fn slice<'a>(head: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    head.get(range.clone()).unwrap_or_default()
}

fn trim(bytes: &[u8]) -> &[u8] {
    &bytes[trim_range(bytes, 0..bytes.len())]
}

/// The bytes without the blanks at both ends (OWS of RFC 9110 5.6.3).
fn trim_range(head: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    while start < end && matches!(head[start], b' ' | b'\t') {
        start += 1;
    }
    while end > start && matches!(head[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    start..end
}

/// `tchar` of RFC 9110 5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn read(head: &str) -> Vec<(String, String, Option<FieldFlaw>)> {
        let mut lines = Vec::new();
        split_fields(head.as_bytes(), 64, &mut lines);
        lines
            .iter()
            .map(|line| {
                (head[line.name.clone()].to_string(), head[line.value.clone()].to_string(), line.flaw)
            })
            .collect()
    }

    #[test]
    fn each_line_is_read_on_its_own() {
        use FieldFlaw::*;
        let table: [(&str, &str, &str, Option<FieldFlaw>); 9] = [
            ("Content-Type: image/jpeg\r\n\r\n", "Content-Type", "image/jpeg", None),
            ("Content-Length:  1234  \r\n\r\n", "Content-Length", "1234", None),
            ("Content-type:image/jpeg\n\n", "Content-type", "image/jpeg", None),
            ("Content-Length : 7\r\n\r\n", "Content-Length", "7", Some(BlankBeforeColon)),
            ("HTTP/1.0 200 OK\r\n\r\n", "", "HTTP/1.0 200 OK", Some(StatusLine)),
            ("no colon here\r\n\r\n", "", "no colon here", Some(NoColon)),
            (": value\r\n\r\n", "", "value", Some(EmptyName)),
            ("A: b\r\n c\r\n\r\n", "A", "b\r\n c", Some(Folded)),
            ("A b: c\r\n\r\n", "A b", "c", Some(IllegalCharacter)),
        ];
        for (head, name, value, flaw) in table {
            assert_eq!(read(head), [(name.into(), value.into(), flaw)], "{head:?}");
        }
    }

    #[test]
    fn one_bad_line_does_not_hide_the_good_ones() {
        let fields = read("Content-Type: image/jpeg\r\nrubbish\r\nContent-Length: 3\r\n\r\n");
        assert_eq!(fields.len(), 3);
        assert_eq!(fields[2], ("Content-Length".into(), "3".into(), None));
    }

    #[test]
    fn names_are_compared_without_case_and_the_order_is_kept() {
        let head = b"X: 1\r\ncontent-length: 2\r\nx: 3\r\n\r\n";
        let mut lines = Vec::new();
        split_fields(head, 64, &mut lines);
        let fields = Fields::new(head, &lines);
        assert_eq!(fields.first("Content-Length"), Some(&b"2"[..]));
        assert_eq!(fields.all("x").collect::<Vec<_>>(), [&b"1"[..], b"3"]);
    }

    #[test]
    fn more_lines_than_the_limit_are_not_kept() {
        let head = "A: b\r\n".repeat(100);
        let mut lines = Vec::new();
        split_fields(head.as_bytes(), 64, &mut lines);
        assert_eq!(lines.len(), 64);
    }
}
