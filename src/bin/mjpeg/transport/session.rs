//! One stream read to its end: bytes through the reader to an observer, under the idle limit.

use std::time::Duration;

use mjpeg::http::Head;
use mjpeg::multipart::{self, Extent, Framing};
use mjpeg::response::{Error, Event};

use super::end::End;
use super::stream::{Received, Stream};
use super::tap::Tap;
use super::wire::WireEnd;
use crate::clock::Clock;
use crate::problem::Problem;

/// Whether the observer wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    More,
    /// Go on, but this part is not what the observer waits for, such as an empty part or a damaged
    /// picture: the idle limit continues to run.
    Rejected,
    /// It has what it wanted.
    Enough,
}

/// Takes the events of a stream.
pub trait Observer {
    /// One event of the multipart body. `arrival`: when its last byte came, since the first byte of the
    /// body.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn event(&mut self, event: &multipart::Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem>;

    /// One read, before the events of its bytes: at time `at` since the first byte of the body, the first
    /// `reached` bytes of the body had come.
    fn received(&mut self, _reached: u64, _at: Duration) {}

    /// All events of the bytes so far have been given. Every deviation of the first `parts` parts is
    /// known.
    ///
    /// # Errors
    ///
    /// A problem of our side ends the session.
    fn settled(&mut self, _parts: u64) -> Result<(), Problem> {
        Ok(())
    }
}

/// A stream under its idle limit.
pub struct Session {
    stream: Stream,
    clock: Clock,
    idle: Duration,
    started: Duration,
    /// When the last part was seen that the observer did not reject, or the start.
    last_part: Duration,
    /// Parts that the observer rejected since then.
    rejected: u64,
    /// The input ended inside the body of the last part.
    is_cut: bool,
    /// Until when waiting bytes are read although the idle limit has passed.
    grace_end: Option<Duration>,
}

/// An idle limit that is never reached.
const NO_LIMIT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How long waiting bytes are read after the idle limit.
const GRACE: Duration = Duration::from_millis(100);

impl Session {
    /// A session over an open stream that was requested at `started` of the clock.
    pub fn new(stream: Stream, clock: &Clock, idle: Duration, started: Duration) -> Self {
        let clock = clock.clone();
        // A slow disk is not a camera that has stalled.
        let idle = if stream.may_pause() { idle } else { NO_LIMIT };
        let last_part = if stream.is_live() { clock.now() } else { started };
        Self { stream, clock, idle, started, last_part, rejected: 0, is_cut: false, grace_end: None }
    }

    /// The response head.
    pub fn head(&self) -> Option<&Head> {
        self.stream.head()
    }

    /// Bytes of the response before its body.
    pub fn body_start(&self) -> usize {
        self.stream.reader.body_start()
    }

    /// Whether the body comes in chunks.
    pub fn is_in_chunks(&self) -> bool {
        self.stream.reader.is_in_chunks()
    }

    /// Shows every byte of the response to `tap`, those that were read before it first.
    ///
    /// # Errors
    ///
    /// Those of the tap.
    pub fn set_tap(&mut self, tap: Box<dyn Tap>) -> Result<(), Problem> {
        self.stream.set_tap(tap)
    }

    /// Whether the stream has arrival times.
    pub fn is_live(&self) -> bool {
        self.stream.is_live()
    }

    /// From the first byte of the body until now; `None` for a stream that is not live.
    pub fn watched(&self) -> Option<Duration> {
        let first = self.stream.arrivals.first().filter(|_| self.is_live())?;
        Some(self.clock.now().saturating_sub(first))
    }

    /// When the first byte of the body came, since 1970-01-01 UTC; `None` for a stream that is not live.
    pub fn began(&self) -> Option<Duration> {
        self.watched().map(|watched| self.clock.unix().saturating_sub(watched))
    }

    /// From the request to the first byte of the body; `None` for a stream that is not live.
    pub fn first_byte(&self) -> Option<Duration> {
        let first = self.stream.arrivals.first().filter(|_| self.is_live())?;
        Some(first.saturating_sub(self.started))
    }

