//! What a stream starts with: a delimiter, the head of a part without one, or a picture.

use memchr::{memchr, memmem};

use super::answer::Answer;
use super::delimiter_line::Line;
use super::scan::Scan;
use crate::http::is_field_like;

/// Most bytes of empty lines or NULs between the head of a first part without delimiter and its picture.
const PADDING: usize = 16;

/// How far the start has been searched. Positions count from the first byte not yet consumed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StartScan {
    /// Start of the line at hand.
    line: usize,
    /// Bytes that hold no picture.
    pictures_seen: usize,
    /// Bytes of the line at hand that hold no line end.
    seen: usize,
    /// A run of field lines, from here, with a field that only parts have.
    block: Option<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    start: usize,
    /// One of its fields is Content-Type or Content-Length.
    of_part: bool,
    /// Where its empty line ends.
    end: Option<usize>,
}

/// What the stream starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// This delimiter line.
    Delimiter(Line),
    /// A part head that starts here, with no delimiter before it.
    Head(usize),
    /// A picture that starts here, with neither.
    Picture(usize),
    /// Nothing of these, and the input has ended.
    Nothing,
}

impl StartScan {
    /// Goes on searching.
    pub(super) fn advance(&mut self, data: &[u8], scan: &Scan, signature: &[u8], eof: bool) -> Answer<Start> {
        let picture = self.find_picture(data, signature);
        loop {
            // Line ends behind the picture are its own; looking for them would be repeated for each.
            let from = self.line + self.seen;
            let before = data.get(from..picture.unwrap_or(data.len())).unwrap_or_default();
            let end = memchr(b'\n', before).map(|n| from + n);
            let before_picture = picture.is_some() && end.is_none();
            if !before_picture && end.is_none() && !eof {
                self.seen = data.len() - self.line;
                return Answer::More;
            }
            let stop = if before_picture { picture } else { end }.unwrap_or(data.len());
            match self.delimiter_at_line(data, stop, scan, eof) {
                Answer::No => {}
                answer => return answer.map(Start::Delimiter),
            }
            if before_picture {
                return Answer::Yes(self.at_picture(stop));
            }
            let Some(end) = end else { return Answer::Yes(Start::Nothing) };
            self.note_line(data[self.line..end].trim_ascii_end(), end + 1);
            self.line = end + 1;
            self.seen = 0;
        }
    }

    /// Where the line starts that the search has come to.
    pub(super) fn line_start(&self) -> usize {
        self.line
    }

    fn find_picture(&mut self, data: &[u8], signature: &[u8]) -> Option<usize> {
        let found = memmem::find(&data[self.pictures_seen..], signature).map(|n| self.pictures_seen + n);
        self.pictures_seen =
            found.unwrap_or((data.len() + 1).saturating_sub(signature.len()).max(self.pictures_seen));
        found
    }

    /// Whether the line at hand is a delimiter. Lines with neither dashes nor the announced text are not.
    fn delimiter_at_line(&self, data: &[u8], stop: usize, scan: &Scan, eof: bool) -> Answer<Line> {
        if stop == self.line {
            return Answer::No;
        }
        match scan.line_at(data, self.line, eof) {
            Answer::No if self.line == 0 && !scan.is_learnt() => scan.bare_line_at(data, 0, eof),
            answer => answer,
        }
    }

    fn at_picture(&self, picture: usize) -> Start {
        match self.block {
            Some(Block { start, of_part: true, end })
                if end.map_or(self.line == picture, |end| picture - end <= PADDING) =>
            {
                Start::Head(start)
            }
            _ => Start::Picture(picture),
        }
    }

    fn note_line(&mut self, text: &[u8], next: usize) {
        let is_blank = text.is_empty();
        self.block = match self.block {
            // Empty lines too many.
            Some(block) if block.end.is_some() && is_blank => Some(block),
            Some(block) if block.end.is_none() && is_blank => Some(Block { end: Some(next), ..block }),
            Some(block) if block.end.is_none() && is_field_like(text) => {
                Some(Block { of_part: block.of_part || is_of_part(text), ..block })
            }
            // A folded line.
            Some(block) if block.end.is_none() && text.starts_with(b" ") => Some(block),
            _ if is_field_like(text) || self.line == 0 && text.starts_with(b"HTTP/") => {
                Some(Block { start: self.line, of_part: is_of_part(text), end: None })
            }
            _ => None,
        };
    }
}

/// Whether a field line is one that every part head has and text before a stream has not.
fn is_of_part(text: &[u8]) -> bool {
    [&b"content-type"[..], b"content-length"]
        .iter()
        .any(|name| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}
