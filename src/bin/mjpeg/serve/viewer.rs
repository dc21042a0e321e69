//! One viewer of the stream: what it has got, what it is getting, what it is owed.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::part::{Layout, Part, SentUpTo};

/// The state of one viewer. It knows no socket: bytes leave through a function it is given.
#[derive(Debug)]
pub struct Viewer {
    layout: Layout,
    sent: SentUpTo,
    /// The head of the response, until it has left, and how much of it has.
    head: Option<(Rc<[u8]>, usize)>,
    sending: Option<Sending>,
    /// The part whose head has been sent, in part or whole, while the body before is still leaving.
    owed: Option<Rc<Part>>,
    /// The number of the newest part that was begun.
    begun: u64,
    /// Since when bytes are waiting and none has left; `None` while nothing waits.
    stuck: Option<Duration>,
    /// When the last byte left.
    moved: Duration,
    /// What has been counted.
    pub count: Count,
}

/// What a viewer got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Frames that left whole.
    pub sent: u64,
    /// Frames that were passed over for a newer one.
    pub skipped: u64,
    /// Bytes that left.
    pub bytes: u64,
}

#[derive(Debug)]
struct Sending {
    part: Rc<Part>,
    at: usize,
    end: usize,
    /// Whether it brings a frame, not the close-delimiter alone.
    frame: bool,
}

/// How far [`Viewer::push`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Everything there is has left.
    Idle,
    /// The socket takes no more for now.
    Blocked,
    /// The close-delimiter has left.
    Done,
}

impl Viewer {
    /// A viewer that has been sent nothing. `head` is the head of its response.
    pub fn new(layout: Layout, head: Rc<[u8]>) -> Self {
        Self {
            layout,
            sent: SentUpTo::Fresh,
            head: Some((head, 0)),
            sending: None,
            owed: None,
            begun: 0,
            stuck: None,
            moved: Duration::ZERO,
            count: Count::default(),
        }
    }

    /// Tells that `newest` is the newest part now. Call it once for each part, then [`Viewer::push`].
    pub fn offer(&mut self, newest: &Rc<Part>) {
        let Some(sending) = &self.sending else { return };
        // With a single byte of the head out, the part it belongs to is owed.
        let promised = sending.part.promised().filter(|_| sending.at > sending.part.body_end());
        if promised == Some(newest.number) && self.sent_after(sending) == SentUpTo::Head(newest.number) {
            self.owed = Some(Rc::clone(newest));
        }
    }

    /// Sends what there is through `send`, which takes a number of bytes off the front of a slice.
    ///
    /// # Errors
    ///
    /// What `send` says, except that it would block or was interrupted.
    pub fn push(
        &mut self,
        newest: Option<&Rc<Part>>,
        now: Duration,
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Push> {
        loop {
            let (bytes, what) = match (&self.head, &self.sending) {
                (Some((head, at)), _) => (&head[*at..], What::Head),
                (None, Some(sending)) => {
                    (&sending.part.bytes()[sending.at..self.end(sending, newest)], What::Part)
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
            self.moved = now;
            self.stuck = None;
            self.advance(what, n, n == whole);
        }
    }

    /// Since when bytes are waiting for the peer, if they are.
    pub fn stuck_since(&self) -> Option<Duration> {
        self.stuck
    }

    /// When the last byte left.
    pub fn moved(&self) -> Duration {
        self.moved
    }

    /// Bytes of the part at hand that have not left yet.
    pub fn backlog(&self) -> usize {
        self.sending.as_ref().map_or(0, |sending| sending.end - sending.at)
    }

    /// The parts that this viewer is getting or is owed.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.sending.iter().map(|sending| &sending.part).chain(&self.owed)
    }

    /// The layout this viewer asked for.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    fn wants(&self, newest: &Part) -> bool {
        newest.number > self.begun && newest.start(self.sent).is_some()
    }

    fn begin(&mut self, part: Rc<Part>) {
        // A viewer that has begun nothing was not there for what came before.
        if self.begun > 0 {
            self.count.skipped += part.number - self.begun - 1;
        }
        self.begun = part.number;
        // Callers have made sure that the part is for this standing.
        let Some(at) = part.start(self.sent) else { return };
        let (end, frame) = (part.end(self.layout), at < part.body_end());
        self.sending = Some(Sending { part, at, end, frame });
    }

    /// Where to stop for now. The promise is made when the body is out, for the newest part then known:
    /// if the part has been overtaken meanwhile, what it promises is not sent any more.
    fn end(&self, sending: &Sending, newest: Option<&Rc<Part>>) -> usize {
        let overtaken = newest.is_some_and(|newest| newest.number > sending.part.number);
        let promises = matches!(self.sent_after(sending), SentUpTo::Head(_));
        let body_end = sending.part.body_end();
        if overtaken && promises && sending.at <= body_end { body_end } else { sending.end }
    }

    fn sent_after(&self, sending: &Sending) -> SentUpTo {
        sending.part.sent_up_to(sending.end)
    }

    /// Notes that `n` bytes have left, and with them, if `all`, everything up to where we wanted to stop.
    fn advance(&mut self, what: What, n: usize, all: bool) {
        match (what, &mut self.head, &mut self.sending) {
            (What::Head, Some((_, at)), _) => {
                *at += n;
                if all {
                    self.head = None;
                }
            }
            (What::Part, _, Some(sending)) => {
                sending.at += n;
                if all {
                    self.sent = sending.part.sent_up_to(sending.at);
                    self.count.sent += u64::from(sending.frame);
                    self.sending = None;
                    if let Some(owed) = self.owed.take() {
                        self.begin(owed);
                    }
                }
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Head,
    Part,
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::part::{Recipe, Trailer};
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    /// A stream of parts whose pictures carry their number, each of another length.
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

        fn promising(&mut self, number: u64) -> Rc<Part> {
            let head = Recipe::head(&Self::picture(number + 1), Duration::ZERO);
            self.part(number, Trailer::Promise(number + 1, head))
        }
    }

    /// Reads a stream strictly, by Content-Length, and says the numbers of its pictures.
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
                let part = stream.promising(number);
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

    /// However slow the peer is and wherever its buffer fills, the stream stays whole, promises are kept,
    /// and the last frame and the close-delimiter come.
    #[test]
    fn a_slow_viewer_skips_frames_and_never_breaks_a_promise() {
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early] {
            for (window, natural) in (1..400).flat_map(|window| [(window, true), (window, false)]) {
                let mut stream = Stream::new();
                let mut viewer = Viewer::new(layout, head());
                let mut out = Vec::new();
                let mut parts: Vec<Rc<Part>> = (1..12).map(|number| stream.promising(number)).collect();
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
    fn a_viewer_that_takes_nothing_is_stuck_since_then() {
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
