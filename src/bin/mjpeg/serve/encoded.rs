//! One frame as the pieces that carry it in one recipe.

use std::ops::Range;
use std::time::Duration;

use crate::source::picture::Picture;

/// What a piece of text around a body is. RFC 2046 section 5.1.1 counts the line end before a dash-boundary to the delimiter;
/// here it is a piece of its own, because the first delimiter has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The line end before a delimiter.
    LineEnd,
    /// The delimiter and its line end.
    Delimiter,
    /// The head of a part, with the empty line.
    Head,
}

/// A frame in one recipe: the bytes around the picture, and where its pieces are. It is made once for each frame and
/// recipe, and all viewers share it. The picture is shared with other recipes.
///
/// Offsets count the bytes of all pieces in the order in which they are sent.
#[derive(Debug)]
pub struct Encoded {
    /// The number of the frame, counted from 1.
    pub number: u64,
    /// When the picture was taken, since 1970-01-01 UTC.
    pub taken: Duration,
    picture: Picture,
    text: Vec<u8>,
    /// How many bytes of `text` are before the body; `None` until the body was appended.
    opening: Option<usize>,
    /// The first delimiter; empty without one.
    delimiter: Range<usize>,
    /// The offset of the head.
    head: Option<usize>,
}

impl Encoded {
    /// A frame without pieces.
    pub fn new(picture: Picture, number: u64, taken: Duration) -> Self {
        let text = Vec::with_capacity(160);
        Self { number, taken, picture, text, opening: None, delimiter: 0..0, head: None }
    }

    /// Becomes another frame without pieces, in the same memory.
    pub fn renew(&mut self, picture: Picture, number: u64, taken: Duration) {
        self.text.clear();
        (self.picture, self.number, self.taken) = (picture, number, taken);
        (self.opening, self.delimiter, self.head) = (None, 0..0, None);
    }

    /// Appends a piece of text, which `write` appends to the buffer.
    pub fn text(&mut self, tag: Tag, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.len();
        write(&mut self.text);
        match tag {
            Tag::Delimiter if self.delimiter.is_empty() => self.delimiter = start..self.len(),
            Tag::Head if self.head.is_none() => self.head = Some(start),
            _ => {}
        }
    }

    /// Appends the body. A frame has one.
    pub fn body(&mut self) {
        self.opening = Some(self.text.len());
    }

    /// The picture.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Converts the frame back into its picture.
    pub fn into_picture(self) -> Picture {
        self.picture
    }

    /// How many bytes the pieces have.
    pub fn len(&self) -> usize {
        self.text.len() + self.opening.map_or(0, |_| self.picture.jpeg().len())
    }

    /// The first delimiter; empty at 0 without one.
    pub fn delimiter(&self) -> &Range<usize> {
        &self.delimiter
    }

    /// The offset of the head; without one, that of the body.
    pub fn head_start(&self) -> usize {
        self.head.unwrap_or(self.body_start())
    }

    /// The offset of the body.
    pub fn body_start(&self) -> usize {
        self.opening.unwrap_or(self.text.len())
    }

    /// The bytes before the body.
    pub fn before_body(&self) -> &[u8] {
        &self.text[..self.body_start()]
    }

    /// The bytes behind the body.
    pub fn behind_body(&self) -> &[u8] {
        &self.text[self.body_start()..]
    }
}
