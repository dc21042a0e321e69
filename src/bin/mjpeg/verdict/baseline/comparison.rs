//! What has changed since the baseline.

use mjpeg::check::{self, Report};
use mjpeg::counted::Counted;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::file::{Entry, Found};
use crate::output;

/// What has changed since an earlier check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// The changes; regressions first.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whether it is for the worse.
    pub trend: Trend,
    /// What changed: the code of a rule, or the JSON key of a figure.
    pub what: String,
    /// Both values, in words.
    pub text: String,
}

/// Whether a change is for the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// A regression.
    Worse,
    /// Neither.
    Other,
    /// An improvement.
    Better,
}

impl Trend {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Other => "other",
            Self::Better => "better",
        }
    }
}

impl Comparison {
    /// Compares a check with the baseline.
    pub fn of(before: &Entry, report: &Report, figures: &Figures) -> Self {
        Self::between(before, &Found::all(report), figures)
    }

    fn between(before: &Entry, found: &[Found], figures: &Figures) -> Self {
        let mut changes = findings(before, found, figures.parts);
        changes.extend(measured(&before.figures, figures));
        changes.sort_by_key(|change| change.trend);
        Self { changes }
    }

    /// Whether something is worse than before.
    pub fn is_regression(&self) -> bool {
        self.changes.iter().any(|change| change.trend == Trend::Worse)
    }
}

/// New, gone and worse findings.
fn findings(before: &Entry, found: &[Found], parts: u64) -> Vec<Change> {
    let of = |found: &[Found], code: &str| found.iter().find(|it| it.code == code).cloned();
    let mut changes = Vec::new();
    let mut push = |trend, code: &str, text| changes.push(Change { trend, what: code.into(), text });
    for now in found {
        let Found { code, severity, count } = now;
        let name = check::find(code).map_or("", |rule| rule.name);
        match of(&before.findings, code) {
            None => {
                let trend = if severity == "info" { Trend::Other } else { Trend::Worse };
                push(trend, code, format!("new {severity}: {name}"));
            }
            Some(then) if rank(severity) > rank(&then.severity) => {
                push(Trend::Worse, code, format!("{name} is an {severity}, was an {}", then.severity));
            }
            Some(then) => {
                // Events that come at random: their number has a spread of its root.
                let expected = then.count as f64 * parts as f64 / before.figures.parts.max(1) as f64;
                if *count as f64 > expected + 5.0 * (expected + 1.0).sqrt() && rank(severity) > 0 {
                    push(
                        Trend::Worse,
                        code,
                        format!("{name} came {}, was {}", Counted(*count, "time"), then.count),
                    );
                }
            }
        }
    }
    for then in before.findings.iter().filter(|then| of(found, &then.code).is_none()) {
        let name = check::find(&then.code).map_or("", |rule| rule.name);
        push(Trend::Better, &then.code, format!("gone: {name}"));
    }
    changes
}

fn rank(severity: &str) -> u8 {
    ["info", "warning", "error"].iter().position(|it| *it == severity).unwrap_or(0) as u8
}

/// Rates, gaps and sizes beyond their tolerance.
fn measured(then: &Figures, now: &Figures) -> Vec<Change> {
    let fps = |gap: f64| if gap > 0.0 { 1000.0 / gap } else { 0.0 };
    let rows = [
        (
            "fps",
            then.gap_mean_ms.zip(now.gap_mean_ms),
            then.gap_mean_tolerance(now.parts),
            "fps",
            [Trend::Worse, Trend::Better],
        ),
        (
            "gap_p99_ms",
            then.gap_p99_ms.zip(now.gap_p99_ms),
            then.gap_p99_tolerance(now.parts),
            "ms in the 99th percentile of the gaps",
            [Trend::Worse, Trend::Better],
        ),
        (
            "jitter_ms",
            then.jitter_ms.zip(now.jitter_ms),
            then.jitter_tolerance(now.parts),
            "ms of jitter",
            [Trend::Worse, Trend::Better],
        ),
        (
            "lateness_ms",
            // Of delays that add up there is no mean to compare.
            then.lateness_ms
                .zip(now.lateness_ms)
                .filter(|_| then.lateness_error_ms.and(now.lateness_error_ms).is_some()),
            then.lateness_tolerance(now.parts).unwrap_or_default(),
            "ms late in the mean",
            [Trend::Worse, Trend::Better],
        ),
        (
            "bytes_mean",
            then.bytes_mean.zip(now.bytes_mean),
            then.bytes_tolerance(now.parts),
            "a picture",
            [Trend::Worse, Trend::Other],
        ),
    ];
    let mut changes = Vec::new();
    for (what, values, tolerance, unit, [above, below]) in rows {
        let Some((then, now)) = values.filter(|(then, now)| (then - now).abs() > tolerance) else { continue };
        let text = match what {
            "fps" => {
                let least = fps(then + tolerance);
                format!("{:.2} {unit}, was {:.2}; down to {least:.2} would be usual", fps(now), fps(then))
            }
            "bytes_mean" => format!(
                "{} {unit}, was {} +- {}",
                output::bytes(now as u64),
                output::bytes(then as u64),
                output::bytes(tolerance as u64)
            ),
            _ => format!("{now:.1} {unit}, was {then:.1} +- {tolerance:.1}"),
        };
        let trend = if now > then { above } else { below };
        changes.push(Change { trend, what: what.into(), text });
    }
    if then.gap_mean_ms.is_some() && now.gap_mean_ms.is_none() {
        changes.push(Change {
            trend: Trend::Worse,
            what: "fps".into(),
            text: "too few frames for a rate".into(),
        });
    }
    changes
}

#[cfg(test)]
mod tests;
