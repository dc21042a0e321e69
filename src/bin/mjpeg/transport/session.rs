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
    /// When the last complete part was seen, or the start.
    last_part: Duration,
    /// The input ended inside the body of the last part.
    is_cut: bool,
    /// Until when waiting bytes are read although the idle limit has passed.
    grace_end: Option<Duration>,
}

/// How long waiting bytes are read after the idle limit.
const GRACE: Duration = Duration::from_millis(100);

impl Session {
    /// A session over an open stream that was requested at `started` of the clock.
    pub fn new(stream: Stream, clock: &Clock, idle: Duration, started: Duration) -> Self {
        let clock = clock.clone();
        let last_part = if stream.is_live() { clock.now() } else { started };
        Self { stream, clock, idle, started, last_part, is_cut: false, grace_end: None }
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
                    return self.close(observer, End::Stalled);
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

    fn end(&self, end: WireEnd) -> End {
        match end {
            WireEnd::Closed if self.stream.reader.may_end() => End::Closed,
            WireEnd::Closed => End::Truncated,
            WireEnd::Reset(why) => End::Reset(why),
            WireEnd::Expired => End::Stalled,
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
            if is_part {
                // Set now: the time that the observer takes does not count as the stream's.
                self.last_part = self.clock.now();
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
