//! What one of the two viewers receives in each phase. It knows times that it is given, and no clock.

use std::time::Duration;

use hdrhistogram::Histogram;
use mjpeg::stats::MeanGap;

use crate::bench::{silence, times};

/// The phases of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Both viewers read everything.
    Before,
    /// A is slow.
    During,
    /// A reads everything again.
    After,
}

/// One viewer.
#[derive(Debug, Clone)]
pub struct Side {
    frames: [u64; 3],
    gap_max: [Duration; 3],
    mean_gaps: [MeanGap; 3],
    /// Time from the last frame of a phase to its end counts as a gap of the phase.
    last: Option<Duration>,
    /// That time, if it is a stall.
    stalls: [Option<Duration>; 3],
    /// Bytes and ages of frames while A was slow and afterwards.
    pub bytes: u64,
    ages: Vec<Duration>,
    /// The gaps before its frames.
    pub gaps: Histogram<u64>,
    /// When frames came, with the gaps before them: the first ones.
    pub series: Vec<(Duration, Duration)>,
    /// Frames after A was slow that were taken before it read again.
    pub stale: u64,
    /// Whether a frame carried a time.
    pub has_ages: bool,
    /// When it lost its stream.
    pub over: Option<Duration>,
}

/// A stream that pauses for longer has stalled.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The most ages that are kept.
const AGES: usize = 1_000_000;
/// The most frames of the plot.
const SERIES: usize = 200_000;

impl Default for Side {
    fn default() -> Self {
        Self {
            frames: [0; 3],
            gap_max: [Duration::ZERO; 3],
            mean_gaps: Default::default(),
            last: None,
            stalls: [None; 3],
            bytes: 0,
            ages: Vec::new(),
            gaps: times::histogram(),
            series: Vec::new(),
            stale: 0,
            has_ages: false,
            over: None,
        }
    }
}

impl Side {
    /// A frame is complete. `resumed`: when A began to read again.
    pub fn frame(&mut self, phase: Phase, at: Duration, age: Option<Duration>, resumed: Option<Duration>) {
        if let Some(last) = self.last.replace(at) {
            let gap = at.saturating_sub(last);
            self.gap(phase, gap);
            self.mean_gaps[phase as usize].push(gap.as_secs_f64() * 1e3);
            times::record(&mut self.gaps, gap);
            if self.series.len() < SERIES {
                self.series.push((at, gap));
            }
        }
        self.frames[phase as usize] += 1;
        let Some(age) = age else { return };
        self.has_ages = true;
        if phase != Phase::Before && self.ages.len() < AGES {
            self.ages.push(age);
        }
        if resumed.is_some_and(|resumed| at.saturating_sub(age) < resumed) {
            self.stale += 1;
        }
    }

    /// Bytes have come.
    pub fn bytes(&mut self, phase: Phase, n: usize) {
        if phase == Phase::During {
            self.bytes += n as u64;
        }
    }

    /// A phase has ended: a gap that is still open belongs to it too.
    pub fn end(&mut self, phase: Phase, at: Duration) {
        let open = at.saturating_sub(self.last.unwrap_or(Duration::ZERO));
        let gap = |percent| times::percentile(&self.gaps, percent).unwrap_or_default();
        let limit = silence::limit(gap(100.0), gap(50.0)).min(LONGEST_PAUSE);
        self.stalls[phase as usize] = Some(open).filter(|open| *open >= limit);
        self.gap(phase, open);
    }

    /// The stall of a phase, if it has one: it lasts to the end of the phase, or was long.
    pub fn stall(&self, phase: Phase) -> Option<Duration> {
        let pause = Some(self.gap_max(phase)).filter(|gap| *gap >= LONGEST_PAUSE);
        self.stalls[phase as usize].or(pause)
    }

    fn gap(&mut self, phase: Phase, gap: Duration) {
        let most = &mut self.gap_max[phase as usize];
        *most = (*most).max(gap);
    }

    /// Forgets the frames so far, but the time of the last one.
    pub fn restart(&mut self) {
        *self = Self { last: self.last, over: self.over, ..Self::default() };
    }

    /// Whether there was a frame.
    pub fn is_served(&self) -> bool {
        self.last.is_some()
    }

    /// Frames of a phase.
    pub fn frames(&self, phase: Phase) -> u64 {
        self.frames[phase as usize]
    }

    /// Frames per second of a phase of this length.
    pub fn fps(&self, phase: Phase, length: Duration) -> f64 {
        self.frames(phase) as f64 / length.as_secs_f64().max(1e-9)
    }

    /// The largest gap that ended in a phase, or was open at its end.
    pub fn gap_max(&self, phase: Phase) -> Duration {
        self.gap_max[phase as usize]
    }

    /// The gaps of a phase, for their mean.
    pub fn mean_gap(&self, phase: Phase) -> &MeanGap {
        &self.mean_gaps[phase as usize]
    }

    /// The ages of the frames since A was slow.
    pub fn all_ages(&self) -> Histogram<u64> {
        let mut all = times::histogram();
        self.ages.iter().for_each(|&age| times::record(&mut all, age));
        all
    }

    /// The median and the largest age of the frames since A was slow.
    pub fn ages(&self) -> Option<(Duration, Duration)> {
        let mut ages = self.ages.clone();
        ages.sort_unstable();
        Some((*ages.get(ages.len().checked_sub(1)? / 2)?, *ages.last()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn frames_belong_to_their_phase_and_open_gaps_count() {
        let mut side = Side::default();
        for at in (0..1000).step_by(100) {
            side.frame(Phase::Before, ms(at), None, None);
        }
        side.end(Phase::Before, ms(1000));
        side.frame(Phase::During, ms(1050), None, None);
        side.end(Phase::During, ms(3000));
        assert_eq!(side.gap_max(Phase::Before), ms(100));
        assert_eq!(side.gap_max(Phase::During), ms(1950));
        assert_eq!((side.fps(Phase::Before, ms(1000)), side.frames(Phase::During)), (10.0, 1));
        assert!(side.ages().is_none() && side.is_served());
    }

    #[test]
    fn stale_frames_were_taken_before_the_viewer_read_again() {
        let mut side = Side::default();
        side.frame(Phase::Before, ms(900), Some(ms(1)), None);
        let resumed = Some(ms(5000));
        for (at, age) in [(5001, 4000), (5002, 2000), (5003, 10), (5100, 50)] {
            side.frame(Phase::After, ms(at), Some(ms(age)), resumed);
        }
        // The third one was taken 7 ms before.
        assert_eq!(side.stale, 3);
        assert_eq!(side.ages(), Some((ms(50), ms(4000))));
    }
}
