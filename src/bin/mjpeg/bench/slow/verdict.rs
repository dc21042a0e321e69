//! Whether B noticed that A was slow.

use std::time::Duration;

use super::side::{Phase, Side};
use crate::bench::load::Limits;

/// B keeps this share of its frames.
const KEPT: f64 = 0.9;
/// A gap is longer than before if it is longer by three intervals and this time.
const NOISE: Duration = Duration::from_millis(100);

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// B did not notice.
    Isolated,
    /// B lost frames, or waited.
    Hurt,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The slow viewer.
    pub a: Side,
    /// The other one.
    pub b: Side,
    /// When the first phase began.
    pub started: Duration,
    /// The lengths of the phases.
    pub lengths: [Duration; 3],
    /// From the start of the slow phase to the end of A's connection.
    pub cut_off_after: Option<Duration>,
    /// The server's memory in bytes at the start of the slow phase, and the largest.
    pub rss: Option<(u64, u64)>,
}

impl Measured {
    /// The names of the thresholds that were missed. Those of frames are about B, that of the age is about A.
    pub fn missed(&self, limits: &Limits) -> Vec<&'static str> {
        let age = self.a.ages().map(|(_, max)| max);
        let gap = self.b.gap_max(Phase::During);
        let fps = self.fps_of_b(Phase::During);
        [
            ("max_gap", limits.max_gap.is_some_and(|limit| gap > limit)),
            ("min_fps", limits.min_fps.is_some_and(|limit| fps < limit.fps())),
            ("max_age", limits.max_age.is_some_and(|limit| age.is_none_or(|age| age > limit))),
        ]
        .into_iter()
        .filter_map(|(name, is_missed)| is_missed.then_some(name))
        .collect()
    }

    /// The viewer whose stream ended while both read everything.
    pub fn ended_early(&self) -> Option<&'static str> {
        let slow_since = self.started.saturating_add(self.lengths[Phase::Before as usize]);
        let has_ended = |side: &Side| side.over.is_some_and(|over| over < slow_since);
        [(&self.b, "B"), (&self.a, "A")].into_iter().find_map(|(side, name)| has_ended(side).then_some(name))
    }

    /// B's frames per second in a phase.
    pub fn fps_of_b(&self, phase: Phase) -> f64 {
        self.b.fps(phase, self.lengths[phase as usize])
    }

    /// Frames that A got after it was slow and that were old: by their times, else those that it got and B did not.
    pub fn stale_on_resume(&self) -> Option<u64> {
        if self.a.has_ages {
            return Some(self.a.stale);
        }
        let (a, b) = (self.a.frames(Phase::After), self.b.frames(Phase::After));
        (self.cut_off_after.is_none()).then(|| a.saturating_sub(b))
    }

    /// Whether B noticed.
    pub fn verdict(&self) -> Verdict {
        let (before, during) = (self.fps_of_b(Phase::Before), self.fps_of_b(Phase::During));
        let interval = Duration::from_secs_f64(1.0 / before.max(0.001));
        let usual = self.b.gap_max(Phase::Before);
        let is_late = self.b.gap_max(Phase::During) > usual + interval * 3 + NOISE;
        if during < KEPT * before || is_late || self.b.over.is_some() {
            Verdict::Hurt
        } else {
            Verdict::Isolated
        }
    }
}

impl Verdict {
    /// The word in text and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Isolated => "isolated",
            Self::Hurt => "hurt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// B gets a frame every `before` ms for a second, and every `during` ms for two seconds.
    fn measured(before: u64, during: impl Iterator<Item = u64>) -> Measured {
        let mut b = Side::default();
        for at in (0..1000).step_by(before as usize) {
            b.frame(Phase::Before, ms(at), None, None);
        }
        b.end(Phase::Before, ms(1000));
        for at in during {
            b.frame(Phase::During, ms(at), None, None);
        }
        b.end(Phase::During, ms(3000));
        let lengths = [ms(1000), ms(2000), ms(1000)];
        Measured { a: Side::default(), b, started: Duration::ZERO, lengths, cut_off_after: None, rss: None }
    }

    #[test]
    fn b_is_hurt_by_lost_frames_and_by_long_gaps() {
        assert_eq!(measured(50, (1000..3000).step_by(50)).verdict(), Verdict::Isolated);
        assert_eq!(measured(50, (1000..3000).step_by(60)).verdict(), Verdict::Hurt, "a tenth is lost");
        let stalled = (1000..1500).step_by(40).chain((1900..3000).step_by(40));
        assert_eq!(measured(50, stalled).verdict(), Verdict::Hurt, "a gap of 400 ms");
        assert_eq!(measured(50, std::iter::empty()).verdict(), Verdict::Hurt);
    }

    #[test]
    fn a_stream_that_ends_before_a_is_slow_is_named() {
        let with = |a: Option<u64>, b: Option<u64>| {
            let mut it = measured(50, (1000..3000).step_by(50));
            (it.a.over, it.b.over) = (a.map(ms), b.map(ms));
            it.ended_early()
        };
        assert_eq!((with(None, None), with(Some(1000), Some(1500))), (None, None));
        assert_eq!((with(Some(999), None), with(Some(1), Some(2))), (Some("A"), Some("B")));
    }

    #[test]
    fn thresholds_are_missed_by_what_is_worse_and_by_ages_that_are_not_known() {
        let measured = measured(50, (1000..3000).step_by(50));
        let limits =
            Limits { max_gap: Some(ms(49)), min_fps: Some("21".parse().unwrap()), max_age: Some(ms(100)) };
        assert_eq!(measured.missed(&limits), ["max_gap", "min_fps", "max_age"]);
        assert_eq!(measured.missed(&Limits::default()), [""; 0]);
    }
}
