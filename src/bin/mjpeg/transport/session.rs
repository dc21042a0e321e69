//! One stream read to its end: bytes through the parser to an observer, under the idle limit.

use std::time::Duration;

use mjpeg::http::{ChunkError, Head};
use mjpeg::jpeg::Walk;
use mjpeg::multipart::{self, Event, Extent, Framing, Parser};

use super::arrivals::Arrivals;
use super::wire::WireEnd;
use super::{Read1, Stream};
use crate::clock::Clock;
use crate::exit::Failure;

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
    /// One event. `arrival`: when its last byte came, from the first byte of the body on.
    ///
    /// # Errors
    ///
    /// A failure of our side ends the session.
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Failure>;
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The observer had enough.
    Enough,
    /// The time was up.
    TimeUp,
    /// The stream ended between parts.
    Closed,
    /// The stream ended inside a part, or without its last chunk.
    Truncated,
    /// The chunk framing broke.
    Unframed(ChunkError),
    /// The connection was torn down.
    Reset(String),
    /// No byte, or no complete part, within the idle limit.
    Stalled,
    /// This signal asked for the end.
    Signal(i32),
    /// Nothing could be recovered.
    NotAStream(multipart::Error),
}

/// A stream with its parser and clock.
pub struct Session {
    stream: Stream,
    parser: Parser<Walk>,
    arrivals: Arrivals,
    clock: Clock,
    idle: Duration,
    started: Duration,
    /// When the last complete part was seen, or the start.
    last_part: Duration,
    /// The input ended inside the body of the last part.
    is_cut: bool,
    /// Until when bytes that wait are looked at although the idle limit has passed.
    grace_end: Option<Duration>,
}

/// How long that is.
const GRACE: Duration = Duration::from_millis(100);

impl Session {
    /// A session over an open stream that was asked for at `started` of the clock.
    pub fn new(stream: Stream, clock: &Clock, idle: Duration, started: Duration) -> Self {
        let parser = Parser::new(Walk::new(), stream.boundary().as_deref());
        let (arrivals, clock) = (Arrivals::default(), clock.clone());
        let last_part = if stream.is_live() { clock.now() } else { started };
        Self { stream, parser, arrivals, clock, idle, started, last_part, is_cut: false, grace_end: None }
    }

    /// The response head.
    pub fn head(&self) -> Option<&Head> {
        self.stream.head()
    }

    /// Whether arrival times mean something.
    pub fn is_live(&self) -> bool {
        self.stream.is_live()
    }

    /// From the first byte of the body until now, where that means something.
    pub fn watched(&self) -> Option<Duration> {
        let first = self.arrivals.first().filter(|_| self.is_live())?;
        Some(self.clock.now().saturating_sub(first))
    }

    /// From the request to the first byte of the body, where that means something.
    pub fn first_byte(&self) -> Option<Duration> {
        let first = self.arrivals.first().filter(|_| self.is_live())?;
        Some(first.saturating_sub(self.started))
    }

    /// Reads until the observer has enough, `deadline` of the clock comes, or the stream ends.
    ///
    /// # Errors
    ///
    /// What the observer cannot go on with.
    pub fn run(&mut self, observer: &mut impl Observer, deadline: Option<Duration>) -> Result<End, Failure> {
        loop {
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
                // Perhaps it was we who were busy, or stopped: what waits for us is looked at first.
                self.grace_end = Some(now + GRACE);
                continue;
            }
            let wait_until = deadline.map_or(idle_end, |deadline| deadline.min(idle_end));
            match self.stream.read(self.parser.space(), Some(wait_until)) {
                Read1::Bytes(n, at) => {
                    self.parser.filled(n);
                    if self.stream.is_live() {
                        self.arrivals.note(self.parser.received(), at);
                    }
                }
                Read1::Ended(WireEnd::Expired) if deadline.is_some_and(|deadline| deadline <= idle_end) => {
                    return Ok(End::TimeUp);
                }
                Read1::Ended(end) => {
                    let end = self.end(end);
                    return self.close(observer, end);
                }
                Read1::Broken(error) => return self.close(observer, End::Unframed(error)),
            }
        }
    }

    fn end(&self, end: WireEnd) -> End {
        match end {
            WireEnd::Closed if self.stream.is_whole() => End::Closed,
            WireEnd::Closed => End::Truncated,
            WireEnd::Reset(why) => End::Reset(why),
            WireEnd::Expired => End::Stalled,
            WireEnd::Stopped => End::Signal(self.stream.signal().unwrap_or_default()),
        }
    }

    /// Tells the parser that no more comes, and the observer what that brings.
    fn close(&mut self, observer: &mut impl Observer, end: End) -> Result<End, Failure> {
        self.parser.finish();
        match self.drain(observer)? {
            // A stream that never had a part is none, unless it broke before it could show one.
            Drained::End(End::NotAStream(error)) => Ok(match end {
                End::Closed | End::Truncated => End::NotAStream(error),
                end => end,
            }),
            _ if end == End::Closed && self.is_cut => Ok(End::Truncated),
            _ => Ok(end),
        }
    }

    fn drain(&mut self, observer: &mut impl Observer) -> Result<Drained, Failure> {
        loop {
            match self.parser.next_event() {
                Ok(Some(event)) => {
                    let is_part = matches!(event, Event::Part(_));
                    let end = match &event {
                        Event::Part(part) => {
                            let is_whole = matches!(part.extent, Extent::Complete { .. });
                            self.is_cut = part.framing == Framing::EndOfInput && !is_whole;
                            part.spans.body.end()
                        }
                        Event::Preamble { span, .. }
                        | Event::CloseDelimiter(span)
                        | Event::Epilogue(span) => span.end(),
                        Event::Deviation(deviation) => deviation.offset,
                    };
                    let arrival =
                        if self.stream.is_live() { self.arrivals.of_byte_before(end) } else { None };
                    let flow = observer.event(&event, arrival)?;
                    if is_part {
                        // Not before: the time the observer takes is not the stream's.
                        self.last_part = self.clock.now();
                        self.grace_end = None;
                    }
                    if flow == Flow::Enough {
                        return Ok(Drained::End(End::Enough));
                    }
                }
                Ok(None) => return Ok(Drained::More),
                Err(error) => return Ok(Drained::End(End::NotAStream(error))),
            }
        }
    }
}

enum Drained {
    More,
    End(End),
}
