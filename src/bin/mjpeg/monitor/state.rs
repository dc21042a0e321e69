//! The state of a camera, with hysteresis: bad after some bad windows, good after some good ones.

use std::collections::BTreeSet;

use serde::Serialize;

use super::window::Seen;
use crate::criteria::Verdict;

/// What a camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No verdict yet.
    Unknown,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
}

impl Standing {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// How many windows in a row change the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Bad windows until the camera is bad.
    pub bad_after: u32,
    /// Good windows until it is good again.
    pub good_after: u32,
}

/// A change that people are to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: Standing,
    /// The state now; bad and bad if another fault has come.
    pub to: Standing,
}

/// The state of one camera.
#[derive(Debug)]
pub struct State {
    patience: Patience,
    /// What it is.
    pub standing: Standing,
    bad: u32,
    good: u32,
    /// The rules and verdicts of the faults since it was good.
    known: BTreeSet<&'static str>,
}

impl State {
    /// A camera of which nothing is known.
    pub fn new(patience: Patience) -> Self {
        Self { patience, standing: Standing::Unknown, bad: 0, good: 0, known: BTreeSet::new() }
    }

    /// Takes the next window, and says what changes.
    pub fn window(&mut self, seen: &Seen) -> Option<Change> {
        let from = self.standing;
        if seen.verdict == Verdict::Pass {
            (self.bad, self.good) = (0, self.good.saturating_add(1));
            // The first good window is enough for a camera that has never been bad.
            let needed = if from == Standing::Bad { self.patience.good_after } else { 1 };
            if from == Standing::Good || self.good < needed {
                return None;
            }
            self.known.clear();
            return self.becomes(Standing::Good);
        }
        (self.bad, self.good) = (self.bad.saturating_add(1), 0);
        if self.bad < self.patience.bad_after && from != Standing::Bad {
            return None;
        }
        let before = self.known.len();
        self.known.extend(seen.alarms().iter().map(|finding| finding.rule.code));
        if seen.verdict > Verdict::Fail {
            self.known.insert(seen.verdict.name());
        }
        if from == Standing::Bad && self.known.len() == before {
            return None;
        }
        self.becomes(Standing::Bad)
    }

    fn becomes(&mut self, to: Standing) -> Option<Change> {
        let from = std::mem::replace(&mut self.standing, to);
        Some(Change { from, to })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(verdict: Verdict) -> Seen {
        let why = None;
        let (behind, bytes_p50) = (Duration::ZERO, None);
        Seen {
            verdict,
            why,
            findings: Vec::new(),
            counting: 0,
            pictures: 1,
            timing: None,
            size: None,
            bytes_p50,
            behind,
        }
    }

    /// The states after each window; `.` is no change.
    fn states(bad_after: u32, good_after: u32, windows: &str) -> String {
        let mut state = State::new(Patience { bad_after, good_after });
        let verdict = |window| match window {
            'p' => Verdict::Pass,
            'f' => Verdict::Fail,
            's' => Verdict::Stalled,
            _ => Verdict::Unreachable,
        };
        let change = |window| match state.window(&seen(verdict(window))) {
            None => '.',
            Some(change) if change.to == Standing::Good => 'g',
            Some(change) if change.from == Standing::Bad => 'B',
            Some(_) => 'b',
        };
        windows.chars().map(change).collect()
    }

    #[test]
    fn windows_in_a_row_change_the_state_and_another_fault_is_said() {
        for (bad_after, good_after, windows, changes) in [
            (1, 2, "ppfpfppp", "g.b...g."),
            (1, 1, "pfpf", "gbgb"),
            (3, 2, "ffpfffpfpp", ".. g..b...g"),
            (2, 1, "sssp", ".b.g"),
            (1, 2, "fsuupp", "bBB..g"),
            (1, 2, "fsfspspps", "bB.....gb"),
            (2, 2, "pfufppfss", "g.b..g.b."),
        ] {
            assert_eq!(states(bad_after, good_after, windows), changes.replace(' ', ""), "{windows}");
        }
    }
}