    /// Reads until the observer has enough, `deadline` of the clock comes, or the stream ends.
    ///
    /// # Errors
    ///
    /// What the observer cannot go on with.
    pub fn run(&mut self, observer: &mut impl Observer, deadline: Option<Duration>) -> Result<End, Problem> {
        loop {
            if let Some((reached, at)) = self.stream.arrivals.last() {
                observer.received(reached, at);
            }
            match self.drain(observer)? {
                Drained::More => {}
                Drained::End(end) => return Ok(end),
            }
            if let Some(signal) = self.stream.signal() {
                return self.close(observer, End::Signal(signal));
            }
            let now = self.clock.now();
            let idle_end = (self.last_part + self.idle).max(self.grace_end.unwrap_or_default());
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(End::TimeUp);
            }
            if now >= idle_end {
                if self.grace_end.is_some() {
                    let end = self.stall();
                    return self.close(observer, end);
                }
                // This process may have been busy or stopped. Bytes that wait in the socket are read first.
                self.grace_end = Some(now + GRACE);
                continue;
            }
            let wait_until = deadline.map_or(idle_end, |deadline| deadline.min(idle_end));
            match self.stream.read(Some(wait_until)) {
                Received::Some => {}
                Received::Ended(WireEnd::Expired)
                    if deadline.is_some_and(|deadline| deadline <= idle_end) =>
                {
                    return Ok(End::TimeUp);
                }
                Received::Ended(end) => {
                    let end = self.end(end);
                    return self.close(observer, end);
                }
                Received::Problem(problem) => return Err(problem),
            }
        }
    }

    /// The idle limit has passed.
    fn stall(&self) -> End {
        if self.rejected > 0 { End::Rejected(self.rejected) } else { End::Stalled }
    }

    fn end(&self, end: WireEnd) -> End {
        match end {
            WireEnd::Closed if self.stream.reader.may_end() => End::Closed,
            WireEnd::Closed => End::Truncated,
            WireEnd::Reset(why) => End::Reset(why),
            WireEnd::Expired => self.stall(),
            WireEnd::Stopped => End::Signal(self.stream.signal().unwrap_or_default()),
        }
    }

    /// Ends the reader's input, and gives the observer the events that follow.
    fn close(&mut self, observer: &mut impl Observer, end: End) -> Result<End, Problem> {
        self.stream.reader.finish();
        match self.drain(observer)? {
            // A body without a part is not a stream, unless it broke before it could show a part.
            Drained::End(End::NotAStream(error)) => Ok(match end {
                End::Closed | End::Truncated => End::NotAStream(error),
                end => end,
            }),
            Drained::End(end @ (End::Unframed(_) | End::Enough)) => Ok(end),
            _ if end == End::Closed && self.is_cut => Ok(End::Truncated),
            _ => Ok(end),
        }
    }

    fn drain(&mut self, observer: &mut impl Observer) -> Result<Drained, Problem> {
        loop {
            let event = match self.stream.reader.next_event() {
                // The head has been read before the session began, or is not one.
                Ok(Some(Event::Head(_))) => continue,
                Ok(Some(Event::Body(event))) => event,
                Ok(Some(_)) => continue,
                Ok(None) => {
                    observer.settled(self.stream.reader.settled_parts())?;
                    return Ok(Drained::More);
                }
                Err(Error::Chunked(error)) => return Ok(Drained::End(End::Unframed(error))),
                Err(error) => return Ok(Drained::End(End::NotAStream(error))),
            };
            let is_part = matches!(event, multipart::Event::Part(_));
            let end = match &event {
                multipart::Event::Part(part) => {
                    let is_whole = matches!(part.extent, Extent::Complete { .. });
                    self.is_cut = part.framing == Framing::EndOfInput && !is_whole;
                    part.spans.body.end()
                }
                multipart::Event::Preamble { span, .. }
                | multipart::Event::CloseDelimiter(span)
                | multipart::Event::Epilogue(span) => span.end(),
                multipart::Event::Deviation(deviation) => deviation.offset,
            };
            let is_live = self.stream.arrivals.first().is_some();
            let arrival = if is_live { self.stream.arrivals.of_byte_before(end) } else { None };
            let flow = observer.event(&event, arrival)?;
            if is_part && flow == Flow::Rejected {
                self.rejected += 1;
            } else if is_part {
                // Set now: the time that the observer takes does not count as the stream's.
                self.last_part = self.clock.now();
                self.rejected = 0;
                self.grace_end = None;
            }
            if flow == Flow::Enough {
                return Ok(Drained::End(End::Enough));
            }
        }
    }
}

