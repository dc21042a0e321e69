//! A part: the bytes of one frame as viewers receive them, one buffer for all layouts.

use std::time::Duration;

use clap::ValueEnum;
use mjpeg::multipart::{Boundary, PartHead, Serializer};

use crate::source::picture::Picture;

/// What is sent together with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// `early` if the next frame is known, else `trailing`
    Auto,
    /// Only the frame: players show it on time, browsers one frame late
    Leading,
    /// The next delimiter: Firefox shows the frame on time too
    Trailing,
    /// The next delimiter and the head of the next part: Chromium shows the frame on time too
    Early,
}

impl Layout {
    /// Finds a layout by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The name of the layout.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }
}

/// How far a viewer's stream has been sent. It decides what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentUpTo {
    /// Nothing, not even the first delimiter.
    Fresh,
    /// Up to the end of a body.
    Body,
    /// Up to a delimiter: a part must follow.
    Delimiter,
    /// Up to the head of the part with this number: exactly this part must follow.
    Head(u64),
    /// Up to the close-delimiter: nothing may follow.
    Closed,
}

/// What follows the body of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// Nothing: this may be the last part, and a delimiter would require another one.
    Nothing,
    /// The delimiter: another part will come, but its head is not known.
    Delimiter,
    /// The delimiter and the head of the next part, which has this number. The next part is then *promised*: a
    /// viewer that received its head must receive its body next.
    Promise(u64, PartHead),
    /// The close-delimiter: this is the last part, and every viewer receives it.
    Close,
    /// The close-delimiter. Only viewers that already received a delimiter or head receive this part; others
    /// receive the close-delimiter alone.
    CloseAtOnce,
}

/// One frame between its delimiters.
///
/// ```text
/// CRLF delimiter  head  body  CRLF delimiter  head of the next part
///                                             `- end (early)
///      `- first   |     |     `- delimiter_end: behind the delimiter (trailing)
/// `- lead         `-head`-body`- body_end (leading)
/// ```
///
/// What a viewer received before decides where its bytes begin; its layout decides where they end. So one
/// buffer, with one copy of the picture, serves all viewers.
#[derive(Debug)]
pub struct Part {
    picture: Picture,
    lead: usize,
    head: usize,
    body: usize,
    body_end: usize,
    delimiter_end: usize,
    /// The number of the part, counted from 1.
    pub number: u64,
    /// When the picture was taken, since 1970-01-01 UTC.
    pub taken: Duration,
    trailer: Trailer,
}

impl Part {
    /// Offset of the first byte for a viewer; `None` if this part must not follow what it was `sent`.
    pub fn start(&self, sent: SentUpTo) -> Option<usize> {
        match sent {
            // The CRLF before a delimiter belongs to the delimiter (RFC 2046 5.1.1). The first has none.
            SentUpTo::Fresh => Some(self.lead + 2),
            SentUpTo::Body if self.trailer == Trailer::CloseAtOnce => Some(self.body_end),
            SentUpTo::Body => Some(self.lead),
            SentUpTo::Delimiter => Some(self.head),
            SentUpTo::Head(number) => (number == self.number).then_some(self.body),
            SentUpTo::Closed => None,
        }
    }

    /// Offset behind the last byte for a viewer with this layout.
    pub fn end(&self, layout: Layout) -> usize {
        match (self.trailer, layout) {
            (Trailer::Close | Trailer::CloseAtOnce, _) => self.bytes().len(),
            (Trailer::Promise(..), Layout::Auto | Layout::Early) => self.bytes().len(),
            (Trailer::Nothing, _) | (_, Layout::Leading) => self.body_end,
            (_, _) => self.delimiter_end,
        }
    }

    /// Offset behind the body.
    pub fn body_end(&self) -> usize {
        self.body_end
    }

    /// The state of a viewer that was sent everything up to the offset `end`.
    pub fn sent_up_to(&self, end: usize) -> SentUpTo {
        match self.trailer {
            _ if end <= self.body_end => SentUpTo::Body,
            Trailer::Close | Trailer::CloseAtOnce => SentUpTo::Closed,
            _ if end <= self.delimiter_end => SentUpTo::Delimiter,
            Trailer::Promise(number, _) => SentUpTo::Head(number),
            Trailer::Delimiter | Trailer::Nothing => SentUpTo::Delimiter,
        }
    }

    /// The number of the part whose head follows the body.
    pub fn promised(&self) -> Option<u64> {
        match self.trailer {
            Trailer::Promise(number, _) => Some(number),
            _ => None,
        }
    }

    /// The buffer that the offsets refer to.
    pub fn bytes(&self) -> &[u8] {
        self.picture.bytes()
    }

    /// The JPEG.
    pub fn jpeg(&self) -> &[u8] {
        self.picture.jpeg()
    }

    /// The picture.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Converts the part back into its picture.
    pub fn into_picture(self) -> Picture {
        self.picture
    }
}

