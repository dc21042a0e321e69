//! A feed: frames fetched from a paced source before they are due.

use std::collections::VecDeque;
use std::time::Duration;

use super::frame_source::{Demand, Frame, FrameSource, Pace, Polled, Stats, Upcoming};
use super::recipes::Recipes;
use super::schedule::Schedule;
use crate::clock::Clock;
use crate::source::error::Error;
use crate::source::paced::{Next, Paced};
use crate::source::picture::Picture;
use crate::value::Rate;

/// Frames in the queue: the next one, whose head may be sent early, and the one after it, so that producing it does
/// not delay the next.
const AHEAD: usize = 2;
/// How long to wait before asking a source again that had no picture.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often the clocks are compared. The wall clock may be set while the server runs.
const CLOCKS_INTERVAL: Duration = Duration::from_secs(1);
/// How long the first frame is held back at most until the second one is known. Chromium shows the first frame only
/// when it receives the head of the second.
const FIRST_FRAME_TIMEOUT: Duration = Duration::from_millis(500);

/// When a source that ends is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// While there is demand; else it pauses.
    OnDemand,
    /// From the first demand to its end.
    ToTheEnd,
}

/// A paced source, its schedule, and a queue of frames fetched from it.
pub struct Feed {
    source: Box<dyn Paced>,
    recipes: Recipes,
    clock: Clock,
    rate: Rate,
    play: Play,
    schedule: Schedule,
    queue: VecDeque<Frame>,
    fetched: u64,
    /// When the picture that the source is producing is due, since 1970-01-01 UTC.
    pending: Option<Duration>,
    ended: bool,
    /// The schedule has frames at this time of the monotonic clock and at whole intervals from it.
    phase: Option<Duration>,
    /// Whether the schedule is running.
    running: bool,
    /// The wall-clock time at zero of the monotonic clock, and when to read both clocks again.
    epoch: Duration,
    read_clocks_at: Duration,
    /// Until when the first frame waits for the second.
    starting: Option<Duration>,
    /// When to ask a source again that had no picture.
    retry_at: Duration,
    uncarried: u64,
}

impl Feed {
    /// Creates a feed that is paused until [`FrameSource::start`]. It leaves out pictures that `recipes` cannot carry.
    pub fn new(source: Box<dyn Paced>, rate: Rate, play: Play, recipes: Recipes, clock: Clock) -> Self {
        let now = clock.now();
        let (schedule, epoch) = (Schedule::new(rate, now), clock.unix().saturating_sub(now));
        let (queue, retry_at) = (VecDeque::with_capacity(AHEAD), Duration::ZERO);
        Self {
            source,
            recipes,
            clock,
            rate,
            play,
            schedule,
            queue,
            fetched: 0,
            pending: None,
            ended: false,
            phase: None,
            running: false,
            epoch,
            read_clocks_at: now + CLOCKS_INTERVAL,
            starting: None,
            retry_at,
            uncarried: 0,
        }
    }

    /// The same, with frames at `phase` and at whole intervals from it: like a camera that runs before a viewer comes.
    /// A viewer receives the last frame at once.
    pub fn with_phase(self, phase: Duration) -> Self {
        Self { phase: Some(phase), ..self }
    }

    /// How long ago the first frame was due if the schedule starts now.
    fn lateness(&self, now: Duration) -> Duration {
        let Some(phase) = self.phase else { return Duration::ZERO };
        let interval = self.rate.span(1).as_nanos().max(1);
        let phase = phase.as_nanos() % interval;
        let since = (now.as_nanos() + interval - phase) % interval;
        Duration::from_nanos(u64::try_from(since).unwrap_or_default())
    }

    /// Whether the source is still producing its first picture.
    pub fn is_pending(&self) -> bool {
        self.queue.is_empty() && self.pending.is_some()
    }

    /// Takes the next frame from the queue.
    fn take(&mut self, now: Duration) -> Option<Frame> {
        let frame = self.queue.pop_front()?;
        self.starting = None;
        // The heads of the queued frames were not sent yet, so their times may change, unless the picture itself
        // shows its time.
        if self.schedule.advance(now) {
            self.reschedule(0);
        }
        Some(frame)
    }

    /// Fills the queue if it has too few frames. Never waits.
    pub fn fill(&mut self) {
        if self.queue.len() < AHEAD && !self.ended {
            self.fetch();
        }
    }

