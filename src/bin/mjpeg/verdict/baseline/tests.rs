//! Scripted arrivals, played on the simulated clock, for the tests of comparisons.

use std::fmt;
use std::time::Duration;

use mjpeg::stats::FrameTimes;

use super::figures::{Figures, Steadiness};
use crate::clock::Clock;

/// Random numbers that are the same in each run (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// From 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed, with this standard deviation.
    pub fn normal(&mut self, deviation: f64) -> f64 {
        let (u, v) = (self.uniform().max(1e-12), self.uniform());
        deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// The shape of the delays of frames, with milliseconds.
#[derive(Debug, Clone, Copy)]
pub enum Jitter {
    /// No delay.
    None,
    /// Half of a normal distribution with this standard deviation; all of it where the delays add up.
    Normal(f64),
    /// Up to this.
    Uniform(f64),
    /// With this mean.
    Exponential(f64),
    /// With this mean, and a tail that an exponential distribution does not have.
    LogNormal(f64),
    /// Up to this; three of 200 frames, by chance, by three to eight times as much.
    SomeLate(f64),
    /// Half of a normal distribution with 2 ms; this share of the frames, by chance, 20 to 60 ms more.
    NowAndThen(f64),
    /// With this mean, and most of it shared with the frame before: squares of an autoregressive series.
    Wandering(f64),
    /// This many frames come together, when the last one of them is there.
    Bursts(u64),
}

impl Jitter {
    /// The same with delays that are larger by a factor.
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Normal(ms) => Self::Normal(ms * factor),
            Self::Uniform(ms) => Self::Uniform(ms * factor),
            Self::Exponential(ms) => Self::Exponential(ms * factor),
            Self::LogNormal(ms) => Self::LogNormal(ms * factor),
            Self::SomeLate(ms) => Self::SomeLate(ms * factor),
            Self::Wandering(ms) => Self::Wandering(ms * factor),
            Self::None | Self::NowAndThen(_) | Self::Bursts(_) => self,
        }
    }

    /// The next delay. `state` is that of [`Jitter::Wandering`], from one delay to the next.
    fn delay(self, random: &mut Random, state: &mut f64) -> f64 {
        match self {
            Self::None | Self::Bursts(_) => 0.0,
            Self::Normal(deviation) => random.normal(deviation),
            Self::Uniform(most) => random.uniform() * most,
            Self::Exponential(mean) => -mean * random.uniform().max(1e-12).ln(),
            // Of exp(s * normal), the mean is exp(s^2 / 2).
            Self::LogNormal(mean) => mean * (random.normal(0.7) - 0.245).exp(),
            Self::SomeLate(most) if random.uniform() < 0.015 => most * (3.0 + 5.0 * random.uniform()),
            Self::SomeLate(most) => random.uniform() * most,
            Self::NowAndThen(share) if random.uniform() < share => {
                random.normal(2.0).abs() + 20.0 + 40.0 * random.uniform()
            }
            Self::NowAndThen(_) => random.normal(2.0),
            Self::Wandering(mean) => {
                *state = 0.8 * *state + random.normal(0.6);
                mean * *state * *state
            }
        }
    }
}

/// Which frames are late, besides their delays.
#[derive(Debug, Clone, Copy)]
pub enum Late {
    Never,
    /// Every so many frames, from this one on.
    Every(u64, u64),
    /// So many of the frames, at random places.
    Exactly(f64),
    /// Each frame with this chance.
    AtRandom(f64),
}

impl Late {
    /// Whether frame `n` is late, if `done` of the `all` frames before it were.
    fn is_late(self, n: u64, done: u64, all: u64, random: &mut Random) -> bool {
        match self {
            Self::Never => false,
            Self::Every(step, from) => n >= from && (n - from).is_multiple_of(step),
            Self::Exactly(share) => {
                let left = (share * all as f64).round() - done as f64;
                random.uniform() < left / (all - n + 1) as f64
            }
            Self::AtRandom(share) => random.uniform() < share,
        }
    }
}

