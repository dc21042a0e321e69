//! The section of one target.

use mjpeg::check::{Severity, carrier};
use mjpeg::consumers::{Fate, consumer};
use serde::Serialize;

use super::drawn::{Drawn, charts};
use super::shown::{Head, Picture, Table, heads, picture, table};
use super::template;
use crate::criteria::Verdict;
use crate::output::{bytes, printable};
use crate::page::marked;
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::evidence::Evidence;
use crate::verdict::finished::{Finding, Finished};

const TEMPLATE: &str = include_str!("section.html");
#[derive(Debug, Serialize)]
struct Section {
    n: usize,
    name: String,
    verdict: String,
    ink: &'static str,
    error: Option<String>,
    facts: Vec<(&'static str, String)>,
    exempt: Vec<String>,
    changes: Vec<Change>,
    judged: bool,
    findings: Vec<Found>,
    charts: Vec<Drawn>,
    pictures: Vec<Picture>,
    consumers: Vec<Program>,
    consumers_summary: String,
    any_broken: bool,
    heads: Vec<Head>,
    tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
struct Change {
    trend: &'static str,
    ink: &'static str,
    what: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct Found {
    code: String,
    rule: String,
    severity: &'static str,
    ink: &'static str,
    evidence: String,
    /// HTML of ours.
    why: String,
    cure: String,
    bad: &'static str,
    good: &'static str,
    source: &'static str,
}

#[derive(Debug, Serialize)]
struct Program {
    name: String,
    version: &'static str,
    fate: String,
    ink: &'static str,
    code: Option<String>,
    cause: String,
}

/// The HTML of the section of target `n`, which counts from 1. `pictures`: whether there is room for pictures.
///
/// # Errors
///
/// When the template has a fault.
pub fn section(n: usize, it: &Finished, evidence: &Evidence, pictures: bool) -> Result<String, Problem> {
    let findings = it.findings.iter().map(found).collect();
    let consumers: Vec<Program> = programs(it);
    let fates = it.fates();
    let broken = fates.iter().filter(|(_, fate)| fate.loses_frames()).count();
    let section = Section {
        n,
        name: printable(it.shown()),
        verdict: it.verdict.words(),
        ink: verdict_ink(it.verdict),
        error: it.error.as_deref().map(printable),
        facts: facts(it),
        exempt: it.exempt.iter().map(|exempt| printable(&exempt.to_string())).collect(),
        changes: it.baseline.iter().flatten().map(change).collect(),
        judged: it.has_report(),
        findings,
        charts: charts(it, evidence),
        pictures: if pictures {
            evidence.shots.iter().map(|shot| picture(shot, it)).collect()
        } else {
            Vec::new()
        },
        consumers_summary: match broken {
            0 => format!("{} measured programs; none loses frames", fates.len()),
            _ => format!("{broken} of {} measured programs lose frames", fates.len()),
        },
        any_broken: broken > 0,
        consumers,
        heads: heads(evidence),
        tables: evidence.shots.iter().map(table).collect(),
    };
    template::render(TEMPLATE, &section)
}

/// The class of a verdict in the style.
pub fn verdict_ink(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Interrupted => "warning",
        _ => "error",
    }
}

fn facts(it: &Finished) -> Vec<(&'static str, String)> {
    let ms = |ms: f64| format!("{ms:.1} ms");
    let mut all = vec![("target", printable(it.url.as_ref().unwrap_or(&it.target)))];
    if let Some(started) = &it.started {
        all.push(("checked", printable(started)));
    }
    if it.has_report() {
        all.push(("parts", it.parts.to_string()));
        all.push(("time", format!("{:.1} s", it.duration_s)));
    }
    if let Some(timing) = &it.timing {
        all.push(("rate", format!("{:.2} fps", timing.fps)));
        all.push(("gaps: median", ms(timing.gap_p50_ms)));
        all.push(("gaps: 99th percentile", ms(timing.gap_p99_ms)));
        all.push(("gaps: longest", ms(timing.gap_max_ms)));
        all.push(("jitter", ms(timing.jitter_ms)));
        all.push(("stalls", timing.stalls.to_string()));
        all.extend(timing.first_frame_ms.map(|first| ("first frame after", ms(first))));
    }
    if let Some(frames) = &it.frames {
        all.extend(
            frames.width.zip(frames.height).map(|(width, height)| ("size", format!("{width}x{height}"))),
        );
        all.extend(frames.bytes_p50.map(|median| ("a frame", bytes(median))));
        all.push(("scans read", format!("{} of {}", frames.walked, frames.pictures)));
    }
    if let Some(end) = &it.end {
        all.push(("end", if end == "cap" { "limit reached".into() } else { printable(end) }));
    }
    all
}

fn change(it: &crate::verdict::finished::Change) -> Change {
    let ink = match it.trend {
        Trend::Worse => "error",
        Trend::Other => "info",
        Trend::Better => "good",
    };
    Change { trend: it.trend.name(), ink, what: printable(&it.what), message: printable(&it.message) }
}

fn found(it: &Finding) -> Found {
    let (rule, remedy) = (it.rule(), it.remedy());
    Found {
        code: printable(&it.code),
        rule: printable(&it.name),
        severity: it.severity.name(),
        ink: severity_ink(it.severity),
        evidence: printable(&it.evidence()),
        why: rule.map_or_else(String::new, |rule| marked(rule.why)),
        cure: remedy.map_or_else(String::new, |remedy| marked(remedy.cure)),
        bad: remedy.map_or("", |remedy| remedy.bad),
        good: remedy.map_or("", |remedy| remedy.good),
        source: rule.map_or("", |rule| rule.section),
    }
}

fn severity_ink(severity: Severity) -> &'static str {
    severity.name()
}

fn programs(it: &Finished) -> Vec<Program> {
    let mut all = it.fates();
    // The worst first; those with one fate stay in their order.
    all.sort_by_key(|(_, fate)| std::cmp::Reverse(*fate));
    let has = |code: &str| it.findings.iter().any(|finding| finding.code == code);
    let program = |(name, fate): (&str, Fate)| {
        let code = it.decided_by(name);
        Program {
            name: printable(name),
            version: consumer(name).map_or("", |consumer| consumer.version),
            fate: fate.name().replace('_', " "),
            ink: match fate {
                fate if fate.loses_frames() => "error",
                Fate::OnTime | Fate::Plays => "good",
                _ => "warning",
            },
            code: code.filter(|code| has(code)).map(printable),
            cause: printable(code.or(it.cause(name)).unwrap_or_default()),
        }
    };
    let mut programs: Vec<Program> = all.into_iter().map(program).collect();
    programs.extend(it.refused_carriers().map(|(name, finding)| Program {
        name: printable(name),
        version: carrier(name).map_or("", |carrier| carrier.summary),
        fate: "not fit".into(),
        ink: "warning",
        code: None,
        cause: printable(&format!("{}: {}", finding.code, finding.message)),
    }));
    programs
}

#[cfg(test)]
mod tests {
    use mjpeg::check::{remedy, rules};

    use super::*;
    use crate::verdict::finished::tests::hostile;

    #[test]
    fn backquotes_mark_code_in_texts_of_ours_and_not_in_those_of_a_camera() {
        let mut it = hostile();
        it.findings[0].code = "M214".into();
        let html = section(1, &it, &Evidence::default(), true).unwrap();
        assert!(
            html.contains("<p><code>boundary=--b</code> announces the delimiter <code>----b</code>;"),
            "{html}"
        );
        assert!(html.contains("`id`"), "{html}");
    }

    #[test]
    fn each_backquote_in_the_text_of_a_rule_has_another_one() {
        for rule in rules() {
            for text in [rule.why, remedy(rule).map_or("", |remedy| remedy.cure)] {
                assert!(!marked(text).contains('`'), "{}: {text}", rule.name);
            }
        }
    }
}
