//! When a file that is rewritten again and again may be read.

use std::time::Duration;

use super::stamp::{Activity, Origin, Sighting, Stamp};
use super::watch::Report;
use crate::clock::Clock;

/// The shortest time between two looks at the file: a program that writes all the time must not keep us busy.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);

/// A file that is written without a pause for this long is read all the same. It is used if it is complete and its state
/// did not change during the read. A writer that keeps the length of the file may be in the middle of a picture then, so
/// the picture may be half old and half new.
const LONGEST_WAIT: Duration = Duration::from_millis(1500);

/// What is known about a file that another program rewrites.
#[derive(Debug)]
pub struct Rewriting {
    activity: Activity,
    /// When to look at the file because of a report or an earlier look.
    due: Option<Duration>,
    /// When the file was looked at last.
    looked_at: Option<Duration>,
    /// Since when a change waits to be read.
    waits_since: Option<Duration>,
    /// Reports of changes so far.
    changes: u64,
    /// The state of the file that was read last.
    done: Option<Stamp>,
    /// Whether the file was so young then that a further write may have left its state the same.
    was_young: bool,
    sighting: Option<Sighting>,
    /// Where nothing is reported: how long the file must stay the same.
    quiet_time: Duration,
}

/// When the file is read.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    activity: Activity,
    done: Option<Stamp>,
    /// Whether a write may have left the state of `done` the same.
    is_doubtful: bool,
    /// Whether the change has waited for long enough.
    is_overdue: bool,
    sighting: Option<Sighting>,
    quiet_time: Duration,
    origin: Origin,
    changes: u64,
}

impl Condition {
    /// Whether to read the file in this state.
    pub fn allows(&self, stamp: &Stamp, clock: &Clock) -> bool {
        !self.is_done(stamp) && self.wait(*stamp, clock).is_zero()
    }

    /// Whether the file was read in this state, and was not written since.
    fn is_done(&self, stamp: &Stamp) -> bool {
        self.done.as_ref() == Some(stamp) && !self.is_doubtful
    }

    /// How long the file must stay the same.
    fn quiet_time(&self, stamp: &Stamp) -> Duration {
        match (self.activity, &self.done) {
            _ if self.is_overdue => Duration::ZERO,
            // The picture is half old and half new only if the file is the same and keeps its length.
            (Activity::Finished, Some(done)) if !done.is_same_size(stamp) => Duration::ZERO,
            (Activity::Finished, _) => self.activity.quiet_time(),
            // Most likely it was renamed to this name, and is complete. If a writer does that more often than we check,
            // two checks never see the same state.
            _ if self.origin == Origin::Remote && self.is_replaced(stamp) => Duration::ZERO,
            (_, Some(_)) if self.origin == Origin::Remote => self.quiet_time,
            _ => self.activity.quiet_time(),
        }
    }

    /// Whether another file had this name before.
    fn is_replaced(&self, stamp: &Stamp) -> bool {
        let before = self.done.or(self.sighting.map(|sighting| sighting.stamp));
        before.is_some_and(|before| !before.is_same_file(stamp))
    }

    fn wait(&self, stamp: Stamp, clock: &Clock) -> Duration {
        let sighting = Sighting::next(self.sighting, stamp, clock.now());
        self.quiet_time(&stamp).saturating_sub(sighting.age(self.origin, clock))
    }
}

impl Rewriting {
    /// Nothing is known; the file is due. `quiet_time` is how long the file must stay the same where nothing is reported.
    pub fn new(quiet_time: Duration) -> Self {
        Self {
            activity: Activity::Unknown,
            due: Some(Duration::ZERO),
            looked_at: None,
            waits_since: None,
            changes: 0,
            done: None,
            was_young: false,
            sighting: None,
            quiet_time,
        }
    }