enum Drained {
    More,
    End(End),
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use mjpeg::response::Expected;

    use super::super::wire::Wire;
    use super::*;
    use crate::signal::Stop;

    /// An endless stream: each read takes 100 ms and returns one part.
    struct Parts(Clock);

    impl Read for Parts {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n";
            self.0.advance(Duration::from_millis(100));
            room[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    /// Rejects all parts behind the first ones.
    struct Picky {
        accepted: u64,
    }

    impl Observer for Picky {
        fn event(&mut self, event: &multipart::Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
            let multipart::Event::Part(part) = event else { return Ok(Flow::More) };
            Ok(if part.number <= self.accepted { Flow::More } else { Flow::Rejected })
        }
    }

    /// Two parts, and then an error of the disk.
    struct Broken(u8);

    impl Read for Broken {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xd9\r\n";
            self.0 += 1;
            if self.0 > 2 {
                return Err(io::Error::other("bad sector"));
            }
            room[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    #[test]
    fn a_read_error_is_ours_in_a_file_and_the_streams_on_a_connection() {
        for is_live in [false, true] {
            let clock = Clock::simulated();
            let wire = Wire::new(&clock, &Stop::default());
            let stream = Stream::new(Box::new(Broken(0)), Expected::Saved, &wire, &clock, is_live);
            let mut session = Session::new(stream, &clock, Duration::from_secs(1), Duration::ZERO);
            match session.run(&mut Picky { accepted: 9 }, None) {
                Err(problem) => assert!(!is_live && problem.to_string().contains("bad sector"), "{problem}"),
                Ok(end) => assert_eq!((end, is_live), (End::Reset("bad sector".into()), true)),
            }
        }
    }

    #[test]
    fn a_slow_file_has_no_idle_limit() {
        let clock = Clock::simulated();
        let wire = Wire::new(&clock, &Stop::default());
        let mut stream = Stream::new(Box::new(Parts(clock.clone())), Expected::Saved, &wire, &clock, false);
        stream.set_may_pause(false);
        let mut session = Session::new(stream, &clock, Duration::from_millis(1), Duration::ZERO);
        let end = session.run(&mut Picky { accepted: 9 }, Some(Duration::from_secs(60))).unwrap();
        assert_eq!((end, clock.now()), (End::TimeUp, Duration::from_secs(60)));
    }

    #[test]
    fn rejected_parts_do_not_extend_the_idle_limit() {
        for (accepted, rejected) in [(0, 10), (7, 10)] {
            let clock = Clock::simulated();
            let wire = Wire::new(&clock, &Stop::default());
            let stream = Stream::new(Box::new(Parts(clock.clone())), Expected::Saved, &wire, &clock, true);
            let mut session = Session::new(stream, &clock, Duration::from_secs(1), Duration::ZERO);
            let end = session.run(&mut Picky { accepted }, None).unwrap();
            let End::Rejected(parts) = end else { panic!("{end:?}") };
            // A part is complete one read later, when its delimiter has come; the grace adds a read.
            assert!(parts.abs_diff(rejected) <= 1, "{parts} of {rejected}");
            assert!(clock.now() < Duration::from_millis(100) * (accepted as u32 + 14), "{:?}", clock.now());
        }
    }
}
