//! A feed: pictures fetched from a paced source before they are due.

use std::collections::VecDeque;
use std::time::Duration;

use super::schedule::Schedule;
use crate::clock::Clock;
use crate::source::error::Error;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::value::Rate;

/// Pictures in the queue: the next one, whose head may be sent early, and the one after it, so that
/// producing it does not delay the next.
const AHEAD: usize = 2;
/// How long to wait before asking a source again that had no picture.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Longest time to block for the first frame of the first viewer. There is no other viewer, so only new connections
/// are delayed.
const FIRST_FRAME_TIMEOUT: Duration = Duration::from_millis(500);

/// A picture in the queue.
#[derive(Debug)]
pub struct Ready {
    /// The picture.
    pub picture: Picture,
    /// When it is due, since 1970-01-01 UTC.
    pub taken: Duration,
}

/// A paced source, its schedule, and a queue of pictures fetched from it.
pub struct Feed {
    source: Box<dyn Paced>,
    clock: Clock,
    rate: Rate,
    schedule: Schedule,
    queue: VecDeque<Ready>,
    fetched: u64,
    /// When the picture that the source is producing is due, since 1970-01-01 UTC.
    pending: Option<Duration>,
    ended: bool,
    /// Whether the schedule is running.
    running: bool,
    /// When to ask a source again that had no picture.
    retry_at: Duration,
    /// Pictures not sent because they contain the boundary.
    pub uncarried: u64,
}

impl Feed {
    /// Creates a feed that is paused until [`Feed::start`].
    pub fn new(source: Box<dyn Paced>, rate: Rate, clock: Clock) -> Self {
        let schedule = Schedule::new(rate, clock.now());
        let (queue, retry_at) = (VecDeque::with_capacity(AHEAD), Duration::ZERO);
        Self {
            source,
            clock,
            rate,
            schedule,
            queue,
            fetched: 0,
            pending: None,
            ended: false,
            running: false,
            retry_at,
            uncarried: 0,
        }
    }

    /// Starts or resumes; the first frame is due immediately.
    pub fn start(&mut self, now: Duration, can_carry: impl Fn(&Picture) -> bool) {
        self.resume(now);
        if self.source.shows_time() {
            // These pictures show an old time: produce them again.
            self.fetched -= self.queue.len() as u64;
            self.queue.clear();
            self.source.forget();
            self.pending = None;
            return self.fill_to(AHEAD, FIRST_FRAME_TIMEOUT, can_carry);
        }
        self.reschedule();
        self.fill_to(1, FIRST_FRAME_TIMEOUT, can_carry);
    }

    /// Resumes with the queued pictures; the first one is due immediately.
    pub fn resume(&mut self, now: Duration) {
        self.schedule = Schedule::new(self.rate, now);
        self.running = true;
    }

    /// Pauses.
    pub fn pause(&mut self) {
        self.running = false;
    }

    /// Whether the schedule is running.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the source has ended and the queue is empty.
    pub fn is_over(&self) -> bool {
        self.ended && self.queue.is_empty()
    }

    /// Whether the source has ended. The queue may still hold its last pictures.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// When the next picture or the end is due, or when to ask the source again.
    pub fn due(&self) -> Option<Duration> {
        let due = self.schedule.due(0);
        match self.running {
            // The producer wakes us.
            true if self.queue.is_empty() && self.pending.is_some() => None,
            true if self.queue.is_empty() && !self.ended => Some(due.max(self.retry_at)),
            // The end of the stream is due like a picture.
            true => Some(due),
            false => None,
        }
    }

    /// The configured frames per second.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The next picture in the queue.
    pub fn front(&self) -> Option<&Ready> {
        self.queue.front()
    }

    /// Takes the next picture from the queue. Call it when the picture is due.
    pub fn take(&mut self, now: Duration) -> Option<Ready> {
        let ready = self.queue.pop_front()?;
        // The heads of the queued pictures were not sent yet, so their times may change, unless the picture
        // itself shows its time.
        if self.schedule.advance(now) && !self.source.shows_time() {
            self.reschedule();
        }
        Some(ready)
    }

    /// Whether the queue is empty and the source is producing a picture.
    pub fn is_pending(&self) -> bool {
        self.queue.is_empty() && self.pending.is_some()
    }

    /// Why the source never produced a picture, if it reported a reason.
    pub fn take_error(&mut self) -> Option<Error> {
        self.source.take_error()
    }

