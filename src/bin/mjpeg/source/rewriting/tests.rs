use super::*;
use crate::source::stamp::tests::stamp;

const MS: Duration = Duration::from_millis(1);

/// A file and when it is read without [`Proof::Alone`]: the reports of the system arrive at once.
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
                let condition = self.rewriting.condition(self.origin, now, now);
                if !condition.allows(&stamp, &self.clock) {
                    self.rewriting.unread(&condition, stamp, &self.clock);
                } else if self.rewriting.read(&condition, (stamp, Proof::States), is_complete, &self.clock) {
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
        // Another file.
        (Origin::Local, &[Finished][..], 2, 10, Duration::ZERO, 0),
        // Rewritten in place: a further write within a timer tick would not be seen.
        (Origin::Local, &[Opened, Written, Finished], 1, 10, Duration::ZERO, 20),
        // Another length: the writer may overwrite it in place all the same.
        (Origin::Local, &[Opened, Written, Finished], 1, 20, Duration::ZERO, 20),
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
    let condition = file.rewriting.condition(Origin::Local, file.clock.now(), file.clock.now());
    file.report(&[Report::Written]);
    let rewritten = stamp(1, 10, Duration::from_secs(2));
    assert!(condition.allows(&rewritten, &file.clock));
    let read =
        |file: &mut File, proof| file.rewriting.read(&condition, (rewritten, proof), true, &file.clock);
    assert!(!read(&mut file, Proof::States));
    assert!(read(&mut file, Proof::Alone), "the write came after the read");
}

/// Looks at a file for some seconds while it is rewritten in place every 7 ms, by a writer that has it open
/// almost always. Returns how often it is read.
fn reads_of_a_busy_file(file: &mut File, length: impl Fn(u32) -> u64) -> usize {
    use Report::{Finished, Opened, Written};
    let mut stamps = Vec::new();
    for n in 0..3000 {
        let stamp = stamp(1, length(n), file.clock.unix());
        file.report(&[Written, Finished, Opened, Written]);
        for _ in 0..7 {
            let now = file.clock.now();
            if file.rewriting.due().is_some_and(|due| now >= due) {
                let condition = file.rewriting.condition(Origin::Local, now, now);
                let is_read = condition.allows(&stamp, &file.clock)
                    && file.rewriting.read(&condition, (stamp, Proof::States), true, &file.clock);
                if is_read {
                    stamps.push(stamp);
                } else {
                    file.rewriting.unread(&condition, stamp, &file.clock);
                }
            }
            file.clock.advance(MS);
        }
    }
    stamps.len()
}

#[test]
fn a_file_without_a_pause_is_read_only_if_its_writer_empties_it() {
    let old = |file: &File| stamp(1, 10, file.clock.unix() - Duration::from_secs(3600));
    for (length, is_read) in [
        (&(|_| 10_u64) as &dyn Fn(u32) -> u64, false),
        // Overwritten in place and cut to its length.
        (&|n| 10 + u64::from(n % 3), false),
        (&|n| if n % 5 == 0 { 0 } else { 10 + u64::from(n % 3) }, true),
    ] {
        let mut file = File::new(Origin::Local);
        let old = old(&file);
        assert_eq!(file.read_after(old, true), Some(0));
        assert_eq!(reads_of_a_busy_file(&mut file, length) > 0, is_read);
        assert_eq!(file.rewriting.is_starved(file.clock.now()), !is_read);
    }
}

#[test]
fn a_file_that_grows_for_a_long_time_is_not_starved() {
    let mut file = File::new(Origin::Local);
    for n in 0..100 {
        file.report(&[Report::Written]);
        let growing = stamp(1, 10 + n, file.clock.unix());
        let condition = file.rewriting.condition(Origin::Local, file.clock.now(), file.clock.now());
        file.rewriting.unread(&condition, growing, &file.clock);
        file.clock.advance(100 * MS);
    }
    assert!(!file.rewriting.is_starved(file.clock.now()));
}

#[test]
fn where_nothing_is_reported_a_new_file_without_a_picture_counts_only_when_it_stays_the_same() {
    let mut file = File::new(Origin::Remote);
    assert_eq!(file.read_after(stamp(1, 10, Duration::from_secs(1)), true), Some(0));
    file.clock.advance(Duration::from_secs(10));
    let cut = stamp(2, 5, file.clock.unix());
    assert_eq!(file.read_after(cut, false), Some(40));
}
