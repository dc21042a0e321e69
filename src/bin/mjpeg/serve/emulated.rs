//! The recipe of a dialect: it writes the stream of a camera or server.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memmem;
use mjpeg::jpeg::Summary;

use super::encoded::{Encoded, Tag};
use super::layout::Layout;
use super::recipe::Recipe;
use crate::clock::Clock;
use crate::dialect::{Chunks, Description, SentTogether, Values};
use crate::source::picture::Picture;

/// A stream as a camera or server writes it.
#[derive(Debug)]
pub struct Emulated {
    dialect: Rc<Description>,
    clock: Clock,
    /// What is before a delimiter that is not the first one, without what the first one has too.
    before_delimiter: Vec<u8>,
    /// What a picture must not contain: the dash-boundary.
    dash_boundary: Vec<u8>,
    /// Whether parts say the size of the picture.
    needs_size: bool,
    /// The number under which pictures remember that they do not contain the dash-boundary.
    check: u64,
}

impl Emulated {
    /// The recipe of a dialect.
    pub fn new(dialect: Rc<Description>, clock: Clock) -> Self {
        static CHECKS: AtomicU64 = AtomicU64::new(1 << 32);

        // A picture that is sent without what follows it leaves that to the next frame.
        let is_late = dialect.sent_together == SentTogether::Jpeg;
        let mut before_delimiter = Vec::new();
        if is_late {
            dialect.after.write(&Values::default(), &mut before_delimiter);
        }
        let own = dialect.delimiter.len() - dialect.first_delimiter().len();
        before_delimiter.extend_from_slice(&dialect.delimiter.as_bytes()[..own]);
        Self {
            dash_boundary: dialect.delimiter.trim().as_bytes().to_vec(),
            needs_size: dialect.part.needs_size(),
            check: CHECKS.fetch_add(1, Ordering::Relaxed),
            before_delimiter,
            dialect,
            clock,
        }
    }

    fn values(&self, frame: &Encoded) -> Values {
        let jpeg = frame.picture().jpeg();
        let size = self.needs_size.then(|| Summary::of(jpeg));
        let size = size.and_then(|summary| Some((summary.frame?.width, summary.height()?)));
        Values {
            length: jpeg.len(),
            number: frame.number,
            size: size.unwrap_or_default(),
            taken: frame.taken,
            now: self.clock.unix(),
        }
    }
}

impl Recipe for Emulated {
    fn response_head(&self) -> Rc<[u8]> {
        let mut head = Vec::new();
        self.dialect.head.write(&Values { now: self.clock.unix(), ..Values::default() }, &mut head);
        head.into()
    }

    fn layout(&self) -> Option<Layout> {
        Some(match self.dialect.sent_together {
            SentTogether::Jpeg | SentTogether::After => Layout::Leading,
            SentTogether::Delimiter => Layout::Trailing,
            SentTogether::Head => Layout::Early,
        })
    }

    fn completes_parts(&self) -> bool {
        false
    }

    fn chunks(&self) -> Option<Chunks> {
        self.dialect.chunks
    }

    fn can_carry(&self, picture: &Picture) -> bool {
        let finder = &self.dash_boundary;
        finder.is_empty() || picture.passes(self.check, |jpeg| memmem::find(jpeg, finder).is_none())
    }

    fn write(&self, frame: &mut Encoded) {
        let values = self.values(frame);
        let dialect = &*self.dialect;
        frame.text(Tag::LineEnd, |out| out.extend_from_slice(&self.before_delimiter));
        frame.text(Tag::Delimiter, |out| out.extend_from_slice(dialect.first_delimiter().as_bytes()));
        frame.text(Tag::Head, |out| dialect.part.write(&values, out));
        frame.body();
        let other = dialect.other_part.as_ref().filter(|other| frame.number.is_multiple_of(other.every));
        frame.text(Tag::LineEnd, |out| {
            if dialect.sent_together != SentTogether::Jpeg {
                dialect.after.write(&values, out);
            }
            if let Some(other) = other {
                out.extend_from_slice(other.bytes.as_bytes());
            }
        });
    }

    fn delimiter(&self) -> Rc<[u8]> {
        [&self.before_delimiter[..], self.dialect.first_delimiter().as_bytes()].concat().into()
    }

    fn close_delimiter(&self) -> Rc<[u8]> {
        self.dialect.closing.as_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::dialect;
    use crate::source::picture::SMALLEST;

    fn recipe(name: &str) -> Emulated {
        Emulated::new(Rc::new(dialect::named(name).unwrap().1), Clock::simulated())
    }

    #[test]
    fn the_head_of_the_response_has_the_date_of_now() {
        let recipe = recipe("webkit");
        assert_eq!(recipe.layout(), Some(Layout::Trailing));
        let head = |recipe: &Emulated| String::from_utf8(recipe.response_head().to_vec()).unwrap();
        let webcam = self::recipe("mjpg-streamer-wxp");
        assert!(
            head(&webcam).contains("Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Wed, 31 Dec 2025 23:37")
        );
        webcam.clock.advance(Duration::from_secs(61));
        assert!(head(&webcam).contains("Date: Thu, 01 Jan 2026 00:01:01 GMT"));
    }

    #[test]
    fn a_viewer_begins_with_the_first_delimiter() {
        let picture = Picture::new(SMALLEST.to_vec()).unwrap();
        for (name, before, first) in [
            ("mjpg-streamer", "\r\n", "--boundarydonotcross\r\n"),
            ("tasmota", "\r\n--e8b8c539-047d-4777-a985-fbba6edff11e", "\r\n"),
            ("darknet", "", "--mjpegstream\r\n"),
            ("jvc-vn-v686u", "", ""),
        ] {
            let frame = recipe(name).encode(picture.clone(), 1, Duration::ZERO);
            let text = String::from_utf8(frame.before_body().to_vec()).unwrap();
            let delimiter = frame.delimiter().clone();
            assert_eq!((&text[..delimiter.start], &text[delimiter.clone()]), (before, first), "{name}");
            assert_eq!(frame.head_start(), delimiter.end, "{name}");
        }
    }
}