    /// When to look at the file, unless nothing is pending.
    pub fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Takes a report of the system.
    pub fn report(&mut self, report: Report, now: Duration) {
        self.activity = self.activity.after(report);
        match report {
            Report::Created | Report::Written => {
                let since = *self.waits_since.get_or_insert(now);
                let soonest = self.looked_at.map_or(now, |at| at + SHORTEST_PAUSE);
                let latest = (since + LONGEST_WAIT).max(soonest);
                self.due = Some((now + self.activity.quiet_time()).min(latest));
            }
            // The state of the file decides whether to wait.
            Report::Finished => {
                self.waits_since.get_or_insert(now);
                let soonest = self.looked_at.map_or(now, |at| at + SHORTEST_PAUSE);
                self.due = Some(now.max(soonest));
            }
            Report::Opened | Report::Closed => return,
            Report::Removed => self.due = None,
        }
        self.changes += 1;
    }

    /// When the file is read, if it is looked at now.
    pub fn condition(&mut self, origin: Origin, now: Duration) -> Condition {
        self.looked_at = Some(now);
        let is_pending = self.due.is_some();
        Condition {
            // Without a report, it is not known whether a writer is at work: it may map the file into memory.
            activity: if is_pending { self.activity } else { Activity::Written },
            done: self.done,
            is_doubtful: is_pending && self.was_young,
            is_overdue: self.waits_since.is_some_and(|since| now >= since + LONGEST_WAIT),
            sighting: self.sighting,
            quiet_time: self.quiet_time,
            origin,
            changes: self.changes,
        }
    }

    /// Takes the state of a file that was not read, or changed while it was read.
    pub fn unread(&mut self, condition: &Condition, stamp: Stamp, clock: &Clock) {
        if condition.changes != self.changes {
            // A report has set the time of the next look.
            return;
        }
        self.due = None;
        if condition.is_done(&stamp) {
            self.waits_since = None;
            return;
        }
        let now = clock.now();
        self.activity = condition.activity;
        self.sighting = Some(Sighting::next(self.sighting, stamp, now));
        if condition.origin == Origin::Local || self.done.is_none() {
            self.due = Some(now + condition.wait(stamp, clock).max(SHORTEST_PAUSE));
        }
    }

    /// Records that the file was read. Returns whether its picture counts, or the lack of one.
    pub fn read(&mut self, condition: &Condition, stamp: Stamp, is_complete: bool, clock: &Clock) -> bool {
        let now = clock.now();
        let before = self.sighting;
        let sighting = Sighting::next(before, stamp, now);
        self.sighting = Some(sighting);
        let quiet_time = condition.quiet_time(&stamp);
        if condition.changes != self.changes && !quiet_time.is_zero() {
            return false;
        }
        let is_new_file = condition.activity != Activity::Finished && quiet_time.is_zero();
        if is_new_file && !is_complete && before != self.sighting {
            // The writer may not have finished.
            return false;
        }
        if condition.changes == self.changes {
            self.due = None;
            if condition.origin == Origin::Remote {
                self.activity = Activity::Unknown;
            }
        }
        self.waits_since = None;
        self.done = Some(stamp);
        self.was_young = sighting.age(condition.origin, clock) < Activity::Finished.quiet_time();
        true
    }

    /// Records that the file does not exist.
    pub fn missing(&mut self) {
        self.due = None;
        self.waits_since = None;
        self.sighting = None;
    }

