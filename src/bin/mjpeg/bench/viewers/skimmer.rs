//! Counts the frames of a multipart body by their lengths. Bodies are skipped: no byte of them is copied or searched.
//!
//! It reads plain streams only. At the first byte that it does not expect it gives up, and the library's reader
//! continues there.

use memchr::memmem;

use super::frame::{Frame, START_BYTES, Stamp};
use super::part_head::PartHead;

/// The longest delimiter line with the head of its part.
const HEAD_BYTES: usize = 16 << 10;
/// The longest body. A longer one is left to the library's reader.
const BODY_BYTES: u64 = 64 << 20;

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A frame is complete.
    Frame(Frame),
    /// All bytes were taken.
    More,
    /// A close-delimiter.
    End,
    /// The stream is not plain. What has to be read again is in [`Skimmer::unread`].
    Odd,
}

/// Reads one multipart body.
#[derive(Debug)]
pub struct Skimmer {
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    /// The start of a delimiter line and its head, if a read has cut it.
    head: Vec<u8>,
    body: Option<Body>,
    /// A frame that does not end like a picture: it counts if a delimiter follows.
    unconfirmed: Option<Frame>,
    is_over: bool,
}

/// A body that is being skipped.
#[derive(Debug)]
struct Body {
    left: u64,
    bytes: u64,
    timestamp: Option<Stamp>,
    start: [u8; START_BYTES],
    started: usize,
    last: [u8; 2],
}

/// Where a delimiter line and the head behind it end.
enum HeadEnd {
    At { fields: usize, body: usize },
    Later,
    Close,
    Odd,
}

impl Skimmer {
    /// A reader for a body with this boundary parameter, before its first byte.
    pub fn new(boundary: &[u8]) -> Self {
        let delimiter = [b"--", boundary].concat();
        Self { delimiter, head: Vec::new(), body: None, unconfirmed: None, is_over: false }
    }

    /// Bytes that were taken and that the library's reader needs after [`Step::Odd`].
    pub fn unread(&self) -> &[u8] {
        &self.head
    }

    /// Whether a close-delimiter came.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reads up to the end of a frame. Returns how many of `bytes` it took.
    pub fn step(&mut self, bytes: &[u8]) -> (usize, Step) {
        if self.is_over {
            return (bytes.len(), Step::End);
        }
        if self.body.is_some() {
            return self.skip(bytes);
        }
        let (taken, step) =
            if self.head.is_empty() { self.open(bytes, 0) } else { self.open_from_pieces(bytes) };
        self.is_over = step == Step::End;
        match self.unconfirmed.take_if(|_| self.body.is_some() || self.is_over) {
            Some(frame) => (taken, Step::Frame(frame)),
            None => (taken, step),
        }
    }

    /// Reads a head of which a part came earlier.
    fn open_from_pieces(&mut self, bytes: &[u8]) -> (usize, Step) {
        let before = self.head.len();
        let room = (HEAD_BYTES + 4).saturating_sub(before).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        let head = std::mem::take(&mut self.head);
        // The end may be up to three bytes before the new ones.
        let (taken, step) = self.open(&head, before.saturating_sub(3));
        match step {
            Step::Odd => self.head = head[..before].to_vec(),
            // `open` keeps what it did not finish.
            _ if self.body.is_none() => return (room, step),
            _ => {}
        }
        (taken.saturating_sub(before), step)
    }

    /// Reads a head from its first byte; `searched` bytes have no empty line.
    fn open(&mut self, bytes: &[u8], searched: usize) -> (usize, Step) {
        match self.find_head(bytes, searched) {
            HeadEnd::At { fields, body } => {
                let head = PartHead::parse(&bytes[fields..body]);
                let Some(length) = head.length.filter(|length| (4..=BODY_BYTES).contains(length)) else {
                    return (0, Step::Odd);
                };
                self.body = Some(Body {
                    left: length,
                    bytes: length,
                    timestamp: Stamp::find(head.timestamp, &[]),
                    start: [0; START_BYTES],
                    started: 0,
                    last: [0; 2],
                });
                (body, Step::More)
            }
            HeadEnd::Later if bytes.len() > HEAD_BYTES => (0, Step::Odd),
            HeadEnd::Later => {
                self.head.extend_from_slice(bytes);
                (bytes.len(), Step::More)
            }
            HeadEnd::Close => (bytes.len(), Step::End),
            HeadEnd::Odd => (0, Step::Odd),
        }
    }

