//! One stream read to its end: bytes through the reader to an observer, under the idle limit.

mod times;

use std::time::Duration;

use mjpeg::check::Silence;
use mjpeg::consumers::HeadStart;
use mjpeg::http::{ContentType, Head};

use super::delivery::{Delivery, Drained};
use super::end::End;
use super::idle_limit::{Counts, IdleLimit};
use super::observer::Observer;
use super::origin::Origin;
use super::secrets::Secrets;
use super::shown::Shown;
use super::stream::{Received, Stream};
use super::tap::Tap;
use super::wire::WireEnd;
use crate::clock::Clock;
use crate::problem::Problem;

/// How long a disk may take to answer at least, whatever the time limit is.
pub const LEAST_OF_ANSWER: Duration = Duration::from_secs(2);

/// A stream under its idle limit.
pub struct Session {
    stream: Stream,
    clock: Clock,
    idle: IdleLimit,
    started: Duration,
    delivery: Delivery,
    /// The observer knows when the first byte came.
    has_begun: bool,
    tap: Option<Box<dyn Tap>>,
}

impl Session {
    /// A session over an open stream that was requested at `started` of the clock.
    pub fn new(stream: Stream, clock: &Clock, idle: Duration, started: Duration) -> Self {
        Self::first(Origin::default(), stream, clock, idle, started)
    }

    /// The same, behind the streams that `origin` counts.
    pub(super) fn first(
        origin: Origin,
        stream: Stream,
        clock: &Clock,
        idle: Duration,
        started: Duration,
    ) -> Self {
        let counts = if stream.may_pause() { Counts::Parts } else { Counts::Reads };
        let since = if stream.is_live() { clock.now() } else { started };
        Self::behind(origin, stream, clock, IdleLimit::new(idle, counts, since), started)
    }

    /// The same, under an idle limit that goes on.
    pub(super) fn behind(
        origin: Origin,
        mut stream: Stream,
        clock: &Clock,
        idle: IdleLimit,
        started: Duration,
    ) -> Self {
        if let Some(first) = origin.first {
            stream.arrivals.count_from(first);
        }
        Self {
            stream,
            clock: clock.clone(),
            idle,
            started,
            delivery: Delivery::behind(origin),
            has_begun: false,
            tap: None,
        }
    }

    /// What the next stream of the camera has before it.
    pub(super) fn next_origin(&self) -> Origin {
        self.delivery.next_origin(&self.stream)
    }

    /// Whether the framing of the response says that all of it has come.
    pub(super) fn is_over(&self) -> bool {
        self.stream.reader.is_over()
    }

    /// The stream is to be dropped: its connection may be used for another request, if all of the response has come.
    pub fn keep_connection(&self) {
        self.stream.keep_connection();
    }

    /// What the stream has shown so far.
    pub(super) fn shown(&self) -> Shown {
        self.delivery.shown
    }

    /// Changes the length of the idle limit, which goes on.
    pub(super) fn set_idle(&mut self, limit: Duration) {
        self.idle = self.idle.clone().with_limit(limit);
    }

    /// The idle limit, as far as it has run.
    pub(super) fn idle(&self) -> &IdleLimit {
        &self.idle
    }

    /// When the stream was requested, by the clock.
    pub(super) fn started(&self) -> Duration {
        self.started
    }

    /// Whether the response is one picture with nothing around it, and is not called something else.
    pub(super) fn is_snapshot(&self) -> bool {
        let is_called_so = self.stream.reader.head().is_some_and(|head| {
            head.fields().first("content-type").is_none_or(|value| {
                let content_type = ContentType::parse(value);
                content_type.is_image() || content_type.media_type.is_empty()
            })
        });
        self.shown().parts == 1 && self.shown().is_bare && is_called_so
    }

    /// The response head.
    pub fn head(&self) -> Option<&Head> {
        self.stream.head()
    }

    /// The heads before it, in order: of redirections and refusals on the way to the stream, and interim ones (1xx).
    pub fn earlier_heads(&self) -> impl Iterator<Item = &Head> {
        self.stream.earlier_heads()
    }

    /// What is secret in the requests: the server may repeat it in what is shown.
    pub fn secrets(&self) -> &Secrets {
        self.stream.secrets()
    }

    /// The URL that the stream came from, after redirections and without a password.
    pub fn url(&self) -> Option<&str> {
        self.stream.url()
    }

    /// What a live response starts with. In a file, empty lines before the head mean nothing.
    pub fn head_start(&self) -> HeadStart {
        self.stream.head_start()
    }

    /// Bytes of the response before its body.
    pub fn body_start(&self) -> usize {
        self.stream.reader.body_start()
    }