    /// Waits for the next report.
    pub fn pause(&mut self) {
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::stamp::tests::stamp;

    const MS: Duration = Duration::from_millis(1);

    /// A file and when it is read: the reports of the system arrive at once.
    struct File {
        rewriting: Rewriting,
        origin: Origin,
        clock: Clock,
    }

    impl File {
        fn new(origin: Origin) -> Self {
            Self { rewriting: Rewriting::new(40 * MS), origin, clock: Clock::simulated() }
        }

        fn report(&mut self, reports: &[Report]) {
            reports.iter().for_each(|report| self.rewriting.report(*report, self.clock.now()));
        }

        /// Looks at the file in this state each millisecond that it is due, or each 40 ms. Returns after how many
        /// milliseconds it is read.
        fn read_after(&mut self, stamp: Stamp, is_complete: bool) -> Option<u32> {
            for waited in 0..3000 {
                let now = self.clock.now();
                if waited % 40 == 0 || self.rewriting.due().is_some_and(|due| now >= due) {
                    let condition = self.rewriting.condition(self.origin, now);
                    if !condition.allows(&stamp, &self.clock) {
                        self.rewriting.unread(&condition, stamp, &self.clock);
                    } else if self.rewriting.read(&condition, stamp, is_complete, &self.clock) {
                        return Some(waited);
                    }
                }
                self.clock.advance(MS);
            }
            None
        }
    }

    #[test]
    fn a_file_is_read_when_it_is_complete() {
        use Report::{Created, Finished, Opened, Written};
        let old = Duration::from_secs(3600);
        for (origin, reports, inode, length, age, expected) in [
            // Another length: nothing old is left in it.
            (Origin::Local, &[Opened, Written, Finished][..], 1, 20, Duration::ZERO, 0),
            // Another file.
            (Origin::Local, &[Finished], 2, 10, Duration::ZERO, 0),
            // Rewritten in place: a further write within a timer tick would not be seen.
            (Origin::Local, &[Opened, Written, Finished], 1, 10, Duration::ZERO, 20),
            (Origin::Local, &[Opened, Written], 1, 10, Duration::ZERO, 1000),
            (Origin::Local, &[Finished, Opened, Written], 1, 20, Duration::ZERO, 1000),
            (Origin::Local, &[Created], 2, 20, Duration::ZERO, 250),
            // Nothing is reported.
            (Origin::Local, &[], 1, 10, Duration::ZERO, 1000),
            (Origin::Remote, &[], 1, 10, Duration::ZERO, 40),
            (Origin::Remote, &[], 2, 10, Duration::ZERO, 0),
            (Origin::Remote, &[], 1, 10, old, 0),
        ] {
            let mut file = File::new(origin);
            assert_eq!(file.read_after(stamp(1, 10, file.clock.unix() - 2 * old), true), Some(0));
            file.clock.advance(Duration::from_secs(10));
            file.report(reports);
            let rewritten = stamp(inode, length, file.clock.unix() - age);
            assert_eq!(
                file.read_after(rewritten, true),
                Some(expected),
                "{origin:?} {reports:?} {inode} {length}"
            );
            assert_eq!(file.read_after(rewritten, true), None, "it is read once");
        }
    }

    #[test]
    fn at_the_start_a_young_file_must_stay_the_same_for_a_time() {
        for (origin, age, reports, expected) in [
            (Origin::Local, 3_600_000, &[][..], 0),
            (Origin::Local, 100, &[], 150),
            (Origin::Local, 0, &[Report::Finished], 20),
            (Origin::Remote, 3_600_000, &[], 0),
            (Origin::Remote, 100, &[], 250),
        ] {
            let mut file = File::new(origin);
            let young = stamp(1, 10, file.clock.unix() - age * MS);
            file.report(reports);
            assert_eq!(file.read_after(young, true), Some(expected), "{origin:?} {age} {reports:?}");
        }
    }

    #[test]
    fn a_write_during_the_read_of_a_file_rewritten_in_place_spoils_the_read() {
        let mut file = File::new(Origin::Local);
        assert_eq!(file.read_after(stamp(1, 10, Duration::from_secs(1)), true), Some(0));
        file.report(&[Report::Finished]);
        let condition = file.rewriting.condition(Origin::Local, file.clock.now());
        file.report(&[Report::Written]);
        let rewritten = stamp(1, 10, Duration::from_secs(2));
        assert!(condition.allows(&rewritten, &file.clock));
        assert!(!file.rewriting.read(&condition, rewritten, true, &file.clock));
    }

    #[test]
    fn where_nothing_is_reported_a_new_file_without_a_picture_counts_only_when_it_stays_the_same() {
        let mut file = File::new(Origin::Remote);
        assert_eq!(file.read_after(stamp(1, 10, Duration::from_secs(1)), true), Some(0));
        file.clock.advance(Duration::from_secs(10));
        let cut = stamp(2, 5, file.clock.unix());
        assert_eq!(file.read_after(cut, false), Some(40));
    }
}