    /// `[ CRLF ] "--" boundary CRLF *( field-line CRLF ) CRLF`, with LF for CRLF too.
    fn find_head(&self, bytes: &[u8], searched: usize) -> HeadEnd {
        let start = match bytes {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'\r'] => return HeadEnd::Later,
            _ => 0,
        };
        let line = &bytes[start..];
        let known = line.len().min(self.delimiter.len());
        if line[..known] != self.delimiter[..known] {
            return HeadEnd::Odd;
        }
        let fields = match &line[known..] {
            _ if known < self.delimiter.len() => return HeadEnd::Later,
            [] | [b'\r' | b'-'] => return HeadEnd::Later,
            [b'\r', b'\n', ..] => start + known + 2,
            [b'\n', ..] => start + known + 1,
            [b'-', b'-', ..] => return HeadEnd::Close,
            _ => return HeadEnd::Odd,
        };
        // The line end of the delimiter line may be the first half of the empty line: then there are no fields.
        let from = searched.max(fields.saturating_sub(2));
        let window = &bytes[from..bytes.len().min(HEAD_BYTES)];
        let crlf = memmem::find(window, b"\r\n\r\n").map(|at| from + at + 4);
        let limit = crlf.map_or(window.len(), |end| end - from);
        let lf = memmem::find(&window[..limit], b"\n\n").map(|at| from + at + 2);
        match lf.or(crlf) {
            Some(body) => HeadEnd::At { fields, body: body.max(fields) },
            None => HeadEnd::Later,
        }
    }

    /// Skips bytes of a body.
    fn skip(&mut self, bytes: &[u8]) -> (usize, Step) {
        let Some(body) = &mut self.body else { return (0, Step::Odd) };
        let len = usize::try_from(body.left).unwrap_or(usize::MAX).min(bytes.len());
        let piece = &bytes[..len];
        if body.started < START_BYTES {
            let more = len.min(START_BYTES - body.started);
            body.start[body.started..body.started + more].copy_from_slice(&piece[..more]);
            body.started += more;
        }
        match piece {
            [.., a, b] => body.last = [*a, *b],
            [b] => body.last = [body.last[1], *b],
            [] => {}
        }
        body.left -= len as u64;
        if body.left > 0 {
            return (len, Step::More);
        }
        let start = &body.start[..body.started];
        let stamp = body.timestamp.or_else(|| Stamp::find(None, start));
        let frame = Frame { bytes: body.bytes, stamp };
        let (is_picture, is_complete) = (start.starts_with(&[0xff, 0xd8]), body.last == [0xff, 0xd9]);
        self.body = None;
        match (is_picture, is_complete) {
            (true, true) => (len, Step::Frame(frame)),
            // Bytes behind EOI, or a wrong length.
            (true, false) => {
                self.unconfirmed = Some(frame);
                (len, Step::More)
            }
            // Status text or XML between the pictures.
            (false, _) => (len, Step::More),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8--b\r\n\r\n\xff\xd9";

    fn part(delimiter: &str, jpeg: &[u8], end: &str) -> Vec<u8> {
        let head = format!("{delimiter}Content-Length: {}{end}{end}", jpeg.len());
        [head.as_bytes(), jpeg].concat()
    }

    /// The sizes of the frames, and how it ended, with reads of `step` bytes.
    fn skim(input: &[u8], step: usize) -> (Vec<u64>, Step) {
        let mut skimmer = Skimmer::new(b"b");
        let mut frames = Vec::new();
        let mut at = 0;
        while at < input.len() {
            let read = &input[at..input.len().min(at + step)];
            let mut rest = read;
            while !rest.is_empty() {
                let (taken, found) = skimmer.step(rest);
                match found {
                    Step::Frame(frame) => frames.push(frame.bytes),
                    Step::More => {}
                    end => return (frames, end),
                }
                rest = &rest[taken..];
            }
            at += read.len();
        }
        (frames, Step::More)
    }

    #[test]
    fn plain_streams_are_counted_at_every_split() {
        let padded = [JPEG, &[0; 7]].concat();
        for (input, expected) in [
            ([part("--b\r\n", JPEG, "\r\n"), part("\r\n--b\r\n", JPEG, "\r\n")].concat(), vec![11, 11]),
            ([part("--b\n", JPEG, "\n"), part("\n--b\n", JPEG, "\n")].concat(), vec![11, 11]),
            ([part("\r\n--b\r\n", JPEG, "\r\n"), part("--b\r\n", JPEG, "\r\n")].concat(), vec![11, 11]),
            // Bytes behind EOI: confirmed by the delimiter. Text is no frame.
            ([part("--b\r\n", &padded, "\r\n"), part("\r\n--b\r\n", b"text", "\r\n")].concat(), vec![18]),
        ] {
            for step in 1..=input.len() {
                let (frames, end) = skim(&input, step);
                assert_eq!((&frames, end), (&expected, Step::More), "{step} bytes at a time");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_odd_at_every_split() {
        let short = [b"--b\r\nContent-Length: 8\r\n\r\n", JPEG, b"\r\n--b\r\n"].concat();
        for (input, frames) in [
            (b"--c\r\nContent-Length: 12\r\n\r\n".to_vec(), 0),
            (b"HTTP/1.0 200 OK\r\n".to_vec(), 0),
            (b"--b\r\nContent-Type: image/jpeg\r\n\r\n".to_vec(), 0),
            (b"--b\r\n\r\n\xff\xd8".to_vec(), 0),
            (b"--b \r\nContent-Length: 12\r\n\r\n".to_vec(), 0),
            (b"--b\r\nContent-Length: 9223372036854775807\r\n\r\n".to_vec(), 0),
            (short, 0),
            ([part("--b\r\n", JPEG, "\r\n"), b"\r\n\r\n--b\r\n".to_vec()].concat(), 1),
            (format!("--b\r\n{}", "X: y\r\n".repeat(4000)).into_bytes(), 0),
        ] {
            for step in 1..=input.len().min(100) {
                let (found, end) = skim(&input, step);
                assert_eq!(
                    (found.len(), end),
                    (frames, Step::Odd),
                    "{:?}, {step} at a time",
                    &input[..30.min(input.len())]
                );
            }
        }
    }

    #[test]
    fn the_close_delimiter_ends_the_stream_and_times_are_read() {
        let input = [&part("--b\r\nX-Timestamp: 5.5\r\n", JPEG, "\r\n")[..], b"\r\n--b--\r\n"].concat();
        for step in 1..=input.len() {
            assert_eq!(skim(&input, step), (vec![11], Step::End), "{step}");
        }
        let mut skimmer = Skimmer::new(b"b");
        let (taken, _) = skimmer.step(&input);
        let (_, step) = skimmer.step(&input[taken..]);
        let stamp = Some(Stamp::Field(std::time::Duration::from_millis(5500)));
        assert_eq!(step, Step::Frame(Frame { bytes: 11, stamp }));
    }
}
