//! What is ahead: pictures fetched from a paced source before they are due.

use std::collections::VecDeque;
use std::time::Duration;

use super::pace::{Pace, Rate};
use crate::clock::Clock;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;

/// Pictures held ahead: the next one, whose head may be sent, and the one behind it, so that its making
/// does not delay the next.
const AHEAD: usize = 2;

/// A picture that waits for its time.
#[derive(Debug)]
pub struct Ready {
    /// The picture.
    pub picture: Picture,
    /// When it is due, since 1970-01-01 UTC.
    pub taken: Duration,
    /// Its number with the source.
    asked: u64,
}

/// A paced source, its schedule, and what has been fetched from it.
pub struct Feed {
    source: Box<dyn Paced>,
    clock: Clock,
    rate: Rate,
    pace: Pace,
    queue: VecDeque<Ready>,
    asked: u64,
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
        let pace = Pace::new(rate, clock.now());
        let (queue, ask_again) = (VecDeque::with_capacity(AHEAD), Duration::ZERO);
        Self {
            source,
            clock,
            rate,
            pace,
            queue,
            asked: 0,
            ended: false,
            running: false,
            ask_again,
            uncarried: 0,
        }
    }

    /// Starts, or goes on, with a frame that is due at once.
    pub fn start(&mut self, now: Duration) {
        self.pace = Pace::new(self.rate, now);
        self.running = true;
        for ahead in 0..self.queue.len() {
            let taken = self.plan(ahead);
            let ready = &mut self.queue[ahead];
            ready.taken = taken;
            // What shows its time is made again.
            if self.source.shows_time()
                && let Next::Picture(picture) = self.source.next(ready.asked, taken)
            {
                ready.picture = picture;
            }
        }
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

    /// When the next picture is due, or the source to be asked again.
    pub fn due(&self) -> Option<Duration> {
        let due = self.pace.due(0);
        match self.running && !self.is_over() {
            true if self.queue.is_empty() => Some(due.max(self.ask_again)),
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
        self.pace.advance(now);
        Some(ready)
    }

    /// Fetches what is missing ahead, leaving out pictures that `can_carry` refuses.
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
            let taken = self.plan(self.queue.len());
            match self.source.next(self.asked + 1, taken) {
                // A directory brings the same pictures again and again.
                Next::Picture(mut picture) if picture.carried || can_carry(&picture) => {
                    picture.carried = true;
                    self.asked += 1;
                    self.queue.push_back(Ready { picture, taken, asked: self.asked });
                }
                Next::Picture(picture) => {
                    self.uncarried += 1;
                    self.source.give_back(picture);
                }
                Next::Nothing => self.ask_again = now + self.source.patience(),
                Next::End => self.ended = true,
            }
        }
        self.ask_again = self.clock.now() + self.source.patience();
    }

    /// Gives a picture back to the source.
    pub fn give_back(&mut self, picture: Picture) {
        self.source.give_back(picture);
    }

    /// The wall-clock time at which the picture at this place of the queue is due.
    fn plan(&self, ahead: usize) -> Duration {
        self.clock.unix() + self.pace.due(ahead).saturating_sub(self.clock.now())
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("pace", &self.pace).field("queue", &self.queue.len()).finish()
    }
}