    /// Bytes of the body that have come, without chunk framing.
    pub fn received(&self) -> u64 {
        self.stream.reader.received()
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
    pub fn set_tap(&mut self, mut tap: Box<dyn Tap>) -> Result<(), Problem> {
        for (at, bytes) in self.stream.take_early() {
            tap.bytes(&bytes, at)?;
        }
        self.tap = Some(tap);
        Ok(())
    }

    /// There will be no tap: forgets what was kept for it.
    pub(super) fn forget_early(&mut self) {
        self.stream.take_early();
    }

    /// Reads until the observer has enough, `deadline` of the clock comes, or the stream ends. A file is read up to its first part
    /// at least, if the disk answers: how fast this machine is says nothing about the stream.
    ///
    /// # Errors
    ///
    /// What the observer cannot go on with.
    pub fn run(&mut self, observer: &mut dyn Observer, deadline: Option<Duration>) -> Result<End, Problem> {
        let end = self.read(observer, deadline)?;
        if let Some(silence) = self.stream.silence() {
            self.silent(observer, silence);
        }
        Ok(end)
    }

    /// Tells of a silence, whose times are those of the clock.
    fn silent(&self, observer: &mut dyn Observer, silence: Silence) {
        if let Some(first) = self.stream.arrivals.first() {
            let since = |time: Duration| time.saturating_sub(first);
            observer.silence(&Silence { from: since(silence.from), to: since(silence.to), ..silence });
        }
    }

    fn read(&mut self, observer: &mut dyn Observer, deadline: Option<Duration>) -> Result<End, Problem> {
        loop {
            if let Some((reached, at)) = self.stream.arrivals.last() {
                if !std::mem::replace(&mut self.has_begun, true)
                    && let Some(unix) = self.began()
                {
                    observer.began(unix);
                }
                observer.received(self.delivery.origin.bytes + reached, at);
            }
            match self.drain(observer)? {
                Drained::More => {}
                Drained::End(end) => return Ok(end),
            }
            if let Some(signal) = self.stream.signal() {
                return self.close(observer, End::Signal(signal));
            }
            let now = self.clock.now();
            let deadline = match self.idle.counts() {
                Counts::Reads if self.shown().parts == 0 => deadline.map(|it| it.max(now + LEAST_OF_ANSWER)),
                _ => deadline,
            };
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(End::TimeUp);
            }
            if self.stream.reader.is_started() {
                self.idle.read(now);
            }
            if now >= self.idle.end() {
                if self.idle.is_over(now) {
                    return self.stall(observer);
                }
                continue;
            }
            let idle_end = self.idle.end();
            let wait_until = deadline.map_or(idle_end, |deadline| deadline.min(idle_end));
            match self.stream.read(Some(wait_until), self.tap.as_deref_mut()) {
                Received::Some => {
                    for silence in self.stream.silences() {
                        self.silent(observer, silence);
                    }
                }
                Received::Ended(WireEnd::Expired) => {
                    if deadline.is_some_and(|deadline| deadline <= idle_end) {
                        return Ok(End::TimeUp);
                    }
                    return self.stall(observer);
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
    fn stall(&mut self, observer: &mut dyn Observer) -> Result<End, Problem> {
        match (self.idle.counts(), self.idle.rejected()) {
            (Counts::Reads, _) => Err(self.stream.unanswered(self.idle.limit())),
            (Counts::Parts, 0) => self.close(observer, End::Stalled),
            (Counts::Parts, rejected) => Ok(match self.close(observer, End::Rejected(rejected))? {
                // The end of the input may complete one more part.
                End::Rejected(_) => End::Rejected(self.idle.rejected().max(rejected)),
                end => end,
            }),
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
    fn close(&mut self, observer: &mut dyn Observer, end: End) -> Result<End, Problem> {
        self.stream.reader.finish();
        match self.drain(observer)? {
            // A body without a part is not a stream, unless it broke before it could show a part.
            Drained::End(End::NotAStream(foreign)) => Ok(match end {
                End::Closed | End::Truncated => End::NotAStream(foreign),
                end => end,
            }),
            Drained::End(end @ (End::Unframed(_) | End::Enough)) => Ok(end),
            _ if end == End::Closed && self.delivery.is_cut => Ok(End::Truncated),
            _ => Ok(end),
        }
    }

    fn drain(&mut self, observer: &mut dyn Observer) -> Result<Drained, Problem> {
        self.delivery.drain(&mut self.stream, &mut self.idle, &self.clock, observer)
    }
}

#[cfg(test)]
mod tests;