/// Makes parts from pictures, in the one dialect that every tested consumer reads.
#[derive(Debug)]
pub struct Recipe {
    serializer: Serializer,
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Recipe {
    /// Creates the recipe of a stream with this boundary.
    pub fn new(boundary: Boundary) -> Self {
        Self { serializer: Serializer::new(boundary), before: Vec::new(), behind: Vec::new() }
    }

    /// The value of the response's `Content-Type`.
    pub fn content_type(&self) -> String {
        self.serializer.content_type()
    }

    /// Whether the picture can be sent: it must not contain the boundary.
    pub fn can_carry(&self, picture: &Picture) -> bool {
        self.serializer.can_carry(picture.jpeg())
    }

    /// The part head for this picture.
    pub fn head(picture: &Picture, taken: Duration) -> PartHead {
        PartHead::new(picture.jpeg().len() as u64).taken(taken)
    }

    /// Makes a part.
    pub fn part(&mut self, mut picture: Picture, number: u64, taken: Duration, trailer: Trailer) -> Part {
        self.before.clear();
        self.serializer.delimiter(&mut self.before);
        let delimiter = self.before.len();
        self.serializer.head(&mut self.before, &Self::head(&picture, taken));

        self.behind.clear();
        match trailer {
            Trailer::Nothing => {}
            Trailer::Close | Trailer::CloseAtOnce => self.serializer.close_delimiter(&mut self.behind),
            Trailer::Delimiter | Trailer::Promise(..) => self.serializer.delimiter(&mut self.behind),
        }
        let delimiter_length = self.behind.len();
        if let Trailer::Promise(_, head) = &trailer {
            self.serializer.head(&mut self.behind, head);
        }

        let lead = picture.wrap(&self.before, &self.behind);
        let body = lead + self.before.len();
        let body_end = body + picture.jpeg().len();
        Part {
            picture,
            lead,
            head: lead + delimiter,
            body,
            body_end,
            delimiter_end: body_end + delimiter_length,
            number,
            taken,
            trailer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = crate::source::picture::SMALLEST;

    #[test]
    fn the_fields_of_a_part_fit_beside_the_picture_with_the_longest_boundary() {
        let mut recipe = Recipe::new(Boundary::new(&"x".repeat(70)).unwrap());
        let picture = Picture::copy(JPEG, 0).unwrap();
        let head = PartHead::new(u64::MAX).taken(Duration::MAX);
        let part = recipe.part(picture, 1, Duration::MAX, Trailer::Promise(2, head));
        assert_eq!(part.jpeg(), JPEG);
    }

    #[test]
    fn each_layout_stops_where_it_says() {
        let mut recipe = Recipe::new(Boundary::new("b").unwrap());
        let mut make = |trailer| recipe.part(Picture::copy(JPEG, 0).unwrap(), 1, Duration::ZERO, trailer);
        let tail = |part: &Part, layout| {
            let end = part.end(layout);
            let text = String::from_utf8_lossy(&part.bytes()[part.body_end()..end]).into_owned();
            (text, part.sent_up_to(end))
        };
        let next = PartHead::new(77);

        let part = make(Trailer::Promise(2, next));
        assert_eq!(tail(&part, Layout::Leading), (String::new(), SentUpTo::Body));
        assert_eq!(tail(&part, Layout::Trailing), ("\r\n--b\r\n".into(), SentUpTo::Delimiter));
        let early = "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: 77\r\n\r\n";
        for layout in [Layout::Early, Layout::Auto] {
            assert_eq!(tail(&part, layout), (early.into(), SentUpTo::Head(2)));
        }

        let part = make(Trailer::Delimiter);
        assert_eq!(tail(&part, Layout::Early), ("\r\n--b\r\n".into(), SentUpTo::Delimiter));

        let part = make(Trailer::Nothing);
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
            assert_eq!(tail(&part, layout), (String::new(), SentUpTo::Body));
        }

        let part = make(Trailer::Close);
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
            assert_eq!(tail(&part, layout), ("\r\n--b--\r\n".into(), SentUpTo::Closed));
        }
    }

    #[test]
    fn a_part_starts_behind_what_the_viewer_received() {
        let mut recipe = Recipe::new(Boundary::new("b").unwrap());
        let mut make = |trailer| recipe.part(Picture::copy(JPEG, 0).unwrap(), 5, Duration::ZERO, trailer);
        let text = |part: &Part, sent| {
            part.start(sent).map(|at| String::from_utf8_lossy(&part.bytes()[at..at + 7]).into_owned())
        };
        let part = make(Trailer::Delimiter);
        assert_eq!(text(&part, SentUpTo::Fresh).as_deref(), Some("--b\r\nCo"));
        assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b\r\n"));
        assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
        assert_eq!(part.start(SentUpTo::Head(5)).map(|at| &part.bytes()[at..at + 2]), Some(&JPEG[..2]));
        assert_eq!(part.start(SentUpTo::Head(4)), None);
        assert_eq!(part.start(SentUpTo::Closed), None);
        // At the end, a viewer without a delimiter receives no further frame.
        let part = make(Trailer::CloseAtOnce);
        assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b--"));
        assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
    }
}
