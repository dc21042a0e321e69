//! The lines about one camera on standard error, of which there are few however often its stream ends.

use std::time::Duration;

use crate::clock::Clock;
use crate::output;

/// Lines that may come at once.
const BURST: f64 = 3.0;
/// The time for which one more line is allowed.
const EACH: Duration = Duration::from_secs(60);

/// The lines about one camera.
#[derive(Debug)]
pub struct Log {
    is_quiet: bool,
    budget: Budget,
}

impl Log {
    /// A log that has written nothing.
    pub fn new(is_quiet: bool) -> Self {
        Self { is_quiet, budget: Budget::default() }
    }

    /// A stream ended, or could not be opened.
    pub fn lost(&mut self, name: &str, why: &str, clock: &Clock) {
        if self.is_quiet {
            return;
        }
        if let Some(left_out) = self.budget.spend(why, clock.now()) {
            let before = match left_out {
                0 => String::new(),
                n => format!(" ({n} such lines were left out)"),
            };
            output::event_at("monitor", clock.unix(), &format!("{name}: {why}{before}"));
        }
    }
}

/// How many lines there may be: a few at once, each with another reason, then one each minute.
#[derive(Debug)]
struct Budget {
    lines: f64,
    at: Duration,
    left_out: u64,
    /// The reason in the last line, and when that was written.
    last: Option<(String, Duration)>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { lines: BURST, at: Duration::ZERO, left_out: 0, last: None }
    }
}

impl Budget {
    /// Whether a line with this reason may be written, and how many were not since the last one.
    fn spend(&mut self, why: &str, now: Duration) -> Option<u64> {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        self.lines = (self.lines + passed / EACH.as_secs_f64()).min(BURST);
        let is_told = self.last.as_ref().is_some_and(|(last, at)| last == why && now < *at + EACH);
        if is_told || self.lines < 1.0 {
            self.left_out += 1;
            return None;
        }
        self.lines -= 1.0;
        self.last = Some((why.into(), now));
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_fails_each_second_has_a_line_each_minute() {
        let mut budget = Budget::default();
        let written: Vec<_> = (0..600)
            .filter_map(|second| Some((second, budget.spend("refused", Duration::from_secs(second))?)))
            .collect();
        assert_eq!(&written[..3], [(0, 0), (60, 59), (120, 59)]);
        assert_eq!(written.len(), 10);
    }

    #[test]
    fn other_reasons_are_written_at_once_but_not_without_end() {
        let mut budget = Budget::default();
        let written: Vec<_> = (0..600)
            .filter_map(|second| {
                let why = ["refused", "refused", "404"][second as usize % 3];
                Some((second, budget.spend(why, Duration::from_secs(second))?))
            })
            .collect();
        assert_eq!(&written[..3], [(0, 0), (2, 1), (3, 0)]);
        assert!(written.len() <= 13, "{written:?}");
    }
}
