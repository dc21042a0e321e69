//! The section of one target.

use mjpeg::check::{Severity, carrier};
use mjpeg::consumers::{Fate, consumer};
use serde::Serialize;

use super::template;
use super::thumbnail;
use crate::marker_table::MarkerTable;
use crate::output::{bytes, printable};
use crate::page::chart::{Chart, Style};
use crate::problem::Problem;
use crate::verdict::baseline::Trend;
use crate::verdict::evidence::{Evidence, Shot};
use crate::verdict::finished::{Finding, Finished};
use crate::verdict::word::Verdict;

const TEMPLATE: &str = include_str!("section.html");
/// Markers of a picture that are shown.
const ROWS: usize = 60;

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
    why: &'static str,
    cure: &'static str,
    bad: &'static str,
    good: &'static str,
    source: &'static str,
}

#[derive(Debug, Serialize)]
struct Drawn {
    caption: String,
    /// HTML of ours.
    svg: String,
}

#[derive(Debug, Serialize)]
struct Picture {
    part: u64,
    codes: String,
    url: Option<String>,
    is_copy: bool,
    width: u32,
    height: u32,
    bytes: String,
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

#[derive(Debug, Serialize)]
struct Head {
    title: String,
    lines: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Table {
    part: u64,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    offset: usize,
    marker: String,
    bytes: usize,
    text: String,
}

/// The HTML of the section of target `n`, which counts from 1. `pictures`: whether there is room for pictures.
///
/// # Errors
///
/// When the template has a fault.
pub fn section(n: usize, it: &Finished, evidence: &Evidence, pictures: bool) -> Result<String, Problem> {
    let findings = it.findings.iter().map(found).collect();
    let consumers: Vec<Program> = programs(it);
    let broken = it.fates().filter(|(_, fate)| fate.loses_frames()).count();
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
            0 => format!("{} measured programs; none loses frames", it.fates().count()),
            _ => format!("{broken} of {} measured programs lose frames", it.fates().count()),
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
        if let Some(pictures) = frames.pictures {
            all.push(("scans read", format!("{} of {pictures}", frames.walked)));
        }
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
        why: rule.map_or("", |rule| rule.why),
        cure: remedy.map_or("", |remedy| remedy.cure),
        bad: remedy.map_or("", |remedy| remedy.bad),
        good: remedy.map_or("", |remedy| remedy.good),
        source: rule.map_or("", |rule| rule.section),
    }
}

fn severity_ink(severity: Severity) -> &'static str {
    severity.name()
}

/// The gaps, the sizes and the arrivals. Without times the sizes are over the numbers of the parts.
fn charts(it: &Finished, evidence: &Evidence) -> Vec<Drawn> {
    let dots = &evidence.dots;
    let seconds = |n: usize| dots[n].arrival.map(|arrival| arrival.as_secs_f64());
    let has_times = !dots.is_empty() && dots.iter().all(|dot| dot.arrival.is_some());
    let x = |n: usize| if has_times { seconds(n).unwrap_or_default() } else { dots[n].part as f64 };
    let axis = if has_times { "seconds since the first byte" } else { "part" };
    let marks: Vec<(f64, String)> = it
        .findings
        .iter()
        .filter_map(|finding| {
            let n = dots.iter().position(|dot| Some(dot.part) == finding.part)?;
            Some((x(n), printable(&finding.code)))
        })
        .collect();
    let mut all = Vec::new();
    if has_times && dots.len() > 1 {
        // The first frame has no gap. Its point gives all plots the same axis.
        let gap = |n: usize| if n == 0 { 0.0 } else { (x(n) - x(n - 1)) * 1000.0 };
        let gaps: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), gap(n))).collect();
        let mut limits = Vec::new();
        if let Some(ms) = it.limits.as_ref().and_then(|limits| limits.max_gap_ms) {
            limits.push((ms, "--max-gap".to_string()));
        }
        let svg = Chart {
            title: "gaps between frames over time",
            x: axis,
            y: "gap before the frame in ms",
            style: Style::Stems,
            points: &gaps,
            limits: &limits,
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn {
            caption: "Gaps. Dashed vertical lines are the parts that findings name first.".into(),
            svg,
        });
        let arrivals: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), (n + 1) as f64)).collect();
        let svg = Chart {
            title: "frames over time",
            x: axis,
            y: "frames so far",
            style: Style::Steps,
            points: &arrivals,
            limits: &[],
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn {
            caption: "Arrivals. An even stream is a straight line; a burst is a cliff, a stall a plain."
                .into(),
            svg,
        });
    }
    if dots.len() > 1 {
        let sizes: Vec<(f64, f64)> = (0..dots.len()).map(|n| (x(n), dots[n].bytes as f64 / 1000.0)).collect();
        let svg = Chart {
            title: "sizes of frames",
            x: axis,
            y: "size in kB",
            style: Style::Dots,
            points: &sizes,
            limits: &[],
            marks: &marks,
            height: 240.0,
        }
        .svg();
        all.push(Drawn { caption: "Sizes of the parts.".into(), svg });
    }
    all
}

fn picture(shot: &Shot, it: &Finished) -> Picture {
    let codes: Vec<String> = it
        .findings
        .iter()
        .filter(|finding| finding.part == Some(shot.part))
        .map(|it| printable(&it.code))
        .collect();
    // What is inside of a part may have bytes before the picture.
    let start = shot.body.windows(3).take(4096).position(|bytes| bytes == b"\xff\xd8\xff").unwrap_or(0);
    let found = thumbnail::data_url(&shot.body[start..]);
    let size = mjpeg::jpeg::Summary::of(&shot.body[start..]).frame.map(|frame| (frame.width, frame.height));
    let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((320, 240));
    let shown = u32::from(width).clamp(1, 480);
    Picture {
        part: shot.part,
        codes: codes.join(", "),
        is_copy: found.as_ref().is_some_and(|(_, is_copy)| *is_copy),
        url: found.map(|(url, _)| url),
        width: shown,
        height: (u64::from(shown) * u64::from(height) / u64::from(width)).clamp(1, 480) as u32,
        bytes: bytes(shot.body.len() as u64),
    }
}

fn programs(it: &Finished) -> Vec<Program> {
    let mut all: Vec<(&str, Fate)> = it.fates().collect();
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

/// The heads, a line of text for each of their lines. Bytes that are no UTF-8 are replaced.
fn heads(evidence: &Evidence) -> Vec<Head> {
    let head = |title: String, bytes: &[u8]| Head {
        title,
        lines: bytes
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| printable(&String::from_utf8_lossy(line)))
            .collect(),
    };
    let response = (!evidence.head.is_empty()).then(|| head("response".into(), &evidence.head));
    let parts = evidence.shots.iter().filter(|shot| !shot.head.is_empty());
    let parts = parts.map(|shot| head(format!("part {}", shot.part), &shot.head));
    response.into_iter().chain(parts).collect()
}

fn table(shot: &Shot) -> Table {
    let entries = MarkerTable::of(&shot.body, 0).entries;
    let more = entries.len().saturating_sub(ROWS);
    let mut rows: Vec<Row> = entries
        .into_iter()
        .take(ROWS)
        .map(|entry| Row {
            offset: entry.offset,
            marker: entry.marker.unwrap_or_default(),
            bytes: entry.bytes,
            text: printable(&entry.text),
        })
        .collect();
    if more > 0 {
        let bytes = rows.iter().map(|row| row.bytes).sum();
        rows.push(Row {
            offset: bytes,
            marker: String::new(),
            bytes: 0,
            text: format!("and {more} further entries"),
        });
    }
    Table { part: shot.part, rows }
}
