//! What is to be done to play a file of a directory.

use std::time::Duration;

use super::picture::Picture;
use super::stamp::{Activity, Origin, Sighting, Stamp};
use crate::clock::Clock;

/// What to do to play a file.
#[derive(Debug)]
pub enum Plan {
    /// Send this picture. It is in memory.
    Play(Picture),
    /// Nothing: the file has no picture.
    Skip,
    /// Read the file after this time.
    Wait(Duration),
    /// Read the file if its state allows it.
    Read(Condition),
}

/// When a file is read.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// The state of the file when it was read before.
    pub before: Option<Stamp>,
    /// Whether to read it again in the same state.
    pub again: bool,
    /// What its writer does.
    pub activity: Activity,
    /// When it was seen in its last state.
    pub sighting: Option<Sighting>,
    /// Where the file is.
    pub origin: Origin,
    /// Reports of changes so far.
    pub changes: u64,
    /// When the reports that it is made of were taken.
    pub reported_at: Duration,
}

impl Condition {
    /// Whether to read the file in this state.
    pub fn allows(&self, stamp: &Stamp, clock: &Clock) -> bool {
        if self.before.as_ref() == Some(stamp) {
            return self.again;
        }
        let sighting = Sighting::next(self.sighting, *stamp, clock.now());
        sighting.age_at(self.reported_at, self.origin, clock) >= self.activity.quiet_time()
    }
}
