//! A part: one frame and what follows it, as viewers receive them.

use std::iter;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use super::encoded::Encoded;
use super::layout::Layout;
use super::recipe::Recipe;
use super::sent_up_to::SentUpTo;
use super::slices::Slices;
use crate::source::picture::Picture;

/// What follows the frame of a part.
#[derive(Debug, Clone)]
pub enum Trailer {
    /// Nothing: this may be the last part, and a delimiter would require another one.
    Nothing,
    /// The delimiter: another part will come, but its head is not known.
    Delimiter,
    /// The delimiter and the head of this frame. It is then *promised*: a viewer that received its head must
    /// receive its body next.
    Promise(Rc<Encoded>),
    /// The close-delimiter: this is the last part, and every viewer receives it.
    Close,
    /// The close-delimiter. Only viewers that already received a delimiter or head receive this part; others
    /// receive the close-delimiter alone.
    CloseAtOnce,
    /// The close-delimiter. The frame is that of the part before, again: for viewers that have not begun that part, and
    /// for those that already received a delimiter or head.
    CloseBehindNewest,
}

impl Trailer {
    fn is_close(&self) -> bool {
        matches!(self, Self::Close | Self::CloseAtOnce | Self::CloseBehindNewest)
    }
}

/// One frame between its delimiters.
///
/// ```text
/// line end delimiter  head  body  line end delimiter  head of the next part
///                                                   `- end (early)
///         `- first  |     |     `- delimiter_end: behind the delimiter (trailing)
/// `- 0              `-head`-body`- frame_end (leading)
/// ```
///
/// Offsets count the bytes of all pieces. What a viewer received before decides where its bytes begin; its layout
/// decides where they end. So one part serves all viewers of a recipe, and no byte is copied for it.
#[derive(Debug)]
pub struct Part {
    frame: Rc<Encoded>,
    trailer: Trailer,
    /// The delimiter or close-delimiter behind the frame, if the trailer is one.
    behind: Option<Rc<[u8]>>,
    /// Whether a part must follow a delimiter that was sent.
    completes_parts: bool,
    frame_end: usize,
    /// Where the close-delimiter begins, if the trailer is one.
    closing: usize,
    delimiter_end: usize,
    end: usize,
}

impl Part {
    /// A part of this frame.
    pub fn new(frame: Rc<Encoded>, trailer: Trailer, recipe: &dyn Recipe) -> Self {
        let mut part = Self {
            frame,
            trailer,
            behind: None,
            completes_parts: true,
            frame_end: 0,
            closing: 0,
            delimiter_end: 0,
            end: 0,
        };
        part.measure(recipe);
        part
    }

    /// Becomes the part of another frame, in the same memory. `trailer` receives the frame before.
    pub fn renew(
        &mut self,
        frame: Rc<Encoded>,
        recipe: &dyn Recipe,
        trailer: impl FnOnce(Rc<Encoded>) -> Trailer,
    ) {
        self.trailer = trailer(std::mem::replace(&mut self.frame, frame));
        self.measure(recipe);
    }

    fn measure(&mut self, recipe: &dyn Recipe) {
        self.completes_parts = recipe.completes_parts();
        // A camera may send a delimiter with each frame, also with the last one.
        let is_closed_late = !self.completes_parts && recipe.layout() != Some(Layout::Leading);
        let mut before_close = 0;
        self.behind = match &self.trailer {
            Trailer::Promise(_) => None,
            Trailer::Nothing if self.completes_parts => None,
            Trailer::Nothing | Trailer::Delimiter => Some(recipe.delimiter()),
            Trailer::Close | Trailer::CloseAtOnce | Trailer::CloseBehindNewest if is_closed_late => {
                let delimiter = recipe.delimiter();
                before_close = delimiter.len();
                Some([&delimiter[..], &recipe.close_delimiter()].concat().into())
            }
            Trailer::Close | Trailer::CloseAtOnce | Trailer::CloseBehindNewest => {
                Some(recipe.close_delimiter())
            }
        };
        let (delimiter, rest) = match (&self.trailer, &self.behind) {
            (Trailer::Promise(next), _) => (next.delimiter().end, next.body_start()),
            (_, Some(behind)) => (behind.len(), behind.len()),
            (_, None) => (0, 0),
        };
        self.frame_end = self.frame.len();
        self.closing = self.frame_end + before_close;
        self.delimiter_end = self.frame_end + delimiter;
        self.end = self.frame_end + rest;
    }

