//! A part: one frame and what follows it, as viewers receive them.

use std::io::IoSlice;
use std::ops::{Deref, Range};
use std::rc::Rc;
use std::time::Duration;

use super::encoded::{Encoded, Tag};
use super::layout::Layout;
use super::recipe::Recipe;

/// How far a viewer's stream has been sent. It decides what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentUpTo {
    /// Nothing, not even the first delimiter.
    Fresh,
    /// Up to the end of a frame.
    Body,
    /// Up to a delimiter: a part must follow.
    Delimiter,
    /// Up to the head of the part with this number: exactly this part must follow.
    Head(u64),
    /// Up to the close-delimiter: nothing may follow.
    Closed,
}

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
    first: usize,
    head: usize,
    body: usize,
    body_end: usize,
    frame_end: usize,
    delimiter_end: usize,
    end: usize,
}

impl Part {
    /// A part of this frame.
    pub fn new(frame: Rc<Encoded>, trailer: Trailer, recipe: &dyn Recipe) -> Self {
        let (mut at, mut first, mut head, mut body) = (0, None, None, 0);
        for (tag, length) in frame.pieces() {
            match tag {
                Tag::Delimiter => _ = first.get_or_insert(at),
                Tag::Head => _ = head.get_or_insert(at),
                Tag::Body => body = at,
                Tag::LineEnd => {}
            }
            at += length;
        }
        let behind = match &trailer {
            Trailer::Nothing | Trailer::Promise(_) => None,
            Trailer::Delimiter => Some(recipe.delimiter()),
            Trailer::Close | Trailer::CloseAtOnce => Some(recipe.close_delimiter()),
        };
        let (delimiter, rest) = match (&trailer, &behind) {
            (Trailer::Promise(next), _) => (delimiter_end(next), next.before_body().len()),
            (_, Some(behind)) => (behind.len(), behind.len()),
            (_, None) => (0, 0),
        };
        let body_end = body + frame.picture().jpeg().len();
        Self {
            first: first.unwrap_or(0),
            head: head.unwrap_or(body),
            body,
            body_end,
            frame_end: at,
            delimiter_end: at + delimiter,
            end: at + rest,
            frame,
            trailer,
            behind,
        }
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

    /// Converts the part back into its frame.
    pub fn into_frame(self) -> Rc<Encoded> {
        self.frame
    }

    /// Whether the close-delimiter follows the frame.
    pub fn is_last(&self) -> bool {
        matches!(self.trailer, Trailer::Close | Trailer::CloseAtOnce)
    }

    /// The promised frame: its head follows this one.
    pub fn promised(&self) -> Option<&Rc<Encoded>> {
        match &self.trailer {
            Trailer::Promise(next) => Some(next),
            _ => None,
        }
    }

    /// Offset of the first byte for a viewer; `None` if this part must not follow what it was `sent`.
    pub fn start(&self, sent: SentUpTo) -> Option<usize> {
        match sent {
            // The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). The first has none.
            SentUpTo::Fresh => Some(self.first),
            SentUpTo::Body if matches!(self.trailer, Trailer::CloseAtOnce) => Some(self.frame_end),
            SentUpTo::Body => Some(0),
            SentUpTo::Delimiter => Some(self.head),
            SentUpTo::Head(number) => (number == self.number()).then_some(self.body),
            SentUpTo::Closed => None,
        }
    }

    /// Offset behind the last byte for a viewer with this layout.
    pub fn end(&self, layout: Layout) -> usize {
        match (&self.trailer, layout) {
            (Trailer::Close | Trailer::CloseAtOnce, _) => self.end,
            (Trailer::Promise(_), Layout::Auto | Layout::Early) => self.end,
            (Trailer::Nothing, _) | (_, Layout::Leading) => self.frame_end,
            (_, _) => self.delimiter_end,
        }
    }

    /// Offset of the body.
    pub fn body(&self) -> Range<usize> {
        self.body..self.body_end
    }

    /// Offset behind the frame.
    pub fn frame_end(&self) -> usize {
        self.frame_end
    }

    /// The state of a viewer that was sent everything up to the offset `end`.
    pub fn sent_up_to(&self, end: usize) -> SentUpTo {
        match &self.trailer {
            _ if end <= self.frame_end => SentUpTo::Body,
            Trailer::Close | Trailer::CloseAtOnce => SentUpTo::Closed,
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
        let runs = [self.frame.before_body(), self.jpeg(), self.frame.behind_body(), behind];
        let mut slices = Slices { slices: [IoSlice::new(&[]); 4], count: 0 };
        let mut start = 0;
        for run in runs {
            let end = start + run.len();
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                slices.slices[slices.count] = IoSlice::new(&run[from - start..to - start]);
                slices.count += 1;
            }
            start = end;
        }
        slices
    }
}

/// Bytes of a part in the buffers that hold them.
#[derive(Debug)]
pub struct Slices<'a> {
    slices: [IoSlice<'a>; 4],
    count: usize,
}

impl<'a> Deref for Slices<'a> {
    type Target = [IoSlice<'a>];

    fn deref(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

/// How many bytes of a frame are before the end of its first delimiter.
fn delimiter_end(frame: &Encoded) -> usize {
    let mut at = 0;
    for (tag, length) in frame.pieces() {
        at += length;
        if tag == Tag::Delimiter {
            return at;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::recipe::Standard;
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    const JPEG: &[u8] = SMALLEST;

    fn recipe() -> Standard {
        Standard::new(Boundary::new("b").unwrap(), &[])
    }

    fn frame(recipe: &dyn Recipe, number: u64) -> Rc<Encoded> {
        Rc::new(recipe.encode(Picture::new(JPEG.to_vec()).unwrap(), number, Duration::ZERO))
    }

    fn bytes(part: &Part, range: Range<usize>) -> String {
        let slices = part.slices(range.clone()).iter().map(|slice| slice.to_vec()).collect::<Vec<_>>();
        let bytes = slices.concat();
        assert_eq!(bytes.len(), range.len());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn each_layout_stops_where_it_says() {
        let recipe = recipe();
        let make = |trailer| Part::new(frame(&recipe, 1), trailer, &recipe);
        let tail = |part: &Part, layout| {
            let end = part.end(layout);
            (bytes(part, part.body().end..end), part.sent_up_to(end))
        };

        let part = make(Trailer::Promise(frame(&recipe, 2)));
        assert_eq!(tail(&part, Layout::Leading), (String::new(), SentUpTo::Body));
        assert_eq!(tail(&part, Layout::Trailing), ("\r\n--b\r\n".into(), SentUpTo::Delimiter));
        let early = format!(
            "\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 0.000000\r\n\r\n",
            JPEG.len()
        );
        for layout in [Layout::Early, Layout::Auto] {
            assert_eq!(tail(&part, layout), (early.clone(), SentUpTo::Head(2)));
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
        let recipe = recipe();
        let make = |trailer| Part::new(frame(&recipe, 5), trailer, &recipe);
        let text = |part: &Part, sent| part.start(sent).map(|at| bytes(part, at..at + 7));
        let part = make(Trailer::Delimiter);
        assert_eq!(text(&part, SentUpTo::Fresh).as_deref(), Some("--b\r\nCo"));
        assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b\r\n"));
        assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
        assert_eq!(part.start(SentUpTo::Head(5)), Some(part.body().start));
        assert_eq!(part.start(SentUpTo::Head(4)), None);
        assert_eq!(part.start(SentUpTo::Closed), None);
        // At the end, a viewer without a delimiter receives no further frame.
        let part = make(Trailer::CloseAtOnce);
        assert_eq!(text(&part, SentUpTo::Body).as_deref(), Some("\r\n--b--"));
        assert_eq!(text(&part, SentUpTo::Delimiter).as_deref(), Some("Content"));
    }

    #[test]
    fn any_range_of_a_part_is_the_same_range_of_its_bytes() {
        let recipe = recipe();
        let part = Part::new(frame(&recipe, 1), Trailer::Promise(frame(&recipe, 2)), &recipe);
        let all = |range| part.slices(range).iter().flat_map(|slice| slice.to_vec()).collect::<Vec<u8>>();
        let whole = all(0..part.end);
        assert_eq!(&whole[part.body()], JPEG);
        for from in 0..=whole.len() {
            for to in from..=whole.len() {
                assert_eq!(all(from..to), whole[from..to], "{from}..{to}");
            }
        }
    }

    /// A camera that ends each body with a line end, separates with bare LF and has long part heads.
    #[derive(Debug)]
    struct Odd;

    impl Recipe for Odd {
        fn response_head(&self) -> Rc<[u8]> {
            Rc::from(&b""[..])
        }

        fn can_carry(&self, _: &Picture) -> bool {
            true
        }

        fn encode(&self, picture: Picture, number: u64, taken: Duration) -> Encoded {
            Encoded::new(picture, number, taken)
                .text(Tag::Delimiter, |out| out.extend_from_slice(b"b\n"))
                .text(Tag::Head, |out| {
                    out.extend_from_slice(format!("X: {}\n\n", "x".repeat(999)).as_bytes());
                })
                .body()
                .text(Tag::LineEnd, |out| out.extend_from_slice(b"\n"))
        }

        fn delimiter(&self) -> Rc<[u8]> {
            Rc::from(&b"b\n"[..])
        }

        fn close_delimiter(&self) -> Rc<[u8]> {
            Rc::from(&b"b--\n"[..])
        }
    }

    #[test]
    fn a_dialect_may_have_long_heads_and_bytes_behind_the_body() {
        let part = Part::new(frame(&Odd, 1), Trailer::Promise(frame(&Odd, 2)), &Odd);
        let leading = bytes(&part, 0..part.end(Layout::Leading));
        assert!(leading.starts_with("b\nX: xxx") && leading.ends_with("\u{fffd}\n"), "{leading}");
        let trailing = bytes(&part, part.frame_end()..part.end(Layout::Trailing));
        assert_eq!(trailing, "b\n");
        let early = bytes(&part, part.frame_end()..part.end(Layout::Early));
        assert_eq!(early.len(), 2 + 3 + 999 + 2);
        assert_eq!(part.sent_up_to(part.end(Layout::Early)), SentUpTo::Head(2));
    }
}
