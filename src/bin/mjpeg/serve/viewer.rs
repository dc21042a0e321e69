//! One viewer of the stream: what it was sent, what it is being sent, and which part was promised to it.

use std::io::{self, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use super::layout::Layout;
use super::part::{Part, SentUpTo};
use super::plan::{Next, Plan};
use super::script::Script;

/// The state of one viewer. It does no I/O: the caller passes a function that sends bytes.
#[derive(Debug)]
pub struct Viewer {
    recipe: usize,
    layout: Layout,
    sent: SentUpTo,
    /// The head of the response and how many of its bytes were sent; `None` once all were.
    head: Option<(Rc<[u8]>, usize)>,
    sending: Option<Sending>,
    plan: Plan,
    /// The part whose head was sent, completely or partly, behind the part in `sending`. It must come next.
    promised_part: Option<Rc<Part>>,
    /// The number of the newest part that this viewer has begun.
    newest_begun: u64,
    /// Since when the socket accepts no bytes; `None` while nothing waits to be sent.
    stuck: Option<Duration>,
    /// When bytes were last sent.
    last_sent: Duration,
    /// When the plan continues, if it waits.
    wakes_at: Option<Duration>,
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

/// The part that a viewer is being sent.
#[derive(Debug)]
struct Sending {
    part: Rc<Part>,
    /// Offset behind the last byte that was sent.
    at: usize,
    end: usize,
}

/// The result of [`Viewer::push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Everything available was sent.
    Idle,
    /// The socket's send buffer is full.
    Blocked,
    /// The plan continues at [`Viewer::wakes_at`].
    Waits,
    /// Everything was sent; nothing may follow.
    Done,
    /// The connection is to be reset.
    Reset,
}

impl Viewer {
    /// Creates a viewer of the recipe with this index, that was sent nothing. `head` is the head of its response.
    pub fn new(recipe: usize, layout: Layout, head: Rc<[u8]>, script: Option<Box<dyn Script>>) -> Self {
        Self {
            recipe,
            layout,
            sent: SentUpTo::Fresh,
            head: Some((head, 0)),
            sending: None,
            plan: Plan::new(script),
            promised_part: None,
            newest_begun: 0,
            stuck: None,
            last_sent: Duration::ZERO,
            wakes_at: None,
            count: Count::default(),
        }
    }

    /// Announces the newest part. Call it once for each part, then call [`Viewer::push`].
    pub fn offer(&mut self, newest: &Rc<Part>) {
        let Some(sending) = &self.sending else { return };
        // As soon as one byte behind the frame was sent, the next head must follow, and with it its part.
        let promised = sending.part.promised().filter(|_| sending.at > sending.part.frame_end());
        if promised.is_some_and(|promised| promised.number == newest.number())
            && self.sent_after(sending) == SentUpTo::Head(newest.number())
        {
            self.promised_part = Some(Rc::clone(newest));
        }
    }

    /// Sends what is available. `send` returns how many bytes of the slices it accepted.
    ///
    /// # Errors
    ///
    /// The error of `send`, except `WouldBlock` and `Interrupted`.
    pub fn push(
        &mut self,
        newest: Option<&Rc<Part>>,
        now: Duration,
        mut send: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Push> {
        self.wakes_at = None;
        loop {
            let n = if let Some((head, at)) = &self.head {
                send(&[IoSlice::new(&head[*at..])])
            } else {
                let limit = self.sending.as_ref().map(|sending| (&sending.part, self.end(sending, newest)));
                match self.plan.next(limit, now) {
                    Next::Send(part, range) => send(&part.slices(range)),
                    Next::Wait(until) => {
                        self.wakes_at = Some(until);
                        return Ok(Push::Waits);
                    }
                    Next::Reset => return Ok(Push::Reset),
                    Next::Close => return Ok(Push::Done),
                    Next::Done => match self.next_part(newest) {
                        Some(part) => {
                            self.begin(part, now);
                            continue;
                        }
                        None => {
                            self.stuck = None;
                            let done = self.sent == SentUpTo::Closed;
                            return Ok(if done { Push::Done } else { Push::Idle });
                        }
                    },
                }
            };
            match n {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => self.advance(n, now),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stuck.get_or_insert(now);
                    return Ok(Push::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// When to continue with its plan, if it waits.
    pub fn wakes_at(&self) -> Option<Duration> {
        self.wakes_at
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
        self.sending.as_ref().map_or(0, |sending| sending.end.saturating_sub(sending.at))
    }

    /// The parts that this viewer keeps in memory: the current one, the promised one, and those of its plan.
    pub fn parts(&self) -> impl Iterator<Item = &Rc<Part>> {
        self.sending.iter().map(|sending| &sending.part).chain(&self.promised_part).chain(self.plan.parts())
    }

    /// The index of its recipe.
    pub fn recipe(&self) -> usize {
        self.recipe
    }

    /// The layout of this viewer.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Ends the part that was sent, and returns the next one to begin.
    fn next_part(&mut self, newest: Option<&Rc<Part>>) -> Option<Rc<Part>> {
        if let Some(sending) = self.sending.take() {
            // A script may end before the end of the part; a viewer that skips ends behind the frame.
            let end = self.end(&sending, newest);
            self.sent = sending.part.sent_up_to(end);
            if let Some(promised_part) = self.promised_part.take() {
                return Some(promised_part);
            }
        }
        newest
            .filter(|newest| newest.number() > self.newest_begun && newest.start(self.sent).is_some())
            .cloned()
    }

    fn begin(&mut self, part: Rc<Part>, now: Duration) {
        // Parts from before this viewer's first one do not count as skipped.
        if self.newest_begun > 0 {
            self.count.skipped += part.number() - self.newest_begun - 1;
        }
        self.newest_begun = part.number();
        // The caller checked that the part can follow what was sent.
        let Some(at) = part.start(self.sent) else { return };
        let end = part.end(self.layout);
        self.plan.begin(&part, at..end, now);
        self.sending = Some(Sending { part, at, end });
    }

    /// Where to stop. If a newer part arrived before the frame was sent, stop behind the frame: the head that
    /// would follow belongs to a frame that this viewer will skip.
    fn end(&self, sending: &Sending, newest: Option<&Rc<Part>>) -> usize {
        let is_outdated = newest.is_some_and(|newest| newest.number() > sending.part.number());
        let has_next_head = matches!(self.sent_after(sending), SentUpTo::Head(_));
        let frame_end = sending.part.frame_end();
        if is_outdated && has_next_head && sending.at <= frame_end { frame_end } else { sending.end }
    }

    fn sent_after(&self, sending: &Sending) -> SentUpTo {
        sending.part.sent_up_to(sending.end)
    }

    /// Records that `n` bytes were sent.
    fn advance(&mut self, n: usize, now: Duration) {
        self.count.bytes += n as u64;
        self.last_sent = now;
        let was_stuck = self.stuck.take().is_some();
        if let Some((head, at)) = &mut self.head {
            *at += n;
            if *at == head.len() {
                self.head = None;
            }
            return;
        }
        let Some((part, end)) = self.plan.advance(n, was_stuck.then_some(now)) else { return };
        // The bytes of a frame may come late, or never, by a script.
        let body_end = part.body().end;
        self.count.sent += u64::from(end - n < body_end && body_end <= end);
        if let Some(sending) = &mut self.sending
            && Rc::ptr_eq(&sending.part, part)
        {
            sending.at = sending.at.max(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use mjpeg::multipart::Boundary;

    use super::super::part::Trailer;
    use super::super::recipe::{Recipe, Standard};
    use super::*;
    use crate::source::picture::{Picture, SMALLEST};

    /// Makes parts. Each picture contains its number and has its own length.
    struct Stream {
        recipe: Standard,
    }

    impl Stream {
        fn new() -> Self {
            Self { recipe: Standard::new(Boundary::new("b").unwrap(), &[]) }
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
            Picture::new(jpeg.concat()).unwrap()
        }

        fn part(&self, number: u64, trailer: Trailer) -> Rc<Part> {
            let frame = self.recipe.encode(Self::picture(number), number, Duration::ZERO);
            Rc::new(Part::new(Rc::new(frame), trailer, &self.recipe))
        }

        fn with_next_head(&self, number: u64) -> Rc<Part> {
            let next = self.recipe.encode(Self::picture(number + 1), number + 1, Duration::ZERO);
            self.part(number, Trailer::Promise(Rc::new(next)))
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

    fn length(slices: &[IoSlice<'_>]) -> usize {
        slices.iter().map(|slice| slice.len()).sum()
    }

    fn joined(slices: &[IoSlice<'_>]) -> Vec<u8> {
        slices.iter().flat_map(|slice| slice.to_vec()).collect()
    }

    fn head() -> Rc<[u8]> {
        Rc::from(&b"HEAD"[..])
    }

    #[test]
    fn a_fast_viewer_gets_every_part_with_one_send_each() {
        for layout in [Layout::Leading, Layout::Trailing, Layout::Early, Layout::Auto] {
            let stream = Stream::new();
            let mut viewer = Viewer::new(0, layout, head(), None);
            let (mut out, mut sends) = (Vec::new(), 0);
            for number in 1..=5 {
                let part = stream.with_next_head(number);
                viewer.offer(&part);
                let push = viewer.push(Some(&part), Duration::ZERO, |slices| {
                    sends += 1;
                    out.extend(joined(slices));
                    Ok(length(slices))
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
                let stream = Stream::new();
                let mut viewer = Viewer::new(0, layout, head(), None);
                let mut out = Vec::new();
                let mut parts: Vec<Rc<Part>> = (1..12).map(|number| stream.with_next_head(number)).collect();
                parts.push(stream.part(12, if natural { Trailer::Close } else { Trailer::CloseAtOnce }));
                for part in &parts {
                    viewer.offer(part);
                    let mut room = window;
                    let mut send = |slices: &[IoSlice<'_>]| {
                        let n = length(slices).min(room);
                        room -= n;
                        out.extend_from_slice(&joined(slices)[..n]);
                        if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
                    };
                    viewer.push(Some(part), Duration::from_secs(1), &mut send).unwrap();
                }
                let last = parts.last();
                for _ in 0..4 {
                    let all = |slices: &[IoSlice<'_>]| {
                        out.extend(joined(slices));
                        Ok(length(slices))
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
        let stream = Stream::new();
        let part = stream.part(1, Trailer::Delimiter);
        let mut viewer = Viewer::new(0, Layout::Trailing, head(), None);
        let block = |_: &[IoSlice<'_>]| Err(io::ErrorKind::WouldBlock.into());
        for at in [3, 4, 5] {
            let push = viewer.push(Some(&part), Duration::from_secs(at), block);
            assert_eq!(push.unwrap(), Push::Blocked);
            assert_eq!(viewer.stuck_since(), Some(Duration::from_secs(3)));
        }
        let all = |slices: &[IoSlice<'_>]| Ok(length(slices));
        assert_eq!(viewer.push(Some(&part), Duration::from_secs(6), all).unwrap(), Push::Idle);
        assert_eq!(viewer.stuck_since(), None);
        let gone = |_: &[IoSlice<'_>]| Err(io::ErrorKind::ConnectionReset.into());
        let part = stream.part(2, Trailer::Delimiter);
        assert!(viewer.push(Some(&part), Duration::from_secs(7), gone).is_err());
    }
}
