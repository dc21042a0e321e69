//! When a file that is rewritten again and again may be read.

use std::time::Duration;

use super::condition::{Condition, Proof};
use super::stamp::{Activity, Origin, Sighting, Stamp};
use super::watch::Report;
use crate::clock::Clock;

/// The shortest time between two looks at the file: a program that writes all the time must not keep us busy.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);

/// A file that is written without a pause for this long is looked at more often, to learn how it is written.
const LONGEST_WAIT: Duration = Duration::from_millis(1500);
/// The time between two such looks.
const WAITING_PAUSE: Duration = Duration::from_millis(10);
/// A file that could not be read for this long while it was rewritten is reported.
const STARVED_AFTER: Duration = Duration::from_secs(5);
/// A writer that emptied the file this long ago is expected to empty it each time.
const EMPTIED_FOR: Duration = Duration::from_secs(10);

/// What is known about a file that another program rewrites.
#[derive(Debug)]
pub struct Rewriting {
    activity: Activity,
    /// When to look at the file because of a report or an earlier look.
    due: Option<Duration>,
    /// When the file was looked at last.
    looked_at: Option<Duration>,
    waiting: Option<Waiting>,
    /// When the file was seen empty.
    emptied_at: Option<Duration>,
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

/// A change that waits to be read.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    since: Duration,
    /// How often the writer has finished since then.
    finished: u32,
    /// Whether a write was seen that did not change the length.
    is_overwritten: bool,
}

impl Rewriting {
    /// Nothing is known; the file is due. `quiet_time` is how long the file must stay the same where nothing is reported.
    pub fn new(quiet_time: Duration) -> Self {
        Self {
            activity: Activity::Unknown,
            due: Some(Duration::ZERO),
            looked_at: None,
            waiting: None,
            emptied_at: None,
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

    /// Whether the file is rewritten again and again, and could not be read for a long time.
    pub fn is_starved(&self, now: Duration) -> bool {
        self.waiting.is_some_and(|waiting| {
            let is_rewritten = waiting.finished > 1 || waiting.is_overwritten;
            is_rewritten && now >= waiting.since + STARVED_AFTER
        })
    }

    /// Takes a report of the system.
    pub fn report(&mut self, report: Report, now: Duration) {
        self.activity = self.activity.after(report);
        let soonest = |pause| self.looked_at.map_or(now, |at| at + pause);
        let first = Waiting { since: now, finished: 0, is_overwritten: false };
        match report {
            Report::Created | Report::Written => {
                let since = self.waiting.get_or_insert(first).since;
                let latest = (since + LONGEST_WAIT).max(soonest(WAITING_PAUSE));
                self.due = Some((now + self.activity.quiet_time()).min(latest));
            }
            // The state of the file decides whether to wait.
            Report::Finished => {
                self.waiting.get_or_insert(first).finished += 1;
                self.due = Some(now.max(soonest(SHORTEST_PAUSE)));
            }
            // A file that could not be read is looked at again and again anyway.
            Report::Opened | Report::Closed | Report::Changed => return,
            Report::Removed => self.due = None,
        }
        self.changes += 1;
    }

    /// When the file is read, if it is looked at now. The reports were taken at `reported_at`.
    pub fn condition(&mut self, origin: Origin, now: Duration, reported_at: Duration) -> Condition {
        self.looked_at = Some(now);
        let is_pending = self.due.is_some();
        Condition {
            // Without a report, it is not known whether a writer is at work: it may map the file into memory.
            activity: if is_pending { self.activity } else { Activity::Written },
            done: self.done,
            is_doubtful: is_pending && self.was_young,
            is_overdue: self.waiting.is_some_and(|waiting| now >= waiting.since + LONGEST_WAIT),
            is_emptied: self.emptied_at.is_some_and(|at| now < at + EMPTIED_FOR),
            sighting: self.sighting,
            quiet_time: self.quiet_time,
            origin,
            changes: self.changes,
            reported_at,
        }
    }

    /// Takes the state of a file that was not read, or changed while it was read.
    pub fn unread(&mut self, condition: &Condition, stamp: Stamp, clock: &Clock) {
        let now = clock.now();
        let before = self.see(stamp, now);
        if let (Some(waiting), Some(before)) = (&mut self.waiting, before) {
            waiting.is_overwritten |= before.is_same_size(&stamp) && !before.is_same_content(&stamp);
        }
        if condition.changes != self.changes {
            // A report has set the time of the next look.
            return;
        }
        self.due = None;
        if condition.is_done(&stamp) {
            self.waiting = None;
            return;
        }
        self.activity = condition.activity;
        if condition.origin == Origin::Local || self.done.is_none() {
            self.due = Some(now + condition.wait(stamp, clock).max(SHORTEST_PAUSE));
        }
    }

    /// Records that the file was read. Returns whether its picture counts, or the lack of one.
    pub fn read(
        &mut self,
        condition: &Condition,
        (stamp, proof): (Stamp, Proof),
        is_complete: bool,
        clock: &Clock,
    ) -> bool {
        let before = self.see(stamp, clock.now());
        let is_unchanged = condition.changes == self.changes;
        if proof == Proof::States {
            if !is_unchanged && !condition.tolerates_changes(&stamp) {
                return false;
            }
            let is_new_file =
                condition.activity != Activity::Finished && condition.quiet_time(&stamp).is_zero();
            if is_new_file && !is_complete && before != Some(stamp) {
                // The writer may not have finished.
                return false;
            }
        }
        if is_unchanged {
            self.due = None;
            if condition.origin == Origin::Remote {
                self.activity = Activity::Unknown;
            }
        }
        self.waiting = None;
        self.done = Some(stamp);
        let age = self.sighting.map_or(Duration::ZERO, |sighting| sighting.age(condition.origin, clock));
        self.was_young = age < Activity::Finished.quiet_time();
        true
    }

    /// Takes a state of the file. Returns the state before it.
    fn see(&mut self, stamp: Stamp, now: Duration) -> Option<Stamp> {
        if stamp.is_empty() {
            self.emptied_at = Some(now);
        }
        let before = self.sighting;
        self.sighting = Some(Sighting::next(before, stamp, now));
        before.map(|before| before.stamp)
    }

    /// Records that the file does not exist.
    pub fn missing(&mut self) {
        self.due = None;
        self.waiting = None;
        self.sighting = None;
    }

    /// Waits for the next report.
    pub fn pause(&mut self) {
        self.due = None;
    }
}

#[cfg(test)]
mod tests;