/// A script of arrivals.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// Frames, with those that are lost.
    pub frames: u64,
    /// The rate of the camera.
    pub fps: f64,
    /// The delays.
    pub jitter: Jitter,
    /// Whether a delay moves all later frames too.
    pub drifts: bool,
    /// Every nth frame is lost.
    pub lost: u64,
    /// Late frames.
    pub late: Late,
    /// By so much they are.
    pub late_ms: f64,
}

impl Script {
    /// A script without a fault.
    pub fn new(frames: u64, fps: f64, jitter: Jitter, drifts: bool) -> Self {
        Self { frames, fps, jitter, drifts, lost: 0, late: Late::Never, late_ms: 0.0 }
    }

    /// The figures of a check, played on the simulated clock.
    pub fn play(self, random: &mut Random) -> Figures {
        let clock = Clock::simulated();
        let (mut times, mut steadiness) = (FrameTimes::default(), Steadiness::default());
        let (mut drift, mut phase, mut state, mut late) = (0.0, 0, 0.0, 0);
        if let Jitter::Wandering(_) = self.jitter {
            state = random.normal(1.0);
        }
        if let Jitter::Bursts(together) = self.jitter {
            phase = (random.uniform() * together as f64) as u64;
        }
        for n in 1..=self.frames {
            if self.lost > 0 && n % self.lost == 0 {
                continue;
            }
            let mut delay = self.jitter.delay(random, &mut state);
            if self.drifts {
                drift += delay;
                delay = drift;
            } else {
                delay = delay.abs();
            }
            if self.late.is_late(n, late, self.frames, random) {
                delay += self.late_ms;
                late += 1;
            }
            let sent = match self.jitter {
                Jitter::Bursts(together) => (n + phase).div_ceil(together) * together - phase,
                _ => n,
            };
            let due = 1000.0 + sent as f64 * 1000.0 / self.fps + delay;
            // A frame that is due before the one in front of it comes with that one.
            clock.advance(Duration::from_secs_f64(due.max(0.0) / 1000.0).saturating_sub(clock.now()));
            times.push(clock.now());
            steadiness.push(Some(clock.now()), 40_000 + (random.normal(1500.0) as i64).unsigned_abs());
        }
        steadiness.figures(times.timing(None).as_ref())
    }

    /// The same with these late frames, so late that the 99th percentile of the gaps is higher by `ms`. `None` for bursts, whose
    /// largest gaps are those between two bursts.
    pub fn with_late_for_p99_higher_by(self, late: Late, ms: f64) -> Option<Self> {
        if let Jitter::Bursts(_) = self.jitter {
            return None;
        }
        let late = |late_ms| Self { late, late_ms, ..self };
        let p99 = |script: Self| {
            let long = Self { frames: 30_000, ..script };
            long.play(&mut Random(1)).gap_p99_ms.unwrap_or_default()
        };
        let wanted = p99(self) + ms;
        let (mut least, mut most) = (ms, 200.0);
        while most - least > 0.5 {
            let middle = (least + most) / 2.0;
            if p99(late(middle)) < wanted { least = middle } else { most = middle }
        }
        Some(late(most))
    }
}

impl Script {
    /// The same with jitter that is larger by a factor, so that the 99th percentile of the gaps is higher by `ms`. `None` without
    /// jitter that grows.
    pub fn with_jitter_for_p99_higher_by(self, ms: f64) -> Option<Self> {
        if let Jitter::None | Jitter::NowAndThen(_) | Jitter::Bursts(_) = self.jitter {
            return None;
        }
        let scaled = |factor| Self { jitter: self.jitter.scaled(factor), ..self };
        let p99 = |script: Self| {
            let long = Self { frames: 30_000, ..script };
            long.play(&mut Random(1)).gap_p99_ms.unwrap_or_default()
        };
        let wanted = p99(self) + ms;
        let (mut least, mut most) = (1.0, 30.0);
        while most - least > 0.02 {
            let middle = (least + most) / 2.0;
            if p99(scaled(middle)) < wanted { least = middle } else { most = middle }
        }
        Some(scaled(most))
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, fps, jitter, drifts, .. } = self;
        let drifts = if *drifts { ", adding up" } else { "" };
        write!(f, "{frames} frames at {fps} fps, {jitter:?}{drifts}")
    }
}