    #[inline(never)]
    fn fetch(&mut self) {
        let frames = AHEAD - 1 + self.source.group();
        // Bounded: a source may deliver only pictures that cannot be sent.
        for _ in 0..64 {
            if self.queue.len() >= frames || self.ended {
                return;
            }
            // A source that always had a picture needs no look at the clock.
            if !self.retry_at.is_zero() && self.clock.now() < self.retry_at {
                return;
            }
            let taken = self.pending.take().unwrap_or_else(|| self.due_unix(self.queue.len()));
            match self.source.next(self.fetched + 1, taken) {
                Next::Picture(picture) if self.recipes.can_carry(&picture) => {
                    self.fetched += 1;
                    self.queue.push_back(Frame { picture, taken });
                }
                Next::Picture(_) => self.uncarried += 1,
                Next::Later => {
                    self.pending = Some(taken);
                    return;
                }
                Next::Nothing => self.retry_at = self.clock.now() + RETRY_INTERVAL,
                Next::End => self.ended = true,
            }
        }
        self.retry_at = self.clock.now() + RETRY_INTERVAL;
    }

    /// Changes the times of the queued frames from this index on, unless the pictures show them.
    fn reschedule(&mut self, first: usize) {
        if self.source.shows_time() {
            return;
        }
        for ahead in first..self.queue.len() {
            self.queue[ahead].taken = self.due_unix(ahead);
        }
        self.pending = self.pending.map(|_| self.due_unix(self.queue.len()));
    }

    /// Compares the clocks. Not for each frame: with one viewer that would be a tenth of our time.
    fn read_clocks(&mut self) {
        let now = self.clock.now();
        self.epoch = self.clock.unix().saturating_sub(now);
        self.read_clocks_at = now + CLOCKS_INTERVAL;
    }

    /// The wall-clock time at which the picture at this index of the queue is due.
    fn due_unix(&self, ahead: usize) -> Duration {
        self.epoch + self.schedule.due(ahead)
    }
}

impl FrameSource for Feed {
    fn start(&mut self, now: Duration) -> bool {
        if self.running {
            return false;
        }
        self.schedule = Schedule::late(self.rate, now, self.lateness(now));
        self.running = true;
        self.starting = Some(now + FIRST_FRAME_TIMEOUT);
        self.read_clocks();
        if self.source.shows_time() {
            // These pictures show an old time: produce them again.
            self.fetched -= self.queue.len() as u64;
            self.queue.clear();
            self.source.forget();
            self.pending = None;
        } else {
            self.reschedule(0);
        }
        self.fill();
        true
    }

    fn due(&self) -> Option<Duration> {
        let due = self.schedule.due(0);
        match (self.running, self.queue.len()) {
            (false, _) => None,
            // The producer wakes us.
            (_, 0) if self.pending.is_some() => None,
            (_, 0) if !self.ended => Some(due.max(self.retry_at)),
            // The end of the stream is due like a picture.
            (_, 0) => Some(due),
            (_, 1) if self.pending.is_some() => Some(due.max(self.starting.unwrap_or(due))),
            _ => Some(due),
        }
    }

    fn poll(&mut self, now: Duration, demand: Demand) -> Polled {
        if now >= self.read_clocks_at {
            self.read_clocks();
            // The head of the next frame may have been sent.
            self.reschedule(1);
        }
        self.fill();
        if self.due().is_none_or(|due| now < due) {
            return Polled::Pending;
        }
        if self.play == Play::OnDemand && demand == Demand::None {
            self.running = false;
            // These pictures may be old when the next viewer comes.
            self.queue.truncate(AHEAD);
            return Polled::Pending;
        }
        let Some(frame) = self.take(now) else {
            return if self.ended { Polled::Over } else { Polled::Pending };
        };
        let upcoming = match self.queue.front() {
            Some(next) => Upcoming::Known(next.clone()),
            None if self.ended => Upcoming::Never,
            // This may be the last frame. A delimiter would require one more part.
            None if self.play == Play::ToTheEnd => Upcoming::Unsure,
            None => Upcoming::Unknown,
        };
        Polled::Frame(frame, upcoming)
    }

    fn prepare(&mut self) {
        self.fill();
    }

    fn finish(&mut self, now: Duration) -> Option<Frame> {
        self.take(now)
    }

    fn peek(&self) -> Option<Frame> {
        self.queue.front().cloned()
    }

    fn is_starting(&self) -> bool {
        self.starting.is_some() && !self.ended
    }

    fn give_back(&mut self, _: Picture) {}

    fn stats(&self) -> Stats {
        let pace = Pace::Scheduled { rate: self.rate, running: self.running };
        Stats { pace, uncarried: self.uncarried, torn: 0, unseen: 0 }
    }

    fn take_error(&mut self) -> Option<Error> {
        self.source.take_error()
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("schedule", &self.schedule).field("queue", &self.queue.len()).finish()
    }
}

#[cfg(test)]
mod tests;