    /// Fills the queue. Waits until it holds `count` pictures, at most `longest` for each of them.
    pub fn fill_to(&mut self, count: usize, longest: Duration, can_carry: impl Fn(&Picture) -> bool) {
        self.fill(&can_carry);
        while self.queue.len() < count && self.pending.is_some() && self.source.wait(longest) {
            self.fill(&can_carry);
        }
    }

    /// Fills the queue, without pictures that `can_carry` refuses. Never waits.
    pub fn fill(&mut self, can_carry: impl Fn(&Picture) -> bool) {
        // Bounded: a source may deliver only pictures that cannot be sent.
        for _ in 0..64 {
            if self.queue.len() >= AHEAD || self.ended {
                return;
            }
            let now = self.clock.now();
            if now < self.retry_at {
                return;
            }
            let taken = self.pending.take().unwrap_or_else(|| self.due_unix(self.queue.len()));
            match self.source.next(self.fetched + 1, taken) {
                // A directory delivers the same pictures in each loop: check each only once.
                Next::Picture(mut picture) if picture.boundary_checked || can_carry(&picture) => {
                    picture.boundary_checked = true;
                    self.fetched += 1;
                    self.queue.push_back(Ready { picture, taken });
                }
                Next::Picture(picture) => {
                    self.uncarried += 1;
                    self.source.give_back(picture);
                }
                Next::Later => {
                    self.pending = Some(taken);
                    return;
                }
                Next::Nothing => self.retry_at = now + RETRY_INTERVAL,
                Next::End => self.ended = true,
            }
        }
        self.retry_at = self.clock.now() + RETRY_INTERVAL;
    }

    /// Returns a picture to the source, which reuses the buffer.
    pub fn give_back(&mut self, picture: Picture) {
        self.source.give_back(picture);
    }

    fn reschedule(&mut self) {
        for ahead in 0..self.queue.len() {
            self.queue[ahead].taken = self.due_unix(ahead);
        }
        self.pending = self.pending.map(|_| self.due_unix(self.queue.len()));
    }

    /// The wall-clock time at which the picture at this index of the queue is due.
    fn due_unix(&self, ahead: usize) -> Duration {
        self.clock.unix() + self.schedule.due(ahead).saturating_sub(self.clock.now())
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("schedule", &self.schedule).field("queue", &self.queue.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = crate::source::picture::SMALLEST;

    /// Each picture takes two calls of `next`: the first says `Later`.
    struct Slow {
        shows_time: bool,
        making: bool,
    }

    impl Paced for Slow {
        fn next(&mut self, number: u64, _: Duration) -> Next {
            self.making = !self.making;
            if self.making {
                Next::Later
            } else {
                Next::Picture(Picture::copy(JPEG, number as usize).unwrap())
            }
        }

        fn give_back(&mut self, _: Picture) {}

        fn wait(&mut self, _: Duration) -> bool {
            true
        }

        fn forget(&mut self) {
            self.making = false;
        }

        fn shows_time(&self) -> bool {
            self.shows_time
        }
    }

    fn feed(shows_time: bool) -> (Feed, Clock) {
        let clock = Clock::simulated();
        let source = Box::new(Slow { shows_time, making: false });
        (Feed::new(source, "10".parse().unwrap(), clock.clone()), clock)
    }

    fn ahead(feed: &Feed) -> Vec<(usize, Duration)> {
        feed.queue.iter().map(|ready| (ready.picture.mark(), ready.taken)).collect()
    }

    #[test]
    fn a_picture_in_production_has_no_due_time() {
        let (mut feed, clock) = feed(false);
        feed.start(clock.now(), |_| true);
        assert_eq!(ahead(&feed), [(1, clock.unix())]);
        assert!(feed.take(clock.now()).is_some());
        // The second picture is in production: nothing to do before it arrives.
        assert_eq!(feed.due(), None);
        feed.fill(|_| true);
        assert_eq!(feed.due(), Some(Duration::from_millis(100)));
    }

    #[test]
    fn old_pictures_get_the_time_at_which_they_are_shown() {
        for shows_time in [false, true] {
            let (mut feed, clock) = feed(shows_time);
            feed.fill_to(1, Duration::ZERO, |_| true);
            clock.advance(Duration::from_secs(3600));
            feed.start(clock.now(), |_| true);
            // Pictures that show their time are produced again, with the same numbers.
            let (first, second) = (clock.unix(), clock.unix() + feed.rate().span(1));
            assert_eq!(ahead(&feed), [(1, first), (2, second)], "{shows_time}");
        }
    }
}
