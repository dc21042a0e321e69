//! The report as one JSON object. Scripts rely on its keys and their meaning.

use std::time::Duration;

use serde::Serialize;

use super::rows::{Report, Row};
use crate::bench::chunks::cell::word;
use crate::bench::chunks::timeline::Figures;
use crate::output;

#[derive(Serialize)]
struct Object {
    schema: &'static str,
    frames: u64,
    part_min_bytes: u64,
    part_max_bytes: u64,
    fps: f64,
    duration_s: f64,
    rows: Vec<RowObject>,
}

#[derive(Serialize)]
struct RowObject {
    pump: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    http: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk_bytes: Option<u64>,
    verdict: &'static str,
    frames: u64,
    frames_due: u64,
    #[serde(flatten)]
    times: Times,
    model: Model,
    cause: String,
}

/// A figure is absent if it needs more frames than arrived.
#[derive(Serialize)]
struct Times {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_frame_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p99_ms: Option<f64>,
}

#[derive(Serialize)]
struct Model {
    verdict: &'static str,
    frames: u64,
    #[serde(flatten)]
    times: Times,
}

/// Prints `report` on one line.
pub fn print(report: &Report<'_>) -> String {
    let object = Object {
        schema: "mjpeg.bench.chunks/1",
        frames: report.sequence.count(),
        part_min_bytes: report.sequence.min(),
        part_max_bytes: report.sequence.max(),
        fps: report.schedule.fps(),
        duration_s: report.schedule.duration().as_secs_f64(),
        rows: report.rows.iter().map(|row| RowObject::new(row, report.schedule.frames_due())).collect(),
    };
    // Fails only for map keys that are not strings, and for writers that fail.
    output::json(&object).unwrap_or_default()
}

impl RowObject {
    fn new(row: &Row, frames_due: u64) -> Self {
        Self {
            pump: word(&row.cell.pump),
            read: row.cell.reads.map(|reads| word(&reads.rule)),
            http: row.cell.http.number(),
            chunk_bytes: row.cell.reads.map(|reads| reads.chunk_bytes),
            verdict: row.measured.verdict.word(),
            frames: row.measured.frames,
            frames_due,
            times: Times::of(&row.measured),
            model: Model {
                verdict: row.predicted.verdict.word(),
                frames: row.predicted.frames,
                times: Times::of(&row.predicted),
            },
            cause: row.cause.clone(),
        }
    }
}

impl Times {
    fn of(figures: &Figures) -> Self {
        let (gap, latency) = (figures.gap, figures.latency);
        Self {
            first_frame_ms: figures.first_frame.map(ms),
            gap_p50_ms: gap.map(|gap| ms(gap.p50)),
            gap_p99_ms: gap.map(|gap| ms(gap.p99)),
            gap_max_ms: gap.map(|gap| ms(gap.max)),
            latency_p50_ms: latency.map(|latency| ms(latency.p50)),
            latency_p99_ms: latency.map(|latency| ms(latency.p99)),
        }
    }
}

/// Milliseconds to the nearest microsecond.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
