//! Connects the event loop with the tally: which viewer of the loop has which place in the row.

use std::time::Duration;

use super::tally::Tally;
use crate::bench::obstacle::Obstacle;
use crate::bench::viewers::{Appetite, Audience, Crowd, Frame, Over};
use crate::clock::Clock;
use crate::transport::PlainRequest;

/// The viewers of one row.
pub struct Hall<'a> {
    /// What they receive.
    pub tally: Tally,
    /// Why viewers had no stream or lost it, for the exit status: the worst kind, with its message.
    pub worst: Option<Obstacle>,
    clock: Clock,
    request: &'a PlainRequest,
    /// For each number of the loop: the index of its viewer in the tally.
    viewers: Vec<usize>,
}

impl<'a> Hall<'a> {
    /// No viewers yet.
    pub fn new(request: &'a PlainRequest, clock: &Clock) -> Self {
        Self { tally: Tally::new(), worst: None, clock: clock.clone(), request, viewers: Vec::new() }
    }

    /// Opens one more viewer. Returns its number in the loop and its index in the tally.
    pub fn open(&mut self, crowd: &mut Crowd<'_>) -> Option<(usize, usize)> {
        let now = self.clock.now();
        let index = self.tally.open(now);
        match crowd.open(Appetite::Full) {
            Ok(number) => {
                if self.viewers.len() <= number {
                    self.viewers.resize(number + 1, usize::MAX);
                }
                self.viewers[number] = index;
                Some((number, index))
            }
            Err(over) => {
                self.lose(index, now, over);
                None
            }
        }
    }

    /// Closes a viewer, unless it is over already. It does not count as cut.
    pub fn leave(&mut self, number: usize, index: usize, crowd: &mut Crowd<'_>) {
        if self.viewers.get(number) == Some(&index) {
            crowd.close(number);
            self.viewers[number] = usize::MAX;
            self.tally.leave(index, self.clock.now());
        }
    }

    /// Viewers that have had no frame by now had long enough for one.
    pub fn give_up(&mut self, patience: Duration) {
        if self.tally.waiting() > 0 {
            self.note(Obstacle::silence(patience.as_secs()));
        }
    }

    fn lose(&mut self, index: usize, at: Duration, over: Over) {
        let had_frames = self.tally.has_frames(index);
        let obstacle = Obstacle::of(over, had_frames, self.request, &self.clock);
        self.tally.over(index, at, obstacle.message.clone());
        self.note(obstacle);
    }

    fn note(&mut self, obstacle: Obstacle) {
        if self.worst.as_ref().is_none_or(|worst| worst.exit < obstacle.exit) {
            self.worst = Some(obstacle);
        }
    }
}

impl Audience for Hall<'_> {
    fn frame(&mut self, viewer: usize, at: Duration, frame: Frame) {
        let age = frame.stamp.and_then(|stamp| stamp.age(&self.clock));
        self.tally.frame(self.viewers[viewer], at, frame.bytes, age);
    }

    fn bytes(&mut self, viewer: usize, at: Duration, n: usize) {
        self.tally.bytes(self.viewers[viewer], at, n);
    }

    fn over(&mut self, viewer: usize, at: Duration, why: Over) {
        let index = std::mem::replace(&mut self.viewers[viewer], usize::MAX);
        self.lose(index, at, why);
    }
}
