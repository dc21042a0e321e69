//! The report: text, JSON, CSV or Markdown.

use std::time::Duration;

use serde::Serialize;

use super::side::Phase;
use super::verdict::{Measured, Verdict};
use crate::bench::format::Format;
use crate::bench::outputs::Comparison;
use crate::bench::table::{Cell, Table};
use crate::lines::fitted;
use crate::output::{self, ms, printable, rounded};
use crate::paint::{Ink, Paint};

/// The result of a measurement.
#[derive(Debug)]
pub struct Report {
    /// The URL.
    pub target: String,
    /// Bytes per second that A read; nothing without it.
    pub rate: Option<u64>,
    /// How long A was slow.
    pub duration: Duration,
    /// The figures.
    pub result: Measured,
    /// Whether B noticed.
    pub verdict: Verdict,
    /// Thresholds that were missed.
    pub missed: Vec<&'static str>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Comparison>,
}

/// A figure is absent if it is not known.
#[derive(Serialize)]
struct Figures {
    duration_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_bytes_per_s: Option<u64>,
    a: A,
    b: B,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Server>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missed: Vec<&'static str>,
}

#[derive(Serialize)]
struct A {
    bytes: u64,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_on_resume: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_after_ms: Option<f64>,
}

#[derive(Serialize)]
struct B {
    fps_before: f64,
    fps_during: f64,
    fps_after: f64,
    gap_max_before_ms: f64,
    gap_max_ms: f64,
    gap_max_after_ms: f64,
}

#[derive(Serialize)]
struct Server {
    rss_mb_before: f64,
    rss_mb_max: f64,
}

/// The report, without a final line end.
pub fn print(report: &Report, format: Format, paint: Paint, baseline: Option<&Comparison>) -> String {
    let figures = Figures::of(report);
    match format {
        Format::Text => {
            let lines = baseline.map(Comparison::lines).unwrap_or_default();
            let text = [vec![text(report, paint)], lines].concat().join("\n");
            fitted(&text, output::stdout_width(), 2)
        }
        Format::Json => json(&report.target, Some(figures), baseline),
        Format::Csv => table(report, &figures).csv(),
        Format::Markdown => table(report, &figures).markdown(),
    }
}

/// The report of a measurement that could not be made. Only JSON has one.
pub fn failed(target: &str, format: Format) -> Option<String> {
    (format == Format::Json).then(|| json(target, None, None))
}

fn json(target: &str, figures: Option<Figures>, baseline: Option<&Comparison>) -> String {
    // Fails only for map keys that are not strings, and for writers that fail.
    output::json(&Object { schema: "mjpeg.bench.slow/1", target, figures, baseline }).unwrap_or_default()
}

impl Figures {
    fn of(report: &Report) -> Self {
        let it = &report.result;
        let ages = it.a.ages();
        Self {
            duration_s: report.duration.as_secs_f64(),
            rate_bytes_per_s: report.rate,
            a: A {
                bytes: it.a.bytes,
                frames: it.a.frames(Phase::During),
                age_p50_ms: ages.map(|(p50, _)| ms(p50)),
                age_max_ms: ages.map(|(_, max)| ms(max)),
                stale_on_resume: it.stale_on_resume(),
                cut_off_after_ms: it.cut_off_after.map(ms),
            },
            b: B {
                fps_before: rounded(it.fps_of_b(Phase::Before)),
                fps_during: rounded(it.fps_of_b(Phase::During)),
                fps_after: rounded(it.fps_of_b(Phase::After)),
                gap_max_before_ms: ms(it.b.gap_max(Phase::Before)),
                gap_max_ms: ms(it.b.gap_max(Phase::During)),
                gap_max_after_ms: ms(it.b.gap_max(Phase::After)),
            },
            server: it.rss.map(|(before, most)| Server {
                rss_mb_before: rounded(before as f64 / 1e6),
                rss_mb_max: rounded(most as f64 / 1e6),
            }),
            verdict: report.verdict.word(),
            missed: report.missed.clone(),
        }
    }
}

