//! The figures on scripted arrivals: no false regression, and no regression that is missed.

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

/// A script of arrivals.
#[derive(Clone, Copy)]
struct Script {
    frames: u64,
    fps: f64,
    /// The standard deviation of the delay of a frame.
    jitter_ms: f64,
    /// Every nth frame is lost.
    lost: u64,
    /// Every nth frame is later by this.
    late: (u64, f64),
    /// Whether a delay moves all later frames too.
    drifts: bool,
}

const STEADY: Script =
    Script { frames: 100, fps: 15.0, jitter_ms: 2.0, lost: 0, late: (0, 0.0), drifts: false };

impl Script {
    /// Plays the script on the simulated clock, as the observer of a check sees it.
    fn play(self, random: &mut Random) -> Figures {
        let clock = Clock::simulated();
        let (mut times, mut steadiness) = (FrameTimes::default(), Steadiness::default());
        let mut drift = 0.0;
        for n in 1..=self.frames {
            if self.lost > 0 && n % self.lost == 0 {
                continue;
            }
            let mut delay = random.normal(self.jitter_ms).abs();
            if self.drifts {
                drift += random.normal(self.jitter_ms);
                delay = drift;
            }
            if self.late.0 > 0 && n % self.late.0 == 0 {
                delay += self.late.1;
            }
            let due = 1000.0 + n as f64 * 1000.0 / self.fps + delay;
            clock.advance(Duration::from_secs_f64(due.max(0.0) / 1000.0).saturating_sub(clock.now()));
            times.push(clock.now());
            steadiness.push(Some(clock.now()), 40_000 + (random.normal(1500.0) as i64).unsigned_abs());
        }
        steadiness.figures(times.timing(None).as_ref())
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

/// The conditions: 100 frames at 15 fps and 300 at 30 fps; frames that are late each on its own, and frames whose delay
/// moves the later ones too; a jitter of 1 to 3 ms.
fn conditions() -> Vec<Script> {
    let mut scripts = Vec::new();
    for (frames, fps) in [(100, 15.0), (300, 30.0)] {
        for (drifts, jitters) in [(false, &[1.0, 2.0, 3.0][..]), (true, &[1.0, 2.0])] {
            scripts.extend(jitters.iter().map(|&jitter_ms| Script {
                frames,
                fps,
                jitter_ms,
                drifts,
                ..STEADY
            }));
        }
    }
    scripts
}

#[test]
fn fifty_repeats_have_no_false_regression() {
    for script in conditions() {
        let Script { frames, jitter_ms, drifts, .. } = script;
        assert_eq!(regressions(script, script), 0, "{frames} frames, {jitter_ms} ms, drifts: {drifts}");
    }
}

#[test]
fn five_percent_fewer_frames_are_found_in_49_of_50() {
    for script in conditions() {
        let Script { frames, fps, jitter_ms, drifts, .. } = script;
        for slower in [Script { fps: fps * 0.95, ..script }, Script { lost: 20, ..script }] {
            let found = regressions(script, slower);
            assert!(found >= 49, "{found} of 50: {frames} frames, {jitter_ms} ms, drifts: {drifts}");
        }
    }
}

#[test]
fn twenty_ms_more_in_the_99th_percentile_are_found_in_49_of_50() {
    for script in conditions() {
        let Script { frames, jitter_ms, drifts, .. } = script;
        // Two of a hundred frames are late: the percentile is one of them.
        let found = regressions(script, Script { late: (33, 20.0 + jitter_ms), ..script });
        assert!(found >= 49, "{found} of 50: {frames} frames, {jitter_ms} ms, drifts: {drifts}");
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
