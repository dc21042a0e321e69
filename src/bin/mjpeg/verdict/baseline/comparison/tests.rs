//! Entries that are compared.

mod rates;

use std::time::Duration;

use super::super::settings::Settings;
use super::*;
use crate::asked::Asked;

fn entry(figures: Figures, findings: &[Found]) -> Entry {
    let options = crate::verdict::options::Options {
        asked: Asked::default(),
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
    let settings = Settings::of(&options);
    Entry { target: "x".into(), settings, findings: findings.to_vec(), figures }
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
    let is_worse = comparison.changes.iter().find(|change| change.what == "M214").unwrap();
    assert!(is_worse.text.ends_with(" is an error, was a warning"), "{}", is_worse.text);
    assert_eq!(Comparison::between(&before, &before.findings, &figures), Comparison::default());
}

#[test]
fn times_of_a_late_reader_are_not_compared() {
    let late = Found { code: READER_LATE.into(), severity: "warning".into(), count: 1 };
    let sound = Found { code: "M203".into(), severity: "error".into(), count: 1 };
    let slower = Figures { parts: 100, ..Figures::default() };
    let with_rate = Figures { gap_mean_ms: Some(40.0), ..slower.clone() };
    let only_late = std::slice::from_ref(&late);
    for (then, now) in [(&[][..], only_late), (only_late, &[])] {
        let comparison = Comparison::between(&entry(with_rate.clone(), then), now, &slower);
        let changes: Vec<_> = comparison.changes.iter().map(|it| (it.trend, &it.what[..])).collect();
        assert_eq!(changes, [(Trend::Other, "T410")]);
    }
    // What the bytes show counts.
    let comparison = Comparison::between(&entry(with_rate.clone(), &[]), &[late.clone(), sound], &slower);
    assert!(comparison.is_regression());
    assert!(Comparison::between(&entry(with_rate, &[]), &[], &slower).is_regression());
}

#[test]
fn frames_that_came_at_once_have_no_rate_to_compare() {
    let with = |parts, gap_mean_ms| Figures { parts, gap_mean_ms, ..Figures::default() };
    // Four frames over 6 ms: by chance, more than one read took them.
    for then in [with(4, Some(2.0)), with(4, None), with(1, None)] {
        for now in [with(4, None), with(4, Some(0.5)), with(4, Some(20.0)), with(4, Some(500.0))] {
            assert_eq!(Comparison::between(&entry(then.clone(), &[]), &[], &now), Comparison::default());
        }
    }
    let then = entry(with(4, Some(40.0)), &[]);
    assert!(Comparison::between(&then, &[], &with(4, Some(500.0))).is_regression());
    assert!(Comparison::between(&then, &[], &with(1, None)).is_regression());
    assert!(!Comparison::between(&then, &[], &with(4, Some(2.0))).is_regression(), "faster is no regression");
}
