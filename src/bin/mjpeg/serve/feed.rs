//! What is ahead: pictures fetched from a paced source before they are due.

use std::collections::VecDeque;
use std::time::Duration;

use super::schedule::Schedule;
use crate::clock::Clock;
use crate::source::error::Error;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::value::Rate;

/// Pictures held ahead: the next one, whose head may be sent, and the one behind it, so that its making
/// does not delay the next.
const AHEAD: usize = 2;
/// How long to leave the source alone when it had nothing to give.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the first viewer's first frame may hold up everybody else who comes: nobody watches yet.
const START: Duration = Duration::from_millis(500);

/// A picture that waits for its time.
#[derive(Debug)]
pub struct Ready {
    /// The picture.
    pub picture: Picture,
    /// When it is due, since 1970-01-01 UTC.
    pub taken: Duration,
}

/// A paced source, its schedule, and what has been fetched from it.
pub struct Feed {
    source: Box<dyn Paced>,
    clock: Clock,
    rate: Rate,
    schedule: Schedule,
    queue: VecDeque<Ready>,
    asked: u64,
    /// When the picture that is being made is due, since 1970-01-01 UTC.
    awaited: Option<Duration>,
    ended: bool,
    /// Whether frames are going out now.
    running: bool,
    /// When a source that had nothing to give is asked again.
    ask_again: Duration,
    /// Pictures that could not be sent because the boundary occurs in them.
    pub uncarried: u64,
}

impl Feed {
    /// A feed that stands still until [`Feed::start`].
    pub fn new(source: Box<dyn Paced>, rate: Rate, clock: Clock) -> Self {
        let schedule = Schedule::new(rate, clock.now());
        let (queue, ask_again) = (VecDeque::with_capacity(AHEAD), Duration::ZERO);
        Self {
            source,
            clock,
            rate,
            schedule,
            queue,
            asked: 0,
            awaited: None,
            ended: false,
            running: false,
            ask_again,
            uncarried: 0,
        }
    }

    /// Starts, or goes on, with a frame that is due at once.
    pub fn start(&mut self, now: Duration, can_carry: impl Fn(&Picture) -> bool) {
        self.resume(now);
        if self.source.shows_time() {
            // What shows its time is made again.
            self.asked -= self.queue.len() as u64;
            self.queue.clear();
            self.source.forget();
            self.awaited = None;
            return self.fill_to(AHEAD, START, can_carry);
        }
        self.plan_anew();
        self.fill_to(1, START, can_carry);
    }

    /// Goes on with what is there, which is due at once.
    pub fn resume(&mut self, now: Duration) {
        self.schedule = Schedule::new(self.rate, now);
        self.running = true;
    }

    /// Stands still.
    pub fn pause(&mut self) {
        self.running = false;
    }

    /// Whether frames are going out.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the source has given its last picture and it has been taken.
    pub fn is_over(&self) -> bool {
        self.ended && self.queue.is_empty()
    }

    /// Whether the picture that [`Feed::front`] shows, or the one taken last, is the last of all.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// When the next picture or the end is due, or the source to be asked again.
    pub fn due(&self) -> Option<Duration> {
        let due = self.schedule.due(0);
        match self.running {
            // Whoever makes it says when it is there.
            true if self.queue.is_empty() && self.awaited.is_some() => None,
            true if self.queue.is_empty() && !self.ended => Some(due.max(self.ask_again)),
            // The end is due like a picture.
            true => Some(due),
            false => None,
        }
    }

    /// The frames per second asked for.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The next picture.
    pub fn front(&self) -> Option<&Ready> {
        self.queue.front()
    }

    /// Takes the next picture, whose time has come.
    pub fn take(&mut self, now: Duration) -> Option<Ready> {
        let ready = self.queue.pop_front()?;
        // No head has told the times of those behind yet; only a picture may show its own.
        if self.schedule.advance(now) && !self.source.shows_time() {
            self.plan_anew();
        }
        Some(ready)
    }

    /// Whether the next picture is being made.
    pub fn is_waiting(&self) -> bool {
        self.queue.is_empty() && self.awaited.is_some()
    }

    /// Why there never was a picture, if the source knows.
    pub fn take_error(&mut self) -> Option<Error> {
        self.source.take_error()
    }

    /// Fetches what is missing ahead, and waits for the first `count` pictures if they are being made, for
    /// each of them `longest` at most.
    pub fn fill_to(&mut self, count: usize, longest: Duration, can_carry: impl Fn(&Picture) -> bool) {
        self.fill(&can_carry);
        while self.queue.len() < count && self.awaited.is_some() && self.source.wait(longest) {
            self.fill(&can_carry);
        }
    }

    /// Fetches what is missing ahead, leaving out pictures that `can_carry` refuses. Never waits.
    pub fn fill(&mut self, can_carry: impl Fn(&Picture) -> bool) {
        // A source of nothing but unfit pictures is no endless loop.
        for _ in 0..64 {
            if self.queue.len() >= AHEAD || self.ended {
                return;
            }
            let now = self.clock.now();
            if now < self.ask_again {
                return;
            }
            let taken = self.awaited.take().unwrap_or_else(|| self.plan(self.queue.len()));
            match self.source.next(self.asked + 1, taken) {
                // A directory brings the same pictures again and again.
                Next::Picture(mut picture) if picture.carried || can_carry(&picture) => {
                    picture.carried = true;
                    self.asked += 1;
                    self.queue.push_back(Ready { picture, taken });
                }
                Next::Picture(picture) => {
                    self.uncarried += 1;
                    self.source.give_back(picture);
                }
                Next::Later => {
                    self.awaited = Some(taken);
                    return;
                }
                Next::Nothing => self.ask_again = now + PATIENCE,
                Next::End => self.ended = true,
            }
        }
        self.ask_again = self.clock.now() + PATIENCE;
    }

    /// Gives a picture back to the source.
    pub fn give_back(&mut self, picture: Picture) {
        self.source.give_back(picture);
    }

    fn plan_anew(&mut self) {
        for ahead in 0..self.queue.len() {
            self.queue[ahead].taken = self.plan(ahead);
        }
        self.awaited = self.awaited.map(|_| self.plan(self.queue.len()));
    }

    /// The wall-clock time at which the picture at this place of the queue is due.
    fn plan(&self, ahead: usize) -> Duration {
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

    /// Makes pictures that show their time, or do not, and takes its time for each.
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
    fn a_picture_that_is_being_made_has_no_due_time_of_its_own() {
        let (mut feed, clock) = feed(false);
        feed.start(clock.now(), |_| true);
        assert_eq!(ahead(&feed), [(1, clock.unix())]);
        assert!(feed.take(clock.now()).is_some());
        // The second one is being made already: nothing to do before it is there.
        assert_eq!(feed.due(), None);
        feed.fill(|_| true);
        assert_eq!(feed.due(), Some(Duration::from_millis(100)));
    }

    #[test]
    fn pictures_made_long_ago_are_shown_with_the_time_they_are_shown_at() {
        for shows_time in [false, true] {
            let (mut feed, clock) = feed(shows_time);
            feed.fill_to(1, Duration::ZERO, |_| true);
            clock.advance(Duration::from_secs(3600));
            feed.start(clock.now(), |_| true);
            // Whatever shows its time is made again, from the number that nobody has seen yet.
            let (first, second) = (clock.unix(), clock.unix() + feed.rate().span(1));
            assert_eq!(ahead(&feed), [(1, first), (2, second)], "{shows_time}");
        }
    }
}
