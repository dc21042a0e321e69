//! A frame as the bytes that viewers get: one buffer, whatever layout they asked for.

use std::time::Duration;

use clap::ValueEnum;
use mjpeg::multipart::{Boundary, PartHead, Serializer};

use crate::source::picture::Picture;

/// What leaves together with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// The most that can be sent truthfully: `early` where the next frame is known, else `trailing`
    Auto,
    /// Nothing more: players show the frame on time, browsers one frame late
    Leading,
    /// The next delimiter: Firefox shows the frame on time too
    Trailing,
    /// The next delimiter and the head of the next part: Chromium shows the frame on time too
    Early,
}

impl Layout {
    /// The layout of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The name of the layout.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }
}

/// What a viewer has been sent behind the last body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentUpTo {
    /// Nothing at all: no delimiter either.
    Fresh,
    /// Nothing.
    Body,
    /// A delimiter: a part must follow.
    Delimiter,
    /// The head of the part with this number: it and no other must follow.
    Head(u64),
    /// The close-delimiter: nothing may follow.
    Closed,
}

/// What stands behind the body of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// Nothing: whether another part comes is not known yet, and a delimiter would demand one.
    Nothing,
    /// The delimiter; what comes next is not known.
    Delimiter,
    /// The delimiter and the head of the part with this number.
    Promise(u64, PartHead),
    /// The close-delimiter: this is the last part, and everybody gets it.
    Close,
    /// The close-delimiter: this part is only for those who were promised one.
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
/// Where a viewer starts to read it is decided by what it has been sent before, where it stops by its
/// layout. So there is one buffer, and one copy of the picture, for all.
#[derive(Debug)]
pub struct Part {
    picture: Picture,
    lead: usize,
    head: usize,
    body: usize,
    body_end: usize,
    delimiter_end: usize,
    /// Which part it is; they count from 1.
    pub number: u64,
    /// When the picture was taken, since 1970-01-01 UTC.
    pub taken: Duration,
    trailer: Trailer,
}

impl Part {
    /// Where a viewer of this standing begins to send; `None` if this part is not for it.
    pub fn start(&self, sent: SentUpTo) -> Option<usize> {
        match sent {
            // The CRLF before a delimiter belongs to it (RFC 2046 5.1.1), but nothing precedes the first.
            SentUpTo::Fresh => Some(self.lead + 2),
            SentUpTo::Body if self.trailer == Trailer::CloseAtOnce => Some(self.body_end),
            SentUpTo::Body => Some(self.lead),
            SentUpTo::Delimiter => Some(self.head),
            SentUpTo::Head(number) => (number == self.number).then_some(self.body),
            SentUpTo::Closed => None,
        }
    }

    /// Where a viewer with this layout stops.
    pub fn end(&self, layout: Layout) -> usize {
        match (self.trailer, layout) {
            (Trailer::Close | Trailer::CloseAtOnce, _) => self.bytes().len(),
            (Trailer::Promise(..), Layout::Auto | Layout::Early) => self.bytes().len(),
            (Trailer::Nothing, _) | (_, Layout::Leading) => self.body_end,
            (_, _) => self.delimiter_end,
        }
    }

    /// Where the body ends.
    pub fn body_end(&self) -> usize {
        self.body_end
    }

    /// What stands behind the body of a viewer that has sent everything up to `end`.
    pub fn sent_up_to(&self, end: usize) -> SentUpTo {
        match self.trailer {
            _ if end <= self.body_end => SentUpTo::Body,
            Trailer::Close | Trailer::CloseAtOnce => SentUpTo::Closed,
            _ if end <= self.delimiter_end => SentUpTo::Delimiter,
            Trailer::Promise(number, _) => SentUpTo::Head(number),
            Trailer::Delimiter | Trailer::Nothing => SentUpTo::Delimiter,
        }
    }

    /// The part whose head stands behind the body.
    pub fn promised(&self) -> Option<u64> {
        match self.trailer {
            Trailer::Promise(number, _) => Some(number),
            _ => None,
        }
    }

    /// The buffer that the offsets count in.
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

    /// The picture, for its source.
    pub fn into_picture(self) -> Picture {
        self.picture
    }
}

/// How pictures become parts: our own dialect, which every consumer that was measured reads.
#[derive(Debug)]
pub struct Recipe {
    serializer: Serializer,
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Recipe {
    /// The recipe of a stream with this boundary.
    pub fn new(boundary: Boundary) -> Self {
        Self { serializer: Serializer::new(boundary), before: Vec::new(), behind: Vec::new() }
    }

    /// The value of the response's `Content-Type`.
    pub fn content_type(&self) -> String {
        self.serializer.content_type()
    }

    /// Whether the picture may be sent: the boundary must not occur in it.
    pub fn can_carry(&self, picture: &Picture) -> bool {
        self.serializer.can_carry(picture.jpeg())
    }

    /// The head of the part that this picture will be.
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

        let lead = picture.dress(&self.before, &self.behind);
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
    fn a_viewer_starts_behind_what_it_has() {
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
        // At the end of all, whoever was promised nothing gets no further frame.
        let part = make(Trailer::CloseAtOnce);
        assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b--"));
        assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
    }
}