/// The row of figures.
pub fn figures(report: &Report) -> Table {
    table(report, &Figures::of(report))
}

/// One row with the keys of the JSON.
fn table(report: &Report, figures: &Figures) -> Table {
    const KEYS: [&str; 14] = [
        "target",
        "verdict",
        "b_fps_before",
        "b_fps_during",
        "b_fps_after",
        "b_gap_max_ms",
        "a_bytes",
        "a_frames",
        "a_age_p50_ms",
        "a_age_max_ms",
        "a_stale_on_resume",
        "a_cut_off_after_ms",
        "rss_mb_before",
        "rss_mb_max",
    ];
    let (a, b, server) = (&figures.a, &figures.b, figures.server.as_ref());
    let mut table = Table::new(&KEYS);
    table.push(vec![
        Cell::word(printable(&report.target)),
        Cell::word(figures.verdict),
        Cell::number(Some(b.fps_before), 2),
        Cell::number(Some(b.fps_during), 2),
        Cell::number(Some(b.fps_after), 2),
        Cell::number(Some(b.gap_max_ms), 1),
        Cell::count(a.bytes),
        Cell::count(a.frames),
        Cell::number(a.age_p50_ms, 1),
        Cell::number(a.age_max_ms, 1),
        a.stale_on_resume.map_or_else(|| Cell::number(None, 0), Cell::count),
        Cell::number(a.cut_off_after_ms, 0),
        Cell::number(server.map(|it| it.rss_mb_before), 1),
        Cell::number(server.map(|it| it.rss_mb_max), 1),
    ]);
    table
}

fn text(report: &Report, paint: Paint) -> String {
    let it = &report.result;
    let slow = match report.rate {
        Some(rate) => format!("A reads {} per second for {:?}", output::bytes(rate), report.duration),
        None => format!("A reads nothing for {:?}", report.duration),
    };
    let mut table = Table::new(&["", "B fps", "B gap max ms", "A frames"]);
    for (name, phase) in [("before", Phase::Before), ("during", Phase::During), ("after", Phase::After)] {
        let is_bad = phase == Phase::During && report.verdict == Verdict::Hurt;
        table.push(vec![
            Cell::word(name),
            Cell::number(Some(it.fps_of_b(phase)), 2).inked(is_bad.then_some(Ink::Error)),
            Cell::number(Some(ms(it.b.gap_max(phase))), 1).inked(is_bad.then_some(Ink::Error)),
            Cell::count(it.a.frames(phase)),
        ]);
    }
    let mut lines = vec![format!("{}: {slow}", printable(&report.target)), String::new(), table.text(paint)];
    lines.push(String::new());
    lines.push(format!("A received {} while it was slow", output::bytes(it.a.bytes)));
    if let Some((p50, max)) = it.a.ages() {
        let (p50, max) = (p50.as_secs_f64(), max.as_secs_f64());
        lines.push(format!("A's frames since then were {p50:.2} s old (median), {max:.2} s at most"));
    }
    match (it.cut_off_after, it.stale_on_resume()) {
        (Some(after), _) => {
            lines.push(format!("the server cut A off {:.1} s after it became slow", after.as_secs_f64()));
        }
        (None, Some(stale)) => lines.push(format!("A received {stale} old frames when it read again")),
        (None, None) => {}
    }
    if let Some((before, most)) = it.rss {
        let (before, most) = (output::bytes(before), output::bytes(most));
        lines.push(format!("the server's memory was {before} before and {most} at most"));
    }
    for missed in &report.missed {
        lines.push(paint.ink(Ink::Error, format!("missed: --{}", missed.replace('_', "-"))));
    }
    lines.push(match report.verdict {
        Verdict::Isolated => paint.ink(Ink::Good, "isolated: B did not notice that A was slow"),
        Verdict::Hurt => paint.ink(Ink::Error, "hurt: B lost frames or waited because A was slow"),
    });
    lines.join("\n")
}
