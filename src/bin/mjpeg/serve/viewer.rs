//! One viewer of the stream: what it was sent, what it is being sent, and which part was promised to it.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::part::{Layout, Part, SentUpTo};

/// The state of one viewer. It does no I/O: the caller passes a function that sends bytes.
#[derive(Debug)]
pub struct Viewer {
    layout: Layout,
    sent: SentUpTo,
    /// The head of the response and how many of its bytes were sent; `None` once all were.
    head: Option<(Rc<[u8]>, usize)>,
    sending: Option<Sending>,
    /// The part whose head was sent, completely or partly, behind the part in `sending`. It must come next.
    promised_part: Option<Rc<Part>>,
    /// The number of the newest part that this viewer has begun.
    newest_begun: u64,
    /// Since when the socket accepts no bytes; `None` while nothing waits to be sent.
    stuck: Option<Duration>,
    /// When bytes were last sent.
    last_sent: Duration,
    /// The counters.
    pub count: Count,
}

/// Counters of one viewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames sent completely.
    pub sent: u64,
    /// Frames skipped because a newer one was available.
    pub skipped: u64,
    /// Bytes sent.
    pub bytes: u64,
}

#[derive(Debug)]
struct Sending {
    part: Rc<Part>,
    at: usize,
    end: usize,
    /// Whether it includes a frame, not only the close-delimiter.
    has_frame: bool,
}

/// The result of [`Viewer::push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Everything available was sent.
    Idle,
    /// The socket's send buffer is full.
    Blocked,
    /// The close-delimiter was sent.
    Done,
}

impl Viewer {
    /// Creates a viewer that was sent nothing. `head` is the head of its response.
    pub fn new(layout: Layout, head: Rc<[u8]>) -> Self {
        Self {
            layout,
            sent: SentUpTo::Fresh,
            head: Some((head, 0)),
            sending: None,
            promised_part: None,
            newest_begun: 0,
            stuck: None,
            last_sent: Duration::ZERO,
            count: Count::default(),
        }
    }

    /// Announces the newest part. Call it once for each part, then call [`Viewer::push`].
    pub fn offer(&mut self, newest: &Rc<Part>) {
        let Some(sending) = &self.sending else { return };
        // As soon as one byte behind the body was sent, the next head must follow, and with it its part.
        let promised = sending.part.promised().filter(|_| sending.at > sending.part.body_end());
        if promised == Some(newest.number) && self.sent_after(sending) == SentUpTo::Head(newest.number) {
            self.promised_part = Some(Rc::clone(newest));
        }
    }

