//! The state of a file, and how long it must stay the same before the file is read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::watch::Report;
use crate::clock::Clock;

/// After the writer has closed the file. The times in a stamp have the precision of a timer tick, at most 10 ms: a write
/// that begins later than that changes the stamp.
const AFTER_CLOSE: Duration = Duration::from_millis(20);
/// If it is not known whether the file is open for writing.
const AFTER_UNKNOWN: Duration = Duration::from_millis(250);
/// If the file is open, or was written and not closed: some writers never close it.
const WHILE_OPEN: Duration = Duration::from_secs(1);
/// The clock of another machine sets the times of its files. A file that seems older than this is old.
const MOST_SKEW: Duration = Duration::from_secs(10);

/// The state of a file: a write to the file changes it, if the last write was at least a timer tick before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The state in the metadata of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether both are states of the same inode.
    pub fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether both states may be before and after a write that did not truncate the file.
    pub fn is_same_size(&self, other: &Self) -> bool {
        self.is_same_file(other) && self.length == other.length
    }

    /// Whether no write came between both states. A new name or new permissions do not count.
    pub fn is_same_content(&self, other: &Self) -> bool {
        self.is_same_size(other) && self.modified == other.modified
    }

    /// Whether the file is empty.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// When the file was written, since 1970-01-01 UTC.
    pub fn modified(&self) -> Duration {
        since_epoch(self.modified)
    }

    /// When the file was written. Unlike the modification time, programs cannot set it.
    fn changed(&self) -> Duration {
        since_epoch(self.changed)
    }
}

fn since_epoch((seconds, nanos): (i64, i64)) -> Duration {
    Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0))
}

/// What the system has reported about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Nothing, or only that it exists.
    Unknown,
    /// It was opened, perhaps for reading.
    Open,
    /// It was written and not closed.
    Written,
    /// Its writer has closed it, or has renamed it to this name.
    Finished,
}

impl Activity {
    /// The activity after a report.
    pub fn after(self, report: Report) -> Self {
        match (report, self) {
            (Report::Opened, Self::Written) => Self::Written,
            (Report::Opened, _) => Self::Open,
            (Report::Written, _) => Self::Written,
            (Report::Finished, _) | (Report::Closed, Self::Open) => Self::Finished,
            (Report::Closed | Report::Changed, same) => same,
            (Report::Created | Report::Removed, _) => Self::Unknown,
        }
    }

    /// How long the file must stay the same before it is read.
    pub fn quiet_time(self) -> Duration {
        match self {
            Self::Unknown => AFTER_UNKNOWN,
            Self::Open | Self::Written => WHILE_OPEN,
            Self::Finished => AFTER_CLOSE,
        }
    }
}

/// Whose clock sets the times of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This machine's clock.
    Local,
    /// Perhaps the clock of another machine.
    Remote,
}

/// A state of a file, and since when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The state.
    pub stamp: Stamp,
    /// When this state was seen first, by the monotonic clock.
    pub since: Duration,
}

impl Sighting {
    /// The sighting of a state after an earlier sighting.
    pub fn next(before: Option<Self>, stamp: Stamp, now: Duration) -> Self {
        before.filter(|before| before.stamp == stamp).unwrap_or(Self { stamp, since: now })
    }

    /// How long the file has been in this state.
    pub fn age(&self, origin: Origin, clock: &Clock) -> Duration {
        let seen = clock.now().saturating_sub(self.since);
        let stated = clock.unix().saturating_sub(self.stamp.changed());
        match origin {
            Origin::Remote if stated < MOST_SKEW => seen,
            _ => seen.max(stated),
        }
    }

    /// How long it had been in this state at time `at` of the clock, when the reports of the system were taken.
    ///
    /// A writer that opened the file later is not reported yet. It may be held up in the middle of a write for longer than a
    /// file must stay the same, but its write is younger than `at`.
    pub fn age_at(&self, at: Duration, origin: Origin, clock: &Clock) -> Duration {
        let age = self.age(origin, clock);
        age.saturating_sub(clock.now().saturating_sub(at))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The state of a file that was written at this time.
    pub fn stamp(inode: u64, length: u64, written: Duration) -> Stamp {
        let time = (written.as_secs() as i64, i64::from(written.subsec_nanos()));
        Stamp { device: 1, inode, length, modified: time, changed: time }
    }

    #[test]
    fn a_file_has_the_age_of_its_last_change_or_of_its_sighting() {
        let clock = Clock::simulated();
        let second = Duration::from_secs(1);
        for (written, origin, now, later) in [
            (clock.unix() - second, Origin::Local, second, 3 * second),
            // Its clock may be wrong by a second.
            (clock.unix() - second, Origin::Remote, Duration::ZERO, 2 * second),
            (clock.unix() - 60 * second, Origin::Remote, 60 * second, 62 * second),
            // The clock was set back.
            (clock.unix() + 60 * second, Origin::Local, Duration::ZERO, 2 * second),
        ] {
            let clock = Clock::simulated();
            let sighting = Sighting::next(None, stamp(1, 10, written), clock.now());
            assert_eq!(sighting.age(origin, &clock), now);
            clock.advance(2 * second);
            let again = Sighting::next(Some(sighting), stamp(1, 10, written), clock.now());
            assert_eq!(again.age(origin, &clock), later);
        }
    }

    #[test]
    fn a_file_is_finished_when_its_writer_has_closed_it() {
        use Report::{Closed, Created, Finished, Opened, Written};
        for (reports, expected) in [
            (&[Created, Opened, Written, Finished][..], Activity::Finished),
            (&[Created], Activity::Unknown),
            (&[Finished, Opened, Written], Activity::Written),
            (&[Finished, Opened], Activity::Open),
            // A reader.
            (&[Finished, Opened, Closed], Activity::Finished),
            // A reader while the file is written.
            (&[Opened, Written, Opened, Closed], Activity::Written),
        ] {
            let activity = reports.iter().fold(Activity::Unknown, |it, report| it.after(*report));
            assert_eq!(activity, expected, "{reports:?}");
        }
    }
}
