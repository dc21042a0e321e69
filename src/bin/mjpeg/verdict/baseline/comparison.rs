//! What has changed since the baseline.

use mjpeg::check::{self, Report};
use mjpeg::counted::Counted;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::file::{Entry, Found};
use crate::long_gaps::has_moved;
use crate::output;

/// The rule that says that this program was late, not the camera.
const READER_LATE: &str = "T410";

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
        if [found, &before.findings].iter().any(|all| all.iter().any(|it| it.code == READER_LATE)) {
            let text = "this program was late: rates and gaps are not compared".into();
            changes.push(Change { trend: Trend::Other, what: READER_LATE.into(), text });
            changes.extend(size(&before.figures, figures));
        } else {
            changes.extend(measured(&before.figures, figures));
        }
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
    let is_of_the_stream = |it: &&Found| it.code != READER_LATE;
    for now in found.iter().filter(is_of_the_stream) {
        let Found { code, severity, count } = now;
        let name = check::find(code).map_or("", |rule| rule.name);
        match of(&before.findings, code) {
            None => {
                let trend = if severity == "info" { Trend::Other } else { Trend::Worse };
                push(trend, code, format!("new {severity}: {name}"));
            }
            Some(then) if rank(severity) > rank(&then.severity) => {
                let [now, then] = [severity, &then.severity].map(|it| with_article(it));
                push(Trend::Worse, code, format!("{name} is {now}, was {then}"));
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
    let gone = |then: &&Found| of(found, &then.code).is_none();
    for then in before.findings.iter().filter(is_of_the_stream).filter(gone) {
        let name = check::find(&then.code).map_or("", |rule| rule.name);
        push(Trend::Better, &then.code, format!("gone: {name}"));
    }
    changes
}

fn with_article(severity: &str) -> String {
    let article = if severity == "warning" { "a" } else { "an" };
    format!("{article} {severity}")
}

fn rank(severity: &str) -> u8 {
    ["info", "warning", "error"].iter().position(|it| *it == severity).unwrap_or(0) as u8
}

/// Where a figure went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Up => "up to",
            Self::Down => "down to",
        }
    }

    /// Of a time that is better if it is shorter.
    fn trend(self) -> Trend {
        match self {
            Self::Up => Trend::Worse,
            Self::Down => Trend::Better,
        }
    }
}

/// Where a figure went, both of its values, and how far it would usually be; `None` if it is not further than `tolerance` away.
fn beyond(then: Option<f64>, now: Option<f64>, tolerance: f64) -> Option<(Way, f64, f64, f64)> {
    let (then, now) = then.zip(now)?;
    if (now - then).abs() <= tolerance {
        return None;
    }
    let (way, usual) = if now > then { (Way::Up, then + tolerance) } else { (Way::Down, then - tolerance) };
    Some((way, then, now, usual.max(0.0)))
}

/// Rates, gaps and sizes beyond what is usual. A baseline without a rate has sizes only.
fn measured(then: &Figures, now: &Figures) -> Vec<Change> {
    if !then.has_rate() {
        return size(then, now).into_iter().collect();
    }
    let mut changes: Vec<Change> =
        [rate(then, now), long_gaps(then, now), punctuality(then, now), size(then, now)]
            .into_iter()
            .flatten()
            .collect();
    if now.gap_mean_ms.is_none() {
        let text = "too few frames for a rate".into();
        changes.push(Change { trend: Trend::Worse, what: "fps".into(), text });
    }
    changes
}

fn rate(then: &Figures, now: &Figures) -> Option<Change> {
    let tolerance = then.gap_mean_tolerance(now);
    let (gaps, then, now, usual) = beyond(then.gap_mean_ms, now.gap_mean_ms, tolerance)?;
    let fps = |gap: f64| if gap > 0.0 { 1000.0 / gap } else { 0.0 };
    // The rate goes down if the gaps go up.
    let word = if gaps == Way::Up { Way::Down } else { Way::Up }.word();
    let text = format!("{:.2} fps, was {:.2}; {word} {:.2} would be usual", fps(now), fps(then), fps(usual));
    Some(Change { trend: gaps.trend(), what: "fps".into(), text })
}

/// The 99th percentile has moved, and chance does not explain the number of long gaps.
fn long_gaps(then: &Figures, now: &Figures) -> Option<Change> {
    let (was, is) = then.gap_p99_ms.zip(now.gap_p99_ms).filter(|(was, is)| has_moved(*was, *is))?;
    let way = if is > was { Way::Up } else { Way::Down };
    let longest = then.long_gaps.as_ref()?;
    let count = match way {
        Way::Up => longest.exceeded(&now.gaps),
        Way::Down => longest.undercut(&now.gaps),
    }?;
    let usual = match count.usual {
        Some(usual) => format!("{} {usual} would be usual", way.word()),
        None => "they come at even distances, which is not chance".into(),
    };
    let text = format!(
        "{is:.1} ms in the 99th percentile of the gaps, was {was:.1}: {} of {} are longer than {:.1} ms, was {}; {usual}",
        count.now,
        Counted(now.gaps.count(), "gap"),
        count.limit_ms,
        count.then,
    );
    Some(Change { trend: way.trend(), what: "gap_p99_ms".into(), text })
}

/// The mean lateness; where delays add up there is none, and the jitter is compared.
fn punctuality(then: &Figures, now: &Figures) -> Option<Change> {
    let is_late = then.has_lateness() && now.has_lateness();
    let (what, unit, was, is, tolerance) = if is_late {
        ("lateness_ms", "late in the mean", then.lateness_ms, now.lateness_ms, then.lateness_tolerance(now))
    } else {
        ("jitter_ms", "of jitter", then.jitter_ms, now.jitter_ms, then.jitter_tolerance(now))
    };
    let (way, then, now, usual) = beyond(was, is, tolerance)?;
    let text = format!("{now:.1} ms {unit}, was {then:.1}; {} {usual:.1} would be usual", way.word());
    Some(Change { trend: way.trend(), what: what.into(), text })
}

fn size(then: &Figures, now: &Figures) -> Option<Change> {
    let tolerance = then.bytes_tolerance(now);
    let (way, then, now, usual) = beyond(then.bytes_mean, now.bytes_mean, tolerance)?;
    let [then, now, usual] = [then, now, usual].map(|it| output::bytes(it as u64));
    let text = format!("{now} a picture, was {then}; {} {usual} would be usual", way.word());
    let trend = if way == Way::Up { Trend::Worse } else { Trend::Other };
    Some(Change { trend, what: "bytes_mean".into(), text })
}
#[cfg(test)]
mod tests;
