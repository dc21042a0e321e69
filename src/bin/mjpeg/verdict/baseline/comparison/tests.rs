//! The figures on scripted arrivals: no false regression, and no regression that is missed.

#![expect(clippy::print_stdout, reason = "with --nocapture the rates are read")]

use std::fmt;
use std::time::Duration;

use mjpeg::stats::FrameTimes;

use super::super::figures::Steadiness;
use super::super::settings::Settings;
use super::*;
use crate::asked::Asked;
use crate::clock::Clock;

/// Random numbers that are the same in each run (splitmix64).
struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed, with this standard deviation.
    fn normal(&mut self, deviation: f64) -> f64 {
        let (u, v) = (self.uniform().max(1e-12), self.uniform());
        deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// The shape of the delays of frames, with milliseconds.
#[derive(Debug, Clone, Copy)]
enum Jitter {
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
    /// This many frames come together, when the last one of them is there.
    Bursts(u64),
}

impl Jitter {
    /// The same with delays that are larger by a factor.
    fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Normal(ms) => Self::Normal(ms * factor),
            Self::Uniform(ms) => Self::Uniform(ms * factor),
            Self::Exponential(ms) => Self::Exponential(ms * factor),
            Self::LogNormal(ms) => Self::LogNormal(ms * factor),
            Self::None | Self::Bursts(_) => self,
        }
    }

    fn delay(self, random: &mut Random) -> f64 {
        match self {
            Self::None | Self::Bursts(_) => 0.0,
            Self::Normal(deviation) => random.normal(deviation),
            Self::Uniform(most) => random.uniform() * most,
            Self::Exponential(mean) => -mean * random.uniform().max(1e-12).ln(),
            // Of exp(s * normal), the mean is exp(s^2 / 2).
            Self::LogNormal(mean) => mean * (random.normal(0.7) - 0.245).exp(),
        }
    }
}

/// A script of arrivals.
#[derive(Debug, Clone, Copy)]
struct Script {
    /// Frames, with those that are lost.
    frames: u64,
    /// The rate of the camera.
    fps: f64,
    /// The delays.
    jitter: Jitter,
    /// Whether a delay moves all later frames too.
    drifts: bool,
    /// Every nth frame is lost.
    lost: u64,
    /// Every nth frame is later by this.
    late: (u64, f64),
}

impl Script {
    /// A script without a fault.
    fn new(frames: u64, fps: f64, jitter: Jitter, drifts: bool) -> Self {
        Self { frames, fps, jitter, drifts, lost: 0, late: (0, 0.0) }
    }

