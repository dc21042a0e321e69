//! The pieces of a part on their way to one viewer.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::super::layout::Layout;
use super::super::part::Part;
use super::super::script::Kept;

/// What a viewer receives next.
#[derive(Debug, Clone)]
pub enum Item {
    /// Bytes.
    Piece(Piece),
    /// Here a fault begins.
    Mark(Mark),
    /// A pause.
    Wait(Duration),
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
}

impl Item {
    /// The bytes, if it is bytes.
    pub fn piece(&self) -> Option<&Piece> {
        if let Self::Piece(piece) = self { Some(piece) } else { None }
    }
}

/// The place of a fault, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The name of the fault.
    pub name: &'static str,
    /// The part that it is about.
    pub about: About,
}

/// The part that a place between pieces is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The part whose picture comes next.
    Next,
    /// The part whose picture began before.
    Begun,
}

/// A piece of a part.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The number of the part that it belongs to, counted from 1 for each viewer.
    pub part: u64,
    /// What it is.
    pub tag: Tag,
    bytes: Bytes,
    /// The faults that have changed or made it. None does so twice, so the same fault given often does not double and
    /// double again what it adds.
    faults: Rc<[&'static str]>,
}

/// What a piece is. What is before a picture belongs to its part, also the line end and the delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The line end before a delimiter.
    LineEnd,
    /// The delimiter and its line end.
    Delimiter,
    /// The head of a part, with the empty line.
    Head,
    /// The body, or its beginning.
    Body,
    /// The body of a part without a picture, which a fault has put before this one.
    OtherBody,
    /// What follows: the rest of a body, or other bytes.
    Rest,
    /// The close-delimiter, with the line end before it.
    Close,
}

/// Where the bytes of a piece are.
#[derive(Debug, Clone)]
pub enum Bytes {
    /// In a part, which is shared with other viewers.
    Shared(Rc<Part>, Range<usize>),
    /// Elsewhere.
    Own(Rc<[u8]>, Range<usize>),
}

impl Piece {
    /// A piece with its own bytes.
    pub fn own(part: u64, tag: Tag, bytes: impl Into<Rc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let range = 0..bytes.len();
        Self { part, tag, bytes: Bytes::Own(bytes, range), faults: Rc::from([]) }
    }

    /// A piece that a fault makes of this one, or beside it.
    pub fn changed(&self, fault: &'static str, tag: Tag, bytes: impl Into<Rc<[u8]>>) -> Self {
        let faults = self.faults.iter().copied().chain([fault]).collect();
        Self { faults, ..Self::own(self.part, tag, bytes) }
    }

    /// Whether this fault has changed or made it.
    pub fn is_of(&self, fault: &str) -> bool {
        self.faults.contains(&fault)
    }

    /// The bytes. Only those of several pieces of a part are copied.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.bytes {
            Bytes::Own(bytes, range) => Cow::Borrowed(&bytes[range.clone()]),
            Bytes::Shared(part, range) => {
                let body = part.body();
                if body.start <= range.start && range.end <= body.end {
                    Cow::Borrowed(&part.jpeg()[range.start - body.start..range.end - body.start])
                } else {
                    Cow::Owned(
                        part.slices(range.clone()).iter().flat_map(|slice| slice.iter().copied()).collect(),
                    )
                }
            }
        }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        match &self.bytes {
            Bytes::Shared(_, range) | Bytes::Own(_, range) => range.len(),
        }
    }

    /// Splits the piece. The second one begins at this offset, or is empty.
    pub fn split(self, at: usize) -> [Self; 2] {
        let cut = |range: &Range<usize>| (range.start + at).min(range.end);
        let Self { part, tag, bytes, faults } = self;
        let (first, second) = match bytes {
            Bytes::Shared(of, range) => {
                let at = cut(&range);
                (Bytes::Shared(Rc::clone(&of), range.start..at), Bytes::Shared(of, at..range.end))
            }
            Bytes::Own(of, range) => {
                let at = cut(&range);
                (Bytes::Own(Rc::clone(&of), range.start..at), Bytes::Own(of, at..range.end))
            }
        };
        let rest = if matches!(tag, Tag::Body | Tag::OtherBody) { Tag::Rest } else { tag };
        let again = Rc::clone(&faults);
        [Self { part, tag, bytes: first, faults }, Self { part, tag: rest, bytes: second, faults: again }]
    }

    /// Adds what it keeps in memory.
    pub fn keep<'a>(&'a self, kept: &mut Kept<'a>) {
        match &self.bytes {
            Bytes::Shared(part, _) => kept.add_part(part),
            Bytes::Own(bytes, _) => kept.add_bytes(bytes),
        }
    }

    /// Where the bytes are.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// Cuts a range of a part into its pieces. The frame of the part has this number; what follows it belongs to the next one.
pub fn cut(part: &Rc<Part>, range: &Range<usize>, number: u64) -> Vec<Piece> {
    let frame = part.frame();
    let (line_end, body, end) = (frame.delimiter().start, part.body(), part.frame_end());
    let behind = part.closing().map_or_else(|| part.end(Layout::Trailing), |closing| closing.start);
    // A dialect may write the line end of the next delimiter with the picture.
    let rest = frame.behind_body();
    let line_ends = rest.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let rest_end = end - line_ends;
    // All delimiters of a recipe have the same line end before them.
    let next = (end + line_end).min(behind);
    let all = part.end(Layout::Auto);
    let close = if part.is_last() { Tag::Close } else { Tag::Head };
    let places = [
        (number, Tag::LineEnd, 0..line_end),
        (number, Tag::Delimiter, line_end..frame.head_start()),
        (number, Tag::Head, frame.head_start()..body.start),
        (number, Tag::Body, body.clone()),
        (number, Tag::Rest, body.end..rest_end),
        (number + 1, Tag::LineEnd, rest_end..next),
        (number + 1, Tag::Delimiter, next..behind),
        (number + 1, close, behind..all.max(behind)),
    ];
    let clip = |of: Range<usize>| of.start.max(range.start)..of.end.min(range.end);
    places
        .into_iter()
        .map(|(part, tag, of)| (part, tag, clip(of)))
        .filter(|(_, _, of)| !of.is_empty())
        .map(|(number, tag, of)| Piece {
            part: number,
            tag,
            bytes: Bytes::Shared(Rc::clone(part), of),
            faults: Rc::from([]),
        })
        .collect()
}
