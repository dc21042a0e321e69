//! The figures on scripted arrivals: no false regression, and no regression that is missed.

#![expect(clippy::print_stdout, reason = "with --nocapture the rates are read")]

use std::time::Duration;

use super::super::settings::Settings;
use super::super::tests::{Jitter, Random, Script};
use super::*;
use crate::asked::Asked;

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
    regressions_of(14, before, now)
}

fn regressions_of(seed: u64, before: Script, now: Script) -> usize {
    let mut random = Random(seed);
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
        let found: Vec<usize> = (14..22).map(|seed| regressions_of(seed, script, script)).collect();
        println!("{script}: {found:?} of 50 false");
        assert_eq!(found[0], 0, "{script}");
        // Where delays have a heavy tail, about two of a thousand are expected, and ten of checks of 100 frames.
        let most = if script.frames == 100 { 6 } else { 3 };
        assert!(found.iter().sum::<usize>() <= most, "{found:?} of 50 each: {script}");
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
fn jitter_whose_99th_percentile_is_20_ms_larger_is_found_in_49_of_50() {
    for (script, _) in conditions() {
        let Some(worse) = script.with_jitter_for_p99_higher_by(20.0) else { continue };
        let found: Vec<usize> = (14..18).map(|seed| regressions_of(seed, script, worse)).collect();
        println!("{script}, then {:?}: {found:?} of 50 found", worse.jitter);
        // Exponential jitter is half as large again. 100 frames, or a drift, do not show that for sure; of 300, 48 to 49 of 50 are
        // found on average with these seeds, and 47 with others.
        let (first, all) = match (script.jitter, script.frames, script.drifts) {
            (Jitter::Exponential(_), 100, _) => (10, 10),
            (Jitter::Exponential(_), 300, true) => (30, 30),
            (Jitter::Exponential(_) | Jitter::LogNormal(_), 300, _) => (49, 44),
            _ => (50, 50),
        };
        assert!(found[0] >= first, "{found:?} of 50: {script}");
        assert!(found.iter().all(|found| *found >= all), "{found:?} of 50: {script}");
    }
}

/// The rates over seeds that no threshold was chosen by. `MJPEG_SEEDS` is their number.
#[test]
#[ignore = "takes minutes"]
fn rates_of_many_other_seeds() {
    let count = std::env::var("MJPEG_SEEDS").map_or(20, |it| it.parse().unwrap());
    for (script, must) in conditions() {
        let slower = Script { fps: script.fps * 0.95, ..script };
        let rows = [
            ("unchanged", Some(script), false),
            ("5 % slower", Some(slower), must.rate),
            ("every 20th lost", Some(Script { lost: 20, ..script }), must.rate),
            ("every 33rd later, p99 + 20 ms", script.with_p99_higher_by(20.0), must.percentile),
            ("more jitter, p99 + 20 ms", script.with_jitter_for_p99_higher_by(20.0), must.percentile),
        ];
        for (what, now, must) in rows {
            let Some(now) = now else { continue };
            let found: Vec<usize> =
                (0..count).map(|seed| regressions_of(1_000_000 + seed, script, now)).collect();
            let mean = found.iter().sum::<usize>() as f64 / found.len() as f64;
            let (least, most) = (found.iter().min().unwrap(), found.iter().max().unwrap());
            let of = |few: fn(&usize) -> bool| found.iter().filter(|&found| few(found)).count();
            let (none, enough) = (of(|found| *found == 0), of(|found| *found >= 49));
            println!(
                "{script}: {what}: {mean:.2} of 50, {least} to {most}; none in {none} of {count}, 49 or more in {enough}"
            );
            let usual = match script.jitter {
                _ if script.frames == 100 => 0.75,
                Jitter::LogNormal(_) => 0.6,
                _ => 0.25,
            };
            assert!(what != "unchanged" || mean <= usual, "{script}: {mean} of 50 false");
            assert!(!must || mean >= 49.0, "{script}: {what}: {mean} of 50");
        }
    }
}

/// How likely at least `least` of `count` events are that have this probability each.
fn at_least(least: u64, count: u64, probability: f64) -> f64 {
    let mut one = (1.0 - probability).powf(count as f64);
    let mut below = 0.0;
    for n in 0..least {
        below += one;
        one *= (count - n) as f64 / (n + 1) as f64 * probability / (1.0 - probability);
    }
    1.0 - below
}

/// Late frames, 9 of 300, in exponential delays: the likelihood quotient of a delay is one number above that of the late ones, and
/// another one below. So the most powerful test counts the delays above it, even for one who knows the exact distribution
/// of the stream before (Neyman and Pearson). A check has only another sample of it.
#[test]
fn no_test_finds_a_few_late_frames_in_exponential_delays_in_49_of_50() {
    let script = Script::new(300, 30.0, Jitter::Exponential(10.0), false);
    let later = script.with_p99_higher_by(20.0).unwrap().late.1;
    let before = (-later / 10.0).exp();
    let now = before + (1.0 - before) * 9.0 / 300.0;
    // No false regression in 50 repeats, with a probability of 95 %.
    let least = (1..).find(|&least| at_least(least, 300, before) <= 0.001).unwrap();
    let found = 50.0 * at_least(least, 300, now);
    println!("9 of 300 frames later by {later:.0} ms: the best test finds {found:.1} of 50");
    assert!((30.0..49.0).contains(&found), "{found}");
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
