//! Where the head of a part ends and its body starts.
//!
//! ```text
//! body-part := *( field-line CRLF ) CRLF *OCTET                        RFC 2046 5.1.1, RFC 9112 5
//! ```

use memchr::memchr;

use super::answer::Answer;
use super::delimiter_line::Line;
use super::limits::Limits;
use super::line_end::line_ends;
use super::part_field::{field_behind_odd_lines_at, field_of_a_part_at};
use super::scan::Scan;
use crate::http::{is_field_like, may_become_field};

/// How far a head has been read. Positions count from the first byte behind the delimiter line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeadScan {
    /// Start of the current line.
    line: usize,
    /// Bytes of the current line that were searched and have no line end.
    seen: usize,
    lines: usize,
    /// Where the fields start, behind an empty line too many.
    fields: usize,
}

/// What the bytes after a delimiter line are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A head and then a body.
    Ends(HeadEnd),
    /// The delimiter line once more.
    Doubled(Line),
    /// The close-delimiter: the delimiter before it was sent ahead of a part that did not come.
    Closed(Line),
    /// A head that does not end.
    TooLong,
}

/// The end of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadEnd {
    /// First byte of the fields.
    pub(super) start: usize,
    /// First byte behind the head and its empty line.
    pub(super) end: usize,
    /// First byte of the body.
    pub(super) body: usize,
    /// Number of lines of the head, without empty ones.
    pub(super) lines: usize,
    /// There is an empty line behind the fields.
    pub(super) terminated: bool,
}

impl HeadScan {
    /// Where the current line starts.
    pub(super) fn line_start(&self) -> usize {
        self.line
    }

    /// Goes on reading. `data` starts behind the delimiter line.
    pub(super) fn advance(&mut self, data: &[u8], scan: &Scan, limits: &Limits, eof: bool) -> Answer<Head> {
        loop {
            match self.at_line_start(data, scan, eof) {
                Answer::No => {}
                answer => return answer,
            }
            let Some(end) = memchr(b'\n', &data[self.line + self.seen..]) else {
                self.seen = data.len() - self.line;
                let too_long = data.len() > limits.head_bytes;
                return if too_long { Answer::Yes(Head::TooLong) } else { Answer::More };
            };
            let end = self.line + self.seen + end;
            let text = data[self.line..end].trim_ascii_end();
            let next = end + 1;
            if next > limits.head_bytes {
                return Answer::Yes(Head::TooLong);
            }
            if text.is_empty() {
                if self.lines > 0 || self.fields > 0 {
                    return self.body_start(data, next, scan, eof);
                }
                // No field yet: is the empty line the whole head, or one too many before it?
                match field_behind_odd_lines_at(data, next, eof) {
                    Answer::Yes(()) => self.fields = next,
                    Answer::No => return self.body_start(data, next, scan, eof),
                    Answer::More => return Answer::More,
                }
            } else {
                self.lines += 1;
            }
            self.line = next;
            self.seen = 0;
        }
    }

    /// Skips empty lines between a head that ends at `end` and a picture.
    fn body_start(&self, data: &[u8], end: usize, scan: &Scan, eof: bool) -> Answer<Head> {
        /// More of them are not accepted.
        const MOST: usize = 8;
        let extra = line_ends(&data[end..data.len().min(end + MOST)]);
        let plain = HeadEnd { start: self.fields, end, body: end, lines: self.lines, terminated: true };
        if extra == 0 && end < data.len() {
            return Answer::Yes(Head::Ends(plain));
        }
        match scan.picture_at(data, end + extra, eof) {
            Answer::Yes(()) => Answer::Yes(Head::Ends(HeadEnd { body: end + extra, ..plain })),
            Answer::No => Answer::Yes(Head::Ends(plain)),
            Answer::More => Answer::More,
        }
    }

