//! The report: text, JSON, CSV or Markdown.

use std::time::Duration;

use mjpeg::counted::Counted;
use serde::Serialize;

use super::consumer::Seen;
use super::shape::{Sending, Shape};
use crate::bench::outputs::Comparison;
use crate::bench::table::{Cell, Table};
use crate::bench::verdict::Verdict;
use crate::output::{self, ms, printable, rounded};
use crate::paint::{Ink, Paint};

const SCHEMA: &str = "mjpeg.bench.chunks.url/1";

/// The result of a measurement.
#[derive(Debug)]
pub struct Report {
    /// The URL.
    pub target: String,
    /// The length of the measurement, and how long it should have been.
    pub length: Duration,
    pub asked: Duration,
    /// What the stream is.
    pub verdict: Verdict,
    /// Why.
    pub cause: String,
    /// Frames that came.
    pub frames: u64,
    /// The sizes of the smallest and the largest part.
    pub part_bytes: Option<(u64, u64)>,
    /// The gaps between frames.
    pub gaps: Vec<Duration>,
    /// The largest gap between two frames.
    pub gap_max: Option<Duration>,
    /// The ages of the frames, ascending.
    pub ages: Vec<Duration>,
    /// The median age of the frames at their last byte, if they carry a time of this machine.
    pub age_p50: Option<Duration>,
    /// How the server sends.
    pub shape: Shape,
    /// Consumers that read in blocks.
    pub rows: Vec<Seen>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: &'a str,
    duration_s: f64,
    verdict: &'static str,
    cause: &'a str,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_min_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_max_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_p50_ms: Option<f64>,
    sends: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_bytes: Option<u64>,
    frames_per_send: f64,
    rows: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Comparison>,
}

impl Report {
    /// Whether the stream ended, or stayed silent, before the measurement did.
    pub fn has_ended(&self) -> bool {
        matches!(self.verdict, Verdict::Ends | Verdict::Nothing)
    }
}

/// The object of a measurement that could not be made.
#[derive(Serialize)]
struct Failed<'a> {
    schema: &'static str,
    target: &'a str,
}

#[derive(Serialize)]
struct Row {
    read: &'static str,
    chunk_bytes: u64,
    verdict: &'static str,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_p50_ms: Option<f64>,
}

/// As one JSON object, schema `mjpeg.bench.chunks.url/1`.
pub fn json(report: &Report, baseline: Option<&Comparison>) -> String {
    let (sends, block_bytes, held_bytes) = match report.shape.sending {
        Sending::Whole => ("parts", None, None),
        Sending::Blocks { bytes } => ("blocks", Some(bytes), None),
        Sending::Tails { bytes } => ("tails", None, Some(bytes)),
        Sending::Pieces { bytes } => ("pieces", Some(bytes), None),
        Sending::Unknown => ("unknown", None, None),
    };
    let object = Object {
        schema: SCHEMA,
        target: &report.target,
        duration_s: report.length.as_secs_f64(),
        verdict: report.verdict.word(),
        cause: &report.cause,
        frames: report.frames,
        fps: fps(report).map(rounded),
        part_min_bytes: report.part_bytes.map(|(min, _)| min),
        part_max_bytes: report.part_bytes.map(|(_, max)| max),
        gap_max_ms: report.gap_max.map(ms),
        age_p50_ms: report.age_p50.map(ms),
        sends,
        block_bytes,
        held_bytes,
        frames_per_send: rounded(report.shape.at_once()),
        rows: report
            .rows
            .iter()
            .map(|seen| Row {
                read: seen.reads.word(),
                chunk_bytes: seen.block,
                verdict: seen.verdict.word(),
                frames: seen.frames,
                gap_max_ms: seen.gap_max.map(ms),
                delay_p50_ms: seen.delay_p50.map(ms),
            })
            .collect(),
        baseline,
    };
    // Fails only for map keys that are not strings, and for writers that fail.
    output::json(&object).unwrap_or_default()
}

/// The JSON object of a measurement that could not be made.
pub fn failed(target: &str) -> String {
    // As above.
    output::json(&Failed { schema: SCHEMA, target }).unwrap_or_default()
}

/// A row for each consumer.
pub fn table(report: &Report) -> Table {
    let mut table = Table::new(&["read", "chunk_bytes", "verdict", "frames", "gap_max_ms", "delay_p50_ms"]);
    for seen in &report.rows {
        table.push(vec![
            Cell::word(seen.reads.word()),
            Cell::count(seen.block),
            Cell::word(seen.verdict.word()).inked(Some(ink(seen.verdict))),
            Cell::count(seen.frames),
            Cell::number(seen.gap_max.map(ms), 1),
            Cell::number(seen.delay_p50.map(ms), 1),
        ]);
    }
    table
}

/// For people.
pub fn text(report: &Report, paint: Paint) -> String {
    let parts = report.part_bytes.map(|(min, max)| format!(", parts of {min} to {}", Counted(max, "byte")));
    let fps = fps(report).map(|fps| format!(" ({fps:.1} fps)")).unwrap_or_default();
    let age = report.age_p50.map(|age| format!(", {:.1} ms old at their last byte (median)", ms(age)));
    let gap = report.gap_max.map(|gap| format!(", largest gap {:.1} ms", ms(gap)));
    format!(
        "{}: {} in {:.1} s{fps}{}{}{}\n{}: {}\n\nWhat a consumer sees that reads blocks: `fill` waits for a whole block, \
         `short` takes a read shorter than its block for the end\n{}",
        printable(&report.target),
        Counted(report.frames, "frame"),
        report.length.as_secs_f64(),
        parts.unwrap_or_default(),
        gap.unwrap_or_default(),
        age.unwrap_or_default(),
        paint.ink(ink(report.verdict), report.verdict.word()),
        report.cause,
        table(report).text(paint)
    )
}

/// The measured frames per second.
pub fn fps(report: &Report) -> Option<f64> {
    (report.frames > 1).then(|| 1.0 / report.shape.interval.as_secs_f64().max(1e-9))
}

fn ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Streams => Ink::Good,
        Verdict::Late | Verdict::Bursts => Ink::Warning,
        Verdict::Ends | Verdict::Nothing => Ink::Error,
    }
}
