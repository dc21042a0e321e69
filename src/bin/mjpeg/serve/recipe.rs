//! A recipe: how frames become bytes.

use std::fmt::Debug;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mjpeg::multipart::{Boundary, PartHead, Serializer};

use super::encoded::{Encoded, Tag};
use super::layout::Layout;
use crate::dialect::Chunks;
use crate::listen::answer::SERVER;
use crate::source::picture::Picture;

/// How a stream is written: the head of the response, and the pieces of each frame. It does no I/O and knows no viewer.
pub trait Recipe: Debug {
    /// The head of the response.
    fn response_head(&self) -> Rc<[u8]>;

    /// What leaves together with a frame, if that is not for the viewer to choose.
    fn layout(&self) -> Option<Layout> {
        None
    }

    /// Whether a part must follow each delimiter, also at the end of the stream. A camera may end its stream behind
    /// a delimiter.
    fn completes_parts(&self) -> bool {
        true
    }

    /// The chunks of the response, if it has the chunked coding.
    fn chunks(&self) -> Option<Chunks> {
        None
    }

    /// Whether the picture can be sent: it must not contain the delimiter.
    fn can_carry(&self, picture: &Picture) -> bool;

    /// Appends the pieces of a frame, which has none yet.
    fn write(&self, frame: &mut Encoded);

    /// Encodes a frame.
    fn encode(&self, picture: Picture, number: u64, taken: Duration) -> Encoded {
        let mut frame = Encoded::new(picture, number, taken);
        self.write(&mut frame);
        frame
    }

    /// Encodes a frame in the memory of one that is no longer used, if there is one.
    fn encode_in(
        &self,
        spare: &mut Option<Rc<Encoded>>,
        picture: Picture,
        number: u64,
        taken: Duration,
    ) -> Rc<Encoded> {
        if let Some(mut frame) = spare.take()
            && let Some(unused) = Rc::get_mut(&mut frame)
        {
            unused.renew(picture, number, taken);
            self.write(unused);
            return frame;
        }
        Rc::new(self.encode(picture, number, taken))
    }

    /// The delimiter between two parts, with the line end before it.
    fn delimiter(&self) -> Rc<[u8]>;

    /// The close-delimiter, with the line end before it.
    fn close_delimiter(&self) -> Rc<[u8]>;
}

/// The form that every tested consumer reads.
#[derive(Debug)]
pub struct Standard {
    serializer: Serializer,
    response_head: Rc<[u8]>,
    delimiter: Rc<[u8]>,
    close_delimiter: Rc<[u8]>,
    /// The number under which pictures remember that they do not contain the boundary.
    check: u64,
}

impl Standard {
    /// The recipe of a stream with this boundary. `fields` are further fields of the response head.
    pub fn new(boundary: Boundary, fields: &[(String, String)]) -> Self {
        static CHECKS: AtomicU64 = AtomicU64::new(1);

        let serializer = Serializer::new(boundary);
        // Not printed by tiny_http, which would announce chunks or a length of zero. `X-Accel-Buffering: no`
        // stops nginx from buffering frames.
        let mut head = format!(
            "HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             X-Accel-Buffering: no\r\n"
        );
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Type: {}\r\n\r\n", serializer.content_type()));
        let bytes = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            write(&mut bytes);
            Rc::from(bytes)
        };
        Self {
            response_head: head.into_bytes().into(),
            delimiter: bytes(&|out| serializer.delimiter(out)),
            close_delimiter: bytes(&|out| serializer.close_delimiter(out)),
            check: CHECKS.fetch_add(1, Ordering::Relaxed),
            serializer,
        }
    }
}

impl Recipe for Standard {
    fn response_head(&self) -> Rc<[u8]> {
        Rc::clone(&self.response_head)
    }

    fn can_carry(&self, picture: &Picture) -> bool {
        picture.passes(self.check, |jpeg| self.serializer.can_carry(jpeg))
    }

    fn write(&self, frame: &mut Encoded) {
        let head = PartHead::new(frame.picture().jpeg().len() as u64).taken(frame.taken);
        frame.text(Tag::LineEnd, |out| out.extend_from_slice(b"\r\n"));
        frame.text(Tag::Delimiter, |out| self.serializer.first_delimiter(out));
        frame.text(Tag::Head, |out| self.serializer.head(out, &head));
        frame.body();
    }

    fn delimiter(&self) -> Rc<[u8]> {
        Rc::clone(&self.delimiter)
    }

    fn close_delimiter(&self) -> Rc<[u8]> {
        Rc::clone(&self.close_delimiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::picture::SMALLEST;

    #[test]
    fn the_head_of_the_stream_has_neither_length_nor_coding() {
        let fields = [("X-Extra".to_string(), "1".to_string())];
        let recipe = Standard::new(Boundary::new("b").unwrap(), &fields);
        let head = String::from_utf8(recipe.response_head().to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.ends_with("X-Extra: 1\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"));
        assert!(!head.contains("Content-Length") && !head.contains("Transfer-Encoding"), "{head}");
    }

    #[test]
    fn two_recipes_share_one_picture() {
        let picture = Picture::new(SMALLEST.to_vec()).unwrap();
        let [one, two] = ["one", "two"].map(|name| {
            Standard::new(Boundary::new(name).unwrap(), &[]).encode(picture.clone(), 1, Duration::ZERO)
        });
        assert_ne!(one.before_body(), two.before_body());
        assert_eq!(one.picture().jpeg().as_ptr(), two.picture().jpeg().as_ptr());
    }

    #[test]
    fn a_picture_that_contains_the_delimiter_cannot_be_sent() {
        let comment = b"\xff\xd8\xff\xfe\x00\x09--cut--";
        let picture = Picture::new([comment, &SMALLEST[2..]].concat()).unwrap();
        for (boundary, carried) in [("cut", false), ("cu", false), ("other", true), ("cut-", false)] {
            let recipe = Standard::new(Boundary::new(boundary).unwrap(), &[]);
            assert_eq!(recipe.can_carry(&picture), carried, "{boundary}");
            assert_eq!(recipe.can_carry(&picture), carried, "{boundary}, asked again");
        }
    }
}