    /// The number of the part, counted from 1.
    pub fn number(&self) -> u64 {
        self.frame.number
    }

    /// When the picture was taken, since 1970-01-01 UTC.
    pub fn taken(&self) -> Duration {
        self.frame.taken
    }

    /// The JPEG.
    pub fn jpeg(&self) -> &[u8] {
        self.frame.picture().jpeg()
    }

    /// The frame.
    pub fn frame(&self) -> &Rc<Encoded> {
        &self.frame
    }

    /// The pictures that it keeps in memory, with the numbers of their frames: its own and the promised one.
    pub fn pictures(&self) -> impl Iterator<Item = (&Picture, u64)> {
        iter::once(&self.frame).chain(self.promised()).map(|frame| (frame.picture(), frame.number))
    }

    /// Whether the close-delimiter follows the frame.
    pub fn is_last(&self) -> bool {
        self.trailer.is_close()
    }

    /// The promised frame: its head follows this one.
    pub fn promised(&self) -> Option<&Rc<Encoded>> {
        match &self.trailer {
            Trailer::Promise(next) => Some(next),
            _ => None,
        }
    }

    /// Offset of the first byte for a viewer that has begun the part `newest_begun` last; `None` if this part must not
    /// follow what it was `sent`.
    pub fn start(&self, sent: SentUpTo, newest_begun: u64) -> Option<usize> {
        let is_repeated =
            matches!(self.trailer, Trailer::CloseBehindNewest) && newest_begun + 1 >= self.number();
        let is_close_alone = matches!(self.trailer, Trailer::CloseAtOnce);
        match sent {
            // The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). The first has none.
            SentUpTo::Fresh => Some(self.frame.delimiter().start),
            SentUpTo::Body if is_repeated || is_close_alone => Some(self.frame_end),
            SentUpTo::Body => Some(0),
            SentUpTo::Delimiter if !self.completes_parts && (is_repeated || is_close_alone) => {
                Some(self.closing)
            }
            SentUpTo::Delimiter => Some(self.frame.head_start()),
            SentUpTo::Head(number) => (number == self.number()).then(|| self.frame.body_start()),
            SentUpTo::Closed => None,
        }
    }

    /// Offset behind the last byte for a viewer with this layout.
    pub fn end(&self, layout: Layout) -> usize {
        match (&self.trailer, layout) {
            (trailer, _) if trailer.is_close() => self.end,
            (Trailer::Promise(_), Layout::Auto | Layout::Early) => self.end,
            (_, Layout::Leading) => self.frame_end,
            // Empty behind Nothing, if a part must follow each delimiter.
            (_, _) => self.delimiter_end,
        }
    }

    /// Offset of the body.
    pub fn body(&self) -> Range<usize> {
        let start = self.frame.body_start();
        start..start + self.jpeg().len()
    }

    /// Offset behind the frame.
    pub fn frame_end(&self) -> usize {
        self.frame_end
    }

    /// Offsets of the close-delimiter, if this is the last part.
    pub fn closing(&self) -> Option<Range<usize>> {
        self.trailer.is_close().then_some(self.closing..self.end)
    }

    /// The state of a viewer that was sent everything up to the offset `end`.
    pub fn sent_up_to(&self, end: usize) -> SentUpTo {
        match &self.trailer {
            // A dialect may close without a close-delimiter.
            trailer if trailer.is_close() && end >= self.end => SentUpTo::Closed,
            _ if end <= self.frame_end => SentUpTo::Body,
            trailer if trailer.is_close() => SentUpTo::Closed,
            Trailer::Promise(next) if end > self.delimiter_end => SentUpTo::Head(next.number),
            _ => SentUpTo::Delimiter,
        }
    }

    /// The bytes at these offsets, for a vectored send.
    pub fn slices(&self, range: Range<usize>) -> Slices<'_> {
        let behind = match &self.trailer {
            Trailer::Promise(next) => next.before_body(),
            _ => self.behind.as_deref().unwrap_or_default(),
        };
        Slices::new([self.frame.before_body(), self.jpeg(), self.frame.behind_body(), behind], range)
    }
}

#[cfg(test)]
mod tests;
