//! Whether the state of a rewritten file allows to read it.

use std::time::Duration;

use super::stamp::{Activity, Origin, Sighting, Stamp};
use crate::clock::Clock;

/// When the file is read.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// What the system has reported.
    pub(super) activity: Activity,
    /// The state of the file that was read last.
    pub(super) done: Option<Stamp>,
    /// Whether a write may have left the state of `done` the same.
    pub(super) is_doubtful: bool,
    /// Whether the change has waited for long enough.
    pub(super) is_overdue: bool,
    /// Whether the writer empties the file before it writes. Then a complete picture that does not change is whole: nothing
    /// of the picture before it is left in the file.
    pub(super) is_emptied: bool,
    /// The state that was seen last.
    pub(super) sighting: Option<Sighting>,
    /// Where nothing is reported: how long the file must stay the same.
    pub(super) quiet_time: Duration,
    /// Whose clock sets the times of the file.
    pub(super) origin: Origin,
    /// Reports of changes so far.
    pub(super) changes: u64,
    /// When they were taken.
    pub(super) reported_at: Duration,
}

/// What is known about the bytes of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No writer had the file open.
    Alone,
    /// Nothing but the states before and after it.
    States,
}

impl Condition {
    /// Whose clock sets the times of the file.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether to read the file in this state.
    pub fn allows(&self, stamp: &Stamp, clock: &Clock) -> bool {
        !self.is_done(stamp) && self.wait(*stamp, clock).is_zero()
    }

    /// Whether the file was read in this state, and was not written since.
    pub fn is_done(&self, stamp: &Stamp) -> bool {
        self.done.as_ref() == Some(stamp) && !self.is_doubtful
    }

    /// How long the file must stay the same.
    pub fn quiet_time(&self, stamp: &Stamp) -> Duration {
        match (self.activity, &self.done) {
            _ if self.is_overdue && self.is_emptied => Duration::ZERO,
            // It was renamed to this name, or is a new file.
            (Activity::Finished, Some(done)) if !done.is_same_file(stamp) => Duration::ZERO,
            (Activity::Finished, Some(done)) if self.is_emptied && !done.is_same_size(stamp) => {
                Duration::ZERO
            }
            (Activity::Finished, _) => self.activity.quiet_time(),
            // Most likely it was renamed to this name, and is complete. If a writer does that more often than we check,
            // two checks never see the same state.
            _ if self.origin == Origin::Remote && self.is_replaced(stamp) => Duration::ZERO,
            (_, Some(_)) if self.origin == Origin::Remote => self.quiet_time,
            _ => self.activity.quiet_time(),
        }
    }

    /// Whether a report of a change during the read leaves the read valid.
    ///
    /// If a writer empties the file and writes another picture during the read, the states before and after it differ in
    /// their length, unless all its pictures have one length.
    pub fn tolerates_changes(&self, stamp: &Stamp) -> bool {
        let is_same_size = self.done.is_none_or(|done| done.is_same_size(stamp));
        self.quiet_time(stamp).is_zero() && !is_same_size
    }

    /// Whether another file had this name before.
    fn is_replaced(&self, stamp: &Stamp) -> bool {
        let before = self.done.or(self.sighting.map(|sighting| sighting.stamp));
        before.is_some_and(|before| !before.is_same_file(stamp))
    }

    /// How much longer the file must stay the same.
    pub fn wait(&self, stamp: Stamp, clock: &Clock) -> Duration {
        let sighting = Sighting::next(self.sighting, stamp, clock.now());
        self.quiet_time(&stamp).saturating_sub(sighting.age_at(self.reported_at, self.origin, clock))
    }
}