    /// The figures of a check, played on the simulated clock.
    fn play(self, random: &mut Random) -> Figures {
        let clock = Clock::simulated();
        let (mut times, mut steadiness) = (FrameTimes::default(), Steadiness::default());
        let (mut drift, mut phase) = (0.0, 0);
        if let Jitter::Bursts(together) = self.jitter {
            phase = (random.uniform() * together as f64) as u64;
        }
        for n in 1..=self.frames {
            if self.lost > 0 && n % self.lost == 0 {
                continue;
            }
            let mut delay = self.jitter.delay(random);
            if self.drifts {
                drift += delay;
                delay = drift;
            } else {
                delay = delay.abs();
            }
            if self.late.0 > 0 && n % self.late.0 == 0 {
                delay += self.late.1;
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

    /// The same with late frames, 3 of 100, so that the 99th percentile of the gaps is higher by `ms`. `None` for bursts, whose
    /// largest gaps are those between two bursts.
    fn with_p99_higher_by(self, ms: f64) -> Option<Self> {
        if let Jitter::Bursts(_) = self.jitter {
            return None;
        }
        let late = |by| Self { late: (33, by), ..self };
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

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, fps, jitter, drifts, .. } = self;
        let drifts = if *drifts { ", adding up" } else { "" };
        write!(f, "{frames} frames at {fps} fps, {jitter:?}{drifts}")
    }
}

fn entry(figures: Figures, findings: &[Found]) -> Entry {
    let options = crate::verdict::options::Options {
        frames: None,
        duration: None,
        idle: Duration::from_secs(5),
        expectations: check::Expectations::default(),
        transport: crate::transport::Options::default(),
        depth: crate::depth::Depth::Auto,
        consumers: Vec::new(),
        carriers: Vec::new(),
        exempt: Vec::new(),
        evidence_bytes: None,
        parts: crate::progress::Parts::default(),
    };
    let settings = Settings::of(Asked::default(), &options);
    Entry { target: "x".into(), settings, findings: findings.to_vec(), figures }
}

/// Of 50 checks behind 50 baselines, those with a regression.
fn regressions(before: Script, now: Script) -> usize {
    let mut random = Random(14);
    let is_regression = |_: &i32| {
        let baseline = entry(before.play(&mut random), &[]);
        Comparison::between(&baseline, &[], &now.play(&mut random)).is_regression()
    };
    (0..50).filter(is_regression).count()
}

/// The conditions, and whether a regression must be found in them.
fn conditions() -> Vec<(Script, Found49)> {
    use Jitter::*;
    let all = Found49 { rate: true, percentile: true };
    let rate = Found49 { rate: true, percentile: false };
    let none = Found49 { rate: false, percentile: false };
    [
        (100, 15.0, Normal(1.0), false, all),
        (100, 15.0, Normal(2.0), false, all),
        (100, 15.0, Normal(3.0), false, all),
        (100, 15.0, Normal(2.0), true, all),
        (100, 15.0, Exponential(10.0), false, none),
        (300, 30.0, None, false, all),
        (300, 30.0, Normal(3.0), false, all),
        (300, 30.0, Normal(1.0), true, all),
        (300, 30.0, Normal(2.0), true, all),
        (300, 30.0, Uniform(20.0), false, all),
        (300, 30.0, Exponential(10.0), false, rate),
        (300, 15.0, Exponential(10.0), false, rate),
        // Nothing finds 5 % in a rate that is known to within 1.5 %.
        (300, 30.0, Exponential(10.0), true, none),
        (300, 30.0, LogNormal(10.0), false, rate),
        (300, 30.0, Bursts(5), false, rate),
        (300, 30.0, Bursts(10), false, rate),
        (3000, 30.0, Exponential(10.0), false, all),
    ]
    .map(|(frames, fps, jitter, drifts, found)| (Script::new(frames, fps, jitter, drifts), found))
    .into()
}

/// What must be found in at least 49 of 50 checks. The other rates are printed.
#[derive(Clone, Copy)]
struct Found49 {
    /// Five percent fewer frames.
    rate: bool,
    /// A 99th percentile that is 20 ms larger.
    percentile: bool,
}

#[test]
fn fifty_repeats_have_no_false_regression() {
    for (script, _) in conditions() {
        let found = regressions(script, script);
        println!("{script}: {found} of 50 false");
        // A heavy tail shows its largest gaps in one check and not in the next.
        let most = usize::from(matches!(script.jitter, Jitter::LogNormal(_)));
        assert!(found <= most, "{found} of 50: {script}");
    }
}

#[test]
fn five_percent_fewer_frames_are_found_in_49_of_50() {
    for (script, must) in conditions() {
        let slower = Script { fps: script.fps * 0.95, ..script };
        for (what, worse) in [("slower", slower), ("every 20th lost", Script { lost: 20, ..script })] {
            let found = regressions(script, worse);
            println!("{script}, {what}: {found} of 50 found");
            assert!(!must.rate || found >= 49, "{found} of 50: {script}, {what}");
        }
    }
}

#[test]
fn twenty_ms_more_in_the_99th_percentile_are_found_in_49_of_50() {
    for (script, must) in conditions() {
        let Some(late) = script.with_p99_higher_by(20.0) else { continue };
        let found = regressions(script, late);
        println!("{script}, every 33rd frame later by {:.0} ms: {found} of 50 found", late.late.1);
        assert!(!must.percentile || found >= 49, "{found} of 50: {script}");
    }
}

#[test]
fn twice_the_jitter_is_found_in_49_of_50() {
    for jitter in [Jitter::Normal(5.0), Jitter::Uniform(20.0), Jitter::Exponential(10.0)] {
        let script = Script::new(300, 30.0, jitter, false);
        let found = regressions(script, Script { jitter: jitter.scaled(2.0), ..script });
        println!("{script}, twice the jitter: {found} of 50 found");
        assert!(found >= 49, "{found} of 50: {script}");
    }
}

#[test]
fn new_gone_and_worse_findings_are_told_apart() {
    let found =
        |code: &str, severity: &str, count| Found { code: code.into(), severity: severity.into(), count };
    let figures = Figures { parts: 100, ..Figures::default() };
    let before = entry(
        figures.clone(),
        &[found("M203", "error", 1), found("T401", "warning", 4), found("M214", "warning", 1)],
    );
    let now = [
        found("M201", "error", 1),
        found("J304", "info", 9),
        found("T401", "warning", 40),
        found("M214", "error", 1),
    ];
    let comparison = Comparison::between(&before, &now, &figures);
    let changes: Vec<(&str, Trend)> =
        comparison.changes.iter().map(|change| (&change.what[..], change.trend)).collect();
    assert_eq!(
        changes,
        [
            ("M201", Trend::Worse),
            ("T401", Trend::Worse),
            ("M214", Trend::Worse),
            ("J304", Trend::Other),
            ("M203", Trend::Better),
        ]
    );
    assert_eq!(Comparison::between(&before, &before.findings, &figures), Comparison::default());
}
