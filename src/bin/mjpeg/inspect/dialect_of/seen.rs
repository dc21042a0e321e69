//! The bytes of a stream, and where its pictures are in them.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use mjpeg::http::hexadecimal;
use mjpeg::jpeg::MarkerJudge;
use mjpeg::multipart::{Event, Part};

use super::private;
use crate::problem::Problem;
use crate::transport::{Flow, Observer, Secrets, Session, Tap};

/// Most bytes of a response that are kept.
const MOST_BYTES: usize = 32 << 20;
/// Most reads whose times are kept.
const MOST_READS: usize = 1 << 16;
/// Most bytes of the line with the size of a chunk.
const MOST_SIZE_LINE: usize = 256;

/// What was seen of a stream.
#[derive(Debug, Default)]
pub struct Seen {
    /// The head of the response, with its empty line.
    pub head: Vec<u8>,
    /// The body, without the chunked coding.
    pub body: Vec<u8>,
    /// The whole chunks of the body, if it came in chunks.
    pub chunks: Option<Vec<Chunk>>,
    /// The whole pictures.
    pub pictures: Vec<Seat>,
    /// How far the body had come at which time.
    pub reads: Vec<(usize, Duration)>,
    /// Whether the stream came to its end, behind its last picture.
    pub is_complete: bool,
    /// What was replaced between the pictures, because it may be secret: the names of fields.
    pub replaced: Vec<String>,
}

/// One chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its size as written.
    pub size: String,
    /// Its bytes of the body.
    pub bytes: Range<usize>,
}

/// Where a picture is in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// From SOI to behind EOI.
    pub picture: Range<usize>,
    /// Where its delimiter line starts, if it has one.
    pub delimiter: Option<usize>,
    /// Where the head of its part starts, if that is known.
    pub head: Option<usize>,
    /// What is between the picture before it and its own part.
    pub before: Before,
    /// Width and height.
    pub size: (u16, u16),
}

/// What is before a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it is the first part.
    Start,
    /// The part of the picture before it.
    Picture,
    /// A part without a picture.
    OtherPart,
    /// Something damaged.
    Damage,
}

impl Seen {
    /// Replaces what the server repeats of the request's secrets by as many `x`; not in pictures.
    pub fn hide(&mut self, secrets: &Secrets) {
        secrets.mask(&mut self.head);
        self.between_pictures(|text| secrets.mask(text));
    }

    /// Replaces what may be secret, or identify the camera, in the heads of parts and in other parts.
    pub fn mask(&mut self) {
        let mut replaced = Vec::new();
        self.between_pictures(|text| replaced.extend(private::mask(text)));
        replaced.sort_unstable();
        replaced.dedup();
        self.replaced = replaced;
    }

    fn between_pictures(&mut self, mut change: impl FnMut(&mut [u8])) {
        let mut start = 0;
        for Seat { picture, .. } in &self.pictures {
            if let Some(between) = self.body.get_mut(start..picture.start) {
                change(between);
            }
            start = picture.end;
        }
        if let Some(rest) = self.body.get_mut(start..) {
            change(rest);
        }
    }
}

/// Keeps the bytes of a response.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Rc<RefCell<Vec<u8>>>);

impl Recorder {
    /// Keeps the bytes of this session, of which nothing has been read.
    ///
    /// # Errors
    ///
    /// Those of the tap.
    pub fn over(session: &mut Session) -> Result<Self, Problem> {
        let recorder = Self::default();
        session.set_tap(Box::new(recorder.clone()))?;
        Ok(recorder)
    }

    fn is_full(&self) -> bool {
        self.0.borrow().len() >= MOST_BYTES
    }
}

impl Tap for Recorder {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        let mut kept = self.0.borrow_mut();
        let room = MOST_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }
}

/// Notes where the pictures are.
#[derive(Debug)]
pub struct Watcher {
    recorder: Recorder,
    judge: MarkerJudge,
    seen: Seen,
    before: Before,
    left: u64,
    /// What came behind the last picture is complete.
    is_sound: bool,
}

impl Watcher {
    /// A watcher of so many parts.
    pub fn new(recorder: Recorder, frames: u64) -> Self {
        Self {
            recorder,
            judge: MarkerJudge::new(),
            seen: Seen::default(),
            before: Before::Start,
            left: frames,
            is_sound: true,
        }
    }

