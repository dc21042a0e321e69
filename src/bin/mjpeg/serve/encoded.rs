//! One frame as the pieces that carry it in one recipe.

use std::time::Duration;

use crate::source::picture::Picture;

/// What a piece of a part is. RFC 2046 section 5.1.1 counts the line end before a dash-boundary to the delimiter;
/// here it is a piece of its own, because the first delimiter has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The line end before a delimiter.
    LineEnd,
    /// The delimiter and its line end.
    Delimiter,
    /// The head of a part, with the empty line.
    Head,
    /// The body: the JPEG.
    Body,
}

/// Most pieces of a frame.
const PIECES: usize = 8;

/// A frame in one recipe: the bytes around the picture, and the order of the pieces. It is made once for each frame and
/// recipe, and all viewers share it. The picture is shared with other recipes.
#[derive(Debug)]
pub struct Encoded {
    /// The number of the frame, counted from 1.
    pub number: u64,
    /// When the picture was taken, since 1970-01-01 UTC.
    pub taken: Duration,
    picture: Picture,
    text: Vec<u8>,
    /// Tags and lengths.
    pieces: [(Tag, usize); PIECES],
    count: usize,
    /// How many bytes of `text` are before the body.
    opening: usize,
}

impl Encoded {
    /// A frame without pieces.
    pub fn new(picture: Picture, number: u64, taken: Duration) -> Self {
        Self {
            number,
            taken,
            picture,
            text: Vec::with_capacity(160),
            pieces: [(Tag::LineEnd, 0); PIECES],
            count: 0,
            opening: 0,
        }
    }

    /// Appends a piece of text, which `write` appends to the buffer.
    ///
    /// # Panics
    ///
    /// When a recipe makes more than eight pieces.
    #[must_use]
    pub fn text(mut self, tag: Tag, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let start = self.text.len();
        write(&mut self.text);
        self.push(tag, self.text.len() - start);
        self
    }

    /// Appends the body. A frame has one.
    #[must_use]
    pub fn body(mut self) -> Self {
        self.opening = self.text.len();
        self.push(Tag::Body, self.picture.jpeg().len());
        self
    }

    fn push(&mut self, tag: Tag, length: usize) {
        self.pieces[self.count] = (tag, length);
        self.count += 1;
    }

    /// The picture.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Converts the frame back into its picture.
    pub fn into_picture(self) -> Picture {
        self.picture
    }

    /// The tags and lengths of the pieces, in the order in which they are sent.
    pub fn pieces(&self) -> impl Iterator<Item = (Tag, usize)> {
        self.pieces[..self.count].iter().copied()
    }

    /// The bytes before the body.
    pub fn before_body(&self) -> &[u8] {
        &self.text[..self.opening]
    }

    /// The bytes behind the body.
    pub fn behind_body(&self) -> &[u8] {
        &self.text[self.opening..]
    }
}
