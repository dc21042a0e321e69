//! Streams for tests, with delays by chance: many runs of the same server, and of one that has become worse.

use std::time::Duration;

use super::outputs::{Baseline, Results};

/// How the frames of a stream are delayed.
#[derive(Debug, Clone, Copy)]
enum Delays {
    /// About 2 ms each.
    Normal,
    /// Many small ones and some large ones: 5 ms in the mean.
    Exponential,
    /// Nearly none, but three times in ten seconds the machine is busy for 40 ms in the mean.
    Busy,
}

/// How a server has become worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Worse {
    /// It has not.
    Not,
    /// A fifth of the frames does not come.
    Slower,
    /// All frames come 60 ms later.
    Later,
    /// Every eighth frame is 150 ms late.
    Torn,
    /// Once, no frame comes for a second; then those that were due come.
    Stalled,
}

const DELAYS: [Delays; 3] = [Delays::Normal, Delays::Exponential, Delays::Busy];
/// Frames per second of the source.
const FPS: f64 = 30.0;

/// A frame: its number, when it was due, and when it came.
pub type Frame = (u32, Duration, Duration);

/// A source of chance. The same seed gives the same.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// Uniform, from 0 to 1. The generator is splitmix64.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((it ^ (it >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// The frames of so many seconds.
    fn run(&mut self, seconds: f64, delays: Delays, worse: Worse) -> Vec<Frame> {
        // Where the window begins is chance too.
        let phase = self.uniform() / FPS;
        let mut busy_until = 0.0;
        let mut next_busy = self.exponential(3.3);
        let stall = 0.3 * seconds + self.uniform();
        let (mut frames, mut last) = (Vec::new(), 0.0_f64);
        for number in 0..(seconds * FPS) as u32 {
            let due = phase + f64::from(number) / FPS;
            while next_busy < due {
                busy_until = next_busy + self.exponential(0.040);
                next_busy += self.exponential(3.3);
            }
            let sum: f64 = (0..4).map(|_| self.uniform()).sum();
            let delay = match delays {
                Delays::Normal => 0.001 * sum,
                Delays::Exponential => self.exponential(0.005),
                Delays::Busy => 0.0002 + (busy_until - due).max(0.0),
            };
            let more = match worse {
                Worse::Later => 0.060,
                Worse::Torn if number % 8 == 0 => 0.150,
                Worse::Stalled if (stall..stall + 1.0).contains(&due) => stall + 1.0 - due,
                _ => 0.0,
            };
            if worse == Worse::Slower && number % 5 == 0 {
                continue;
            }
            last = last.max(due + delay + more);
            frames.push((number, Duration::from_secs_f64(due), Duration::from_secs_f64(last)));
        }
        frames
    }
}

/// Compares 100 runs of so many seconds with another one each, for each shape of delays: without a cause at most one is worse. What is
/// worse is found in four of five runs at least.
pub fn check(lengths: [f64; 2], mut run: impl FnMut(&[Frame]) -> Results, causes: &[Worse]) {
    for (seed, delays) in DELAYS.into_iter().enumerate() {
        for seconds in lengths {
            let mut chance = Chance(seed as u64);
            let mut found = |pairs: usize, worse: Worse| {
                let mut lines = Vec::new();
                let runs = (0..pairs).filter(|_| {
                    let baseline = Baseline::of(&run(&chance.run(seconds, delays, Worse::Not)));
                    let now = run(&chance.run(seconds, delays, worse));
                    let comparison = baseline.compare(&now, Some(10.0));
                    lines.extend(comparison.lines().into_iter().skip(1));
                    comparison.is_failure()
                });
                (runs.count(), lines)
            };
            let (runs, lines) = found(100, Worse::Not);
            assert!(runs <= 1, "{delays:?}, {seconds} s: {runs} of 100 are worse: {lines:?}");
            for &worse in causes {
                let (runs, _) = found(25, worse);
                assert!(runs >= 20, "{delays:?}, {seconds} s: {worse:?} is found in {runs} of 25");
            }
        }
    }
}

#[test]
fn only_a_program_without_optimisation_says_so() {
    assert!(super::unoptimised("0").is_some_and(|text| text.contains("cargo install")));
    for level in ["1", "2", "3", "s", "z"] {
        assert_eq!(super::unoptimised(level), None);
    }
}