    /// Sends what is available. `send` returns how many bytes of the slice it accepted.
    ///
    /// # Errors
    ///
    /// The error of `send`, except `WouldBlock` and `Interrupted`.
    pub fn push(
        &mut self,
        newest: Option<&Rc<Part>>,
        now: Duration,
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Push> {
        loop {
            let (bytes, piece) = match (&self.head, &self.sending) {
                (Some((head, at)), _) => (&head[*at..], Piece::Head),
                (None, Some(sending)) => {
                    (&sending.part.bytes()[sending.at..self.end(sending, newest)], Piece::Part)
                }
                (None, None) => match newest.filter(|newest| self.wants(newest)) {
                    Some(newest) => {
                        self.begin(Rc::clone(newest));
                        continue;
                    }
                    None => {
                        self.stuck = None;
                        let done = self.sent == SentUpTo::Closed;
                        return Ok(if done { Push::Done } else { Push::Idle });
                    }
                },
            };
            let whole = bytes.len();
            let n = if whole == 0 {
                0
            } else {
                match send(bytes) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(n) => n,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.stuck.get_or_insert(now);
                        return Ok(Push::Blocked);
                    }
                    Err(error) => return Err(error),
                }
            };
            self.count.bytes += n as u64;
            self.last_sent = now;
            self.stuck = None;
            self.advance(piece, n, n == whole);
        }
    }

    /// Since when the socket accepts no bytes, if bytes wait to be sent.
    pub fn stuck_since(&self) -> Option<Duration> {
        self.stuck
    }

    /// When bytes were last sent.
    pub fn last_sent(&self) -> Duration {
        self.last_sent
    }

    /// Bytes of the current part that were not sent yet.
    pub fn backlog(&self) -> usize {
        self.sending.as_ref().map_or(0, |sending| sending.end - sending.at)
    }

    /// The parts that this viewer keeps in memory: the current one and the promised one.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.sending.iter().map(|sending| &sending.part).chain(&self.promised_part)
    }

    /// The layout of this viewer.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    fn wants(&self, newest: &Part) -> bool {
        newest.number > self.newest_begun && newest.start(self.sent).is_some()
    }

    fn begin(&mut self, part: Rc<Part>) {
        // Parts from before this viewer's first one do not count as skipped.
        if self.newest_begun > 0 {
            self.count.skipped += part.number - self.newest_begun - 1;
        }
        self.newest_begun = part.number;
        // The callers checked that the part can follow what was sent.
        let Some(at) = part.start(self.sent) else { return };
        let (end, has_frame) = (part.end(self.layout), at < part.body_end());
        self.sending = Some(Sending { part, at, end, has_frame });
    }

    /// Where to stop. If a newer part arrived before the body was sent, stop behind the body: the head that
    /// would follow belongs to a frame that this viewer will skip.
    fn end(&self, sending: &Sending, newest: Option<&Rc<Part>>) -> usize {
        let is_outdated = newest.is_some_and(|newest| newest.number > sending.part.number);
        let has_next_head = matches!(self.sent_after(sending), SentUpTo::Head(_));
        let body_end = sending.part.body_end();
        if is_outdated && has_next_head && sending.at <= body_end { body_end } else { sending.end }
    }

    fn sent_after(&self, sending: &Sending) -> SentUpTo {
        sending.part.sent_up_to(sending.end)
    }

    /// Records that `n` bytes were sent. `all` says that these were all bytes up to the end.
    fn advance(&mut self, piece: Piece, n: usize, all: bool) {
        match (piece, &mut self.head, &mut self.sending) {
            (Piece::Head, Some((_, at)), _) => {
                *at += n;
                if all {
                    self.head = None;
                }
            }
            (Piece::Part, _, Some(sending)) => {
                sending.at += n;
                if all {
                    self.sent = sending.part.sent_up_to(sending.at);
                    self.count.sent += u64::from(sending.has_frame);
                    self.sending = None;
                    if let Some(promised_part) = self.promised_part.take() {
                        self.begin(promised_part);
                    }
                }
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Head,
    Part,
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::part::{Recipe, Trailer};
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    /// Makes parts. Each picture contains its number and has its own length.
    struct Stream {
        recipe: Recipe,
    }

    impl Stream {
        fn new() -> Self {
            Self { recipe: Recipe::new(Boundary::new("b").unwrap()) }
        }

        fn picture(number: u64) -> Picture {
            let text = "x".repeat(100 + number as usize);
            let length = (text.len() + 10) as u16;
            let jpeg = [
                b"\xff\xd8\xff\xfe",
                &length.to_be_bytes()[..],
                &number.to_be_bytes(),
                text.as_bytes(),
                &SMALLEST[2..],
            ];
            Picture::copy(&jpeg.concat(), 0).unwrap()
        }

        fn part(&mut self, number: u64, trailer: Trailer) -> Rc<Part> {
            Rc::new(self.recipe.part(Self::picture(number), number, Duration::ZERO, trailer))
        }

        fn with_next_head(&mut self, number: u64) -> Rc<Part> {
            let head = Recipe::head(&Self::picture(number + 1), Duration::ZERO);
            self.part(number, Trailer::Promise(number + 1, head))
        }
    }

    /// Parses a stream strictly, by Content-Length, and returns the numbers of its pictures.
    fn numbers(stream: &[u8], closed: bool) -> Vec<u64> {
        let mut rest = stream.strip_prefix(b"HEAD--b\r\n").expect("the first delimiter");
        let mut numbers = Vec::new();
        while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = std::str::from_utf8(&rest[..end]).unwrap();
            let length: usize =
                head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
            let Some(body) = rest[end + 4..].get(..length) else { break };
            assert_eq!((&body[..2], &body[length - 2..]), (&b"\xff\xd8"[..], &b"\xff\xd9"[..]));
            numbers.push(u64::from_be_bytes(body[6..14].try_into().unwrap()));
            rest = &rest[end + 4 + length..];
            match rest.strip_prefix(b"\r\n--b\r\n") {
                Some(more) => rest = more,
                None => {
                    assert_eq!(rest, if closed { &b"\r\n--b--\r\n"[..] } else { b"" });
                    return numbers;
                }
            }
        }
        assert!(!closed, "no close-delimiter");
        numbers
    }

    fn head() -> Rc<[u8]> {
        Rc::from(&b"HEAD"[..])
    }

    #[test]
    fn a_fast_viewer_gets_every_part_with_one_send_each() {
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early, Layout::Auto] {
            let mut stream = Stream::new();
            let mut viewer = Viewer::new(layout, head());
            let (mut out, mut sends) = (Vec::new(), 0);
            for number in 1..=5 {
                let part = stream.with_next_head(number);
                viewer.offer(&part);
                let push = viewer.push(Some(&part), Duration::ZERO, |bytes| {
                    sends += 1;
                    out.extend_from_slice(bytes);
                    Ok(bytes.len())
                });
                assert_eq!(push.unwrap(), Push::Idle);
            }
            assert_eq!(numbers(&out, false), [1, 2, 3, 4, 5], "{layout:?}");
            assert_eq!(sends, 1 + 5, "{layout:?}");
            assert_eq!(viewer.count.sent, 5);
        }
    }

    /// At any speed of the peer and at any cut: the stream is valid, each promised frame is sent, and the last
    /// frame and the close-delimiter arrive.
    #[test]
    fn a_slow_viewer_skips_frames_and_never_breaks_a_promise() {
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
            for (window, natural) in (1..400).flat_map(|window| [(window, true), (window, false)]) {
                let mut stream = Stream::new();
                let mut viewer = Viewer::new(layout, head());
                let mut out = Vec::new();
                let mut parts: Vec<Rc<Part>> = (1..12).map(|number| stream.with_next_head(number)).collect();
                parts.push(stream.part(12, if natural { Trailer::Close } else { Trailer::CloseAtOnce }));
                for part in &parts {
                    viewer.offer(part);
                    let mut room = window;
                    let mut send = |bytes: &[u8]| {
                        let n = bytes.len().min(room);
                        room -= n;
                        out.extend_from_slice(&bytes[..n]);
                        if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
                    };
                    viewer.push(Some(part), Duration::from_secs(1), &mut send).unwrap();
                }
                let last = parts.last();
                for _ in 0..4 {
                    let all = |bytes: &[u8]| {
                        out.extend_from_slice(bytes);
                        Ok(bytes.len())
                    };
                    assert_eq!(viewer.push(last, Duration::ZERO, all).unwrap(), Push::Done);
                }
                let numbers = numbers(&out, true);
                assert!(numbers.is_sorted(), "{layout:?} {window}: {numbers:?}");
                assert!(!natural || numbers.last() == Some(&12), "{layout:?} {window}: {numbers:?}");
                assert_eq!(viewer.count.sent, numbers.len() as u64, "{layout:?} {window}");
                assert!(viewer.count.skipped + viewer.count.sent <= 13);
            }
        }
    }

    #[test]
    fn stuck_time_counts_from_the_first_blocked_send() {
        let mut stream = Stream::new();
        let part = stream.part(1, Trailer::Delimiter);
        let mut viewer = Viewer::new(Layout::Trailing, head());
        let block = |_: &[u8]| Err(io::ErrorKind::WouldBlock.into());
        for at in [3, 4, 5] {
            let push = viewer.push(Some(&part), Duration::from_secs(at), block);
            assert_eq!(push.unwrap(), Push::Blocked);
            assert_eq!(viewer.stuck_since(), Some(Duration::from_secs(3)));
        }
        let all = |bytes: &[u8]| Ok(bytes.len());
        assert_eq!(viewer.push(Some(&part), Duration::from_secs(6), all).unwrap(), Push::Idle);
        assert_eq!(viewer.stuck_since(), None);
        let gone = |_: &[u8]| Err(io::ErrorKind::ConnectionReset.into());
        let part = stream.part(2, Trailer::Delimiter);
        assert!(viewer.push(Some(&part), Duration::from_secs(7), gone).is_err());
    }
}
