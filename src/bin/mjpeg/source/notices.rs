//! Messages that may be many: of each kind, at most one a minute, with the number of those that were not written.

use std::fmt;
use std::time::Duration;

use crate::clock::Clock;
use crate::output::Reporter;

/// The shortest time between two messages of one kind.
const INTERVAL: Duration = Duration::from_secs(60);
/// The most kinds that are remembered; with more, the oldest kind is forgotten.
const KINDS: usize = 32;

/// Writes the first message of a kind at once, and counts further ones. When a minute is over, it writes their count.
#[derive(Debug)]
pub struct Notices {
    clock: Clock,
    reporter: Reporter,
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Kind {
    name: String,
    more: More,
    written_at: Duration,
    held_back: u64,
}

/// What a message with a count says after the count.
#[derive(Debug, Clone)]
pub struct More {
    one: String,
    several: String,
}

impl Notices {
    /// No message was written yet.
    pub fn new(clock: Clock, reporter: Reporter) -> Self {
        Self { clock, reporter, kinds: Vec::new() }
    }

    /// Writes `text`, or counts it if a message of this kind was written less than a minute ago.
    pub fn say(&mut self, kind: &str, more: &More, text: &str) {
        self.flush();
        if self.may_write(kind, more) {
            self.reporter.event(text);
        }
    }

    /// When [`Notices::flush`] must be called.
    pub fn due(&self) -> Option<Duration> {
        self.kinds.iter().filter(|kind| kind.held_back > 0).map(Kind::ends_at).min()
    }

    /// Writes the counts of kinds whose minute is over.
    pub fn flush(&mut self) {
        for line in self.counts(self.clock.now()) {
            self.reporter.event(&line);
        }
    }

    /// Writes all counts: the source has ended.
    pub fn finish(&mut self) {
        for line in self.counts(Duration::MAX) {
            self.reporter.event(&line);
        }
    }

    fn may_write(&mut self, name: &str, more: &More) -> bool {
        if let Some(kind) = self.kinds.iter_mut().find(|kind| kind.name == name) {
            kind.held_back += 1;
            return false;
        }
        if self.kinds.len() == KINDS {
            self.kinds.remove(0);
        }
        let written_at = self.clock.now();
        self.kinds.push(Kind { name: name.into(), more: more.clone(), written_at, held_back: 0 });
        true
    }

    /// The counts of kinds whose minute is over at `now`. A count begins the next minute of its kind.
    fn counts(&mut self, now: Duration) -> Vec<String> {
        let written_at = self.clock.now();
        let mut lines = Vec::new();
        self.kinds.retain_mut(|kind| {
            if now < kind.ends_at() {
                return true;
            }
            let held_back = std::mem::take(&mut kind.held_back);
            kind.written_at = written_at;
            if held_back > 0 {
                lines.push(kind.more.text(held_back));
            }
            held_back > 0
        });
        lines
    }
}

impl More {
    /// The texts for one message and for several.
    pub fn new(one: impl fmt::Display, several: impl fmt::Display) -> Self {
        Self { one: one.to_string(), several: several.to_string() }
    }

    /// `1 more time`, `2 more times`, and then `what`.
    pub fn times(what: impl fmt::Display) -> Self {
        Self::new(format_args!("more time{what}"), format_args!("more times{what}"))
    }

    /// `1 more file in a folder was skipped`, `2 more files in a folder were skipped`.
    pub fn skipped_files(folder: impl fmt::Display) -> Self {
        Self::new(
            format_args!("more file in {folder} was skipped"),
            format_args!("more files in {folder} were skipped"),
        )
    }

    fn text(&self, count: u64) -> String {
        format!("{count} {}", if count == 1 { &self.one } else { &self.several })
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Kind {
    fn ends_at(&self) -> Duration {
        self.written_at + INTERVAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn skipped() -> More {
        More::skipped_files("here")
    }

    fn notices() -> (Notices, Clock) {
        let clock = Clock::simulated();
        (Notices::new(clock.clone(), Reporter::new("test")), clock)
    }

    #[test]
    fn of_one_kind_one_message_a_minute_is_written_and_the_others_are_counted() {
        let (mut notices, clock) = notices();
        assert!(notices.may_write("skipped", &skipped()));
        assert_eq!(notices.due(), None);
        for _ in 0..1234 {
            assert!(!notices.may_write("skipped", &skipped()));
        }
        assert!(notices.may_write("gone", &More::times("")));
        assert_eq!(notices.due(), Some(60 * SECOND));
        clock.advance(59 * SECOND);
        assert!(notices.counts(clock.now()).is_empty());
        clock.advance(SECOND);
        assert_eq!(notices.counts(clock.now()), ["1234 more files in here were skipped"]);
        // The count was a message: the next one comes a minute later.
        assert!(!notices.may_write("skipped", &skipped()));
        assert!(notices.may_write("gone", &skipped()));
        assert_eq!(notices.due(), Some(120 * SECOND));
        clock.advance(60 * SECOND);
        assert_eq!(notices.counts(clock.now()), ["1 more file in here was skipped"]);
        clock.advance(60 * SECOND);
        assert!(notices.counts(clock.now()).is_empty());
        assert!(notices.may_write("skipped", &skipped()));
    }

    #[test]
    fn at_the_end_all_counts_are_written() {
        let (mut notices, _) = notices();
        notices.may_write("skipped", &skipped());
        notices.may_write("skipped", &skipped());
        assert_eq!(notices.counts(Duration::MAX), ["1 more file in here was skipped"]);
        assert!(notices.counts(Duration::MAX).is_empty());
        assert!(notices.may_write("skipped", &skipped()), "another minute begins");
    }

    #[test]
    fn any_number_of_kinds_takes_bounded_memory() {
        let (mut notices, _) = notices();
        for n in 0..1000 {
            assert!(notices.may_write(&n.to_string(), &skipped()));
        }
        assert_eq!(notices.kinds.len(), KINDS);
    }
}