    /// A picture or the delimiter where a field should start ends the head.
    fn at_line_start(&self, data: &[u8], scan: &Scan, eof: bool) -> Answer<Head> {
        if self.seen > 0 {
            return Answer::No;
        }
        let (start, lines) = (self.fields, self.lines);
        let unterminated = HeadEnd { start, end: self.line, body: self.line, lines, terminated: false };
        match scan.picture_at(data, self.line, eof) {
            Answer::No => {}
            answer => return answer.map(|()| Head::Ends(unterminated)),
        }
        let Some(&first) = data.get(self.line) else { return Answer::No };
        // No line of text starts so: the body has begun, and it is no picture, or bytes come before it.
        if first < b'\t' {
            return Answer::Yes(Head::Ends(unterminated));
        }
        if first != b'-' && !scan.starts_so(first) {
            return Answer::No;
        }
        match scan.line_at(data, self.line, eof) {
            Answer::Yes(line) if self.lines == 0 && line.close => Answer::Yes(Head::Closed(line)),
            Answer::Yes(line) if self.lines == 0 => Answer::Yes(Head::Doubled(line)),
            Answer::Yes(_) => Answer::Yes(Head::Ends(unterminated)),
            Answer::No => Answer::No,
            Answer::More => Answer::More,
        }
    }
}

/// Whether the head of a part whose delimiter is missing is at `at`: a field of a part, or any fields with a picture
/// behind them. An empty line in the place of the delimiter (Axis) is one of the line ends before it.
pub(super) fn head_without_delimiter_at(data: &[u8], at: usize, scan: &Scan, eof: bool) -> Answer<()> {
    match field_of_a_part_at(data, at, eof) {
        Answer::No => fields_and_picture_at(data, at, scan, eof),
        answer => answer,
    }
}

/// Whether field lines, an empty line and a picture are at `at`.
pub(super) fn fields_and_picture_at(data: &[u8], at: usize, scan: &Scan, eof: bool) -> Answer<()> {
    /// A longer head is not taken for one.
    const HEAD_BYTES: usize = 1024;
    let window = &data[..data.len().min(at + HEAD_BYTES)];
    let more = if eof || window.len() < data.len() { Answer::No } else { Answer::More };
    let mut line = at;
    loop {
        let rest = &window[line..];
        let Some(end) = memchr(b'\n', rest) else {
            return if may_become_field(rest) { more } else { Answer::No };
        };
        let text = rest[..end].trim_ascii_end();
        line += end + 1;
        if text.is_empty() {
            let is_head = line > at + end + 1;
            return if is_head { scan.picture_at(data, line, eof) } else { Answer::No };
        }
        if !is_field_like(text) {
            return Answer::No;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_without_delimiter_is_found_however_much_of_it_has_come() {
        let scan = Scan::new(Some(b"b"), b"\xff\xd8\xff");
        let table: [(&[u8], Answer<()>); 9] = [
            (b"A: b\r\n\r\n\xff\xd8\xff", Answer::Yes(())),
            (b"A$%&~: b\nc|d : e\n\n\xff\xd8\xff", Answer::Yes(())),
            (b"\t A: b\r\n\x0c\r\n\xff\xd8\xff", Answer::Yes(())),
            (b"Content-Odd$: b\r\n", Answer::Yes(())),
            (b"Content-\xff: b\r\nA: b\r\n\r\n\xff\xd8\xff", Answer::No),
            (b"A: b\r\n\r\nno picture", Answer::No),
            (b"A b: c\r\n\r\n\xff\xd8\xff", Answer::No),
            (b"A\xe2: c\r\n\r\n\xff\xd8\xff", Answer::No),
            (b"(A): c\r\n\r\n\xff\xd8\xff", Answer::No),
        ];
        for (data, expected) in table {
            for n in 0..=data.len() {
                let answer = head_without_delimiter_at(&data[..n], 0, &scan, false);
                let is_open = n < data.len() && answer == Answer::More;
                assert!(answer == expected || is_open, "{:x?}: {answer:?}", &data[..n]);
            }
        }
    }
}
