//! The report as one JSON object. Scripts rely on its keys and their meaning.

use std::time::Duration;

use serde::Serialize;

use super::rows::Report;
use crate::bench::clients::row::{Row, Spread};
use crate::bench::outputs::Comparison;
use crate::output::{self, ms, rounded};

#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: &'a str,
    duration_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    rows: Vec<RowObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Comparison>,
}

/// A figure is absent if it is not known.
#[derive(Serialize)]
struct RowObject {
    clients: u64,
    arrivals: u64,
    served: u64,
    cut: u64,
    frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps_p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps_min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_frame_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_frame_max_ms: Option<f64>,
    mb_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames_due: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames_lost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_lost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_max_ms: Option<f64>,
    parts_too_large: u64,
    client_cores: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missed: Vec<&'static str>,
}

#[derive(Serialize)]
struct ServerObject {
    cpu_cores: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_us_per_frame: Option<f64>,
    rss_mb: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptors: Option<u64>,
    threads: u64,
}

#[derive(Serialize)]
struct Reason {
    reason: String,
    viewers: u64,
}

/// Prints `report` on one line.
pub fn print(report: &Report, baseline: Option<&Comparison>) -> String {
    let object = Object {
        schema: "mjpeg.bench.clients/1",
        target: &report.target,
        duration_s: report.duration.as_secs_f64(),
        fps: report.fps.map(rounded),
        rows: report.rows.iter().map(RowObject::new).collect(),
        baseline,
    };
    // Fails only for map keys that are not strings, and for writers that fail.
    output::json(&object).unwrap_or_default()
}

impl RowObject {
    fn new(row: &Row) -> Self {
        let of = |spread: Option<Spread>, value: fn(Spread) -> Duration| spread.map(|it| ms(value(it)));
        Self {
            clients: row.clients,
            arrivals: row.arrivals,
            served: row.served,
            cut: row.cut,
            frames: row.frames,
            fps_p50: row.fps_p50.map(rounded),
            fps_min: row.fps_min.map(rounded),
            gap_p50_ms: row.gap_p50.map(ms),
            gap_p99_ms: row.gap_p99.map(ms),
            gap_max_ms: row.gap_max.map(ms),
            wait_p99_ms: row.wait_p99.map(ms),
            first_frame_p50_ms: of(row.first_frame, |it| it.p50),
            first_frame_max_ms: of(row.first_frame, |it| it.max),
            mb_per_s: rounded(row.mb_per_s),
            frames_due: row.frames_due,
            frames_lost: row.frames_lost,
            bytes_lost: row.bytes_lost,
            age_p50_ms: of(row.age, |it| it.p50),
            age_p99_ms: of(row.age, |it| it.p99),
            age_max_ms: of(row.age, |it| it.max),
            parts_too_large: row.too_large,
            client_cores: rounded(row.client_cores),
            server: ServerObject::new(row),
            reasons: Reason::all(row),
            missed: row.missed.iter().map(|missed| missed.word()).collect(),
        }
    }
}

impl ServerObject {
    fn new(row: &Row) -> Option<Self> {
        let server = row.server?;
        Some(Self {
            cpu_cores: rounded(row.server_cores()?),
            cpu_us_per_frame: row.us_per_frame().map(rounded),
            rss_mb: rounded(server.rss_bytes as f64 / 1e6),
            descriptors: server.descriptors,
            threads: server.threads,
        })
    }
}

impl Reason {
    fn all(row: &Row) -> Vec<Self> {
        row.reasons.iter().map(|(reason, &viewers)| Self { reason: reason.clone(), viewers }).collect()
    }
}