    /// What was seen. The head of the response has `head_bytes`; `is_over`: the stream came to its end.
    pub fn finish(self, head_bytes: usize, is_in_chunks: bool, is_over: bool) -> Seen {
        let mut bytes = self.recorder.0.take();
        let mut seen = self.seen;
        let is_whole = bytes.len() < MOST_BYTES;
        seen.body = bytes.split_off(head_bytes.min(bytes.len()));
        seen.head = bytes;
        if is_in_chunks {
            let (body, chunks) = dechunk(&seen.body);
            (seen.body, seen.chunks) = (body, Some(chunks));
        }
        let end = seen.body.len();
        seen.pictures.retain(|seat| seat.picture.end <= end && seat.head.unwrap_or(0) <= seat.picture.start);
        seen.is_complete = is_over && is_whole && self.is_sound;
        seen
    }

    fn part(&mut self, part: &Part<'_>) -> Flow {
        let judgement = self.judge.judge(part);
        let end = judgement.end().filter(|_| judgement.refusal().is_none());
        let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        match end {
            Some(end) if !part.is_not_a_picture() => {
                let body = position(part.spans.body.start);
                let spans = part.spans;
                let has_head = spans.delimiter.len > 0 || spans.head.len > 0;
                let summary = mjpeg::jpeg::Summary::of(judgement.picture(part.body));
                let size = summary.frame.as_ref().map(|frame| frame.width).zip(summary.height());
                self.seen.pictures.push(Seat {
                    picture: body + judgement.start()..body + end,
                    delimiter: (spans.delimiter.len > 0).then(|| position(spans.delimiter.start)),
                    head: has_head.then(|| position(spans.head.start)),
                    before: self.before,
                    size: size.unwrap_or_default(),
                });
                (self.before, self.is_sound) = (Before::Picture, true);
                self.left = self.left.saturating_sub(1);
            }
            // An end of the stream in the middle of a picture says nothing about what follows pictures.
            _ => {
                let is_other = part.is_not_a_picture();
                self.before = if is_other { Before::OtherPart } else { Before::Damage };
                self.is_sound = is_other;
            }
        }
        if self.left == 0 || self.recorder.is_full() { Flow::Enough } else { Flow::More }
    }
}

impl Observer for Watcher {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        Ok(match event {
            Event::Part(part) => self.part(part),
            _ => Flow::More,
        })
    }

    fn received(&mut self, reached: u64, at: Duration) {
        if self.seen.reads.len() < MOST_READS
            && let Ok(reached) = usize::try_from(reached)
        {
            self.seen.reads.push((reached, at));
        }
    }
}

/// Takes a body out of its chunks, up to the first error.
fn dechunk(coded: &[u8]) -> (Vec<u8>, Vec<Chunk>) {
    let (mut body, mut chunks) = (Vec::new(), Vec::new());
    let mut rest = coded;
    while let Some(line_end) = memchr::memchr(b'\n', &rest[..rest.len().min(MOST_SIZE_LINE)]) {
        let line = String::from_utf8_lossy(&rest[..line_end]).trim_end_matches('\r').to_string();
        let digits = line.split(';').next().unwrap_or_default().trim();
        let Some(size) = hexadecimal(digits).and_then(|size| usize::try_from(size).ok()) else { break };
        rest = &rest[line_end + 1..];
        let start = body.len();
        body.extend_from_slice(&rest[..rest.len().min(size)]);
        if size == 0 || rest.len() < size {
            break;
        }
        chunks.push(Chunk { size: line, bytes: start..body.len() });
        rest = &rest[size..];
        rest = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
    (body, chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_taken_apart_up_to_the_first_error() {
        let (body, chunks) = dechunk(b"3\r\nabc\r\n0A;x=1\r\n0123456789\r\nzz\r\n");
        assert_eq!(body, b"abc0123456789");
        let sizes: Vec<_> = chunks.iter().map(|chunk| (&*chunk.size, chunk.bytes.clone())).collect();
        assert_eq!(sizes, [("3", 0..3), ("0A;x=1", 3..13)]);
        for broken in [&b""[..], b"5", b"+3\r\nabc\r\n", b"ffffffffffffffffff\r\n", b"0\r\n\r\n"] {
            assert_eq!(dechunk(broken), (Vec::new(), Vec::new()));
        }
        assert_eq!(dechunk(b"5\r\nab").0, b"ab");
    }
}
