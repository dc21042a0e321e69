//! The report as one table, for CSV and Markdown. Its columns are the keys of the JSON.

use std::time::Duration;

use super::rows::{Report, Row};
use crate::bench::chunks::cell::word;
use crate::bench::chunks::timeline::Spread;
use crate::bench::table::{Cell, Table};

const COLUMNS: [&str; 17] = [
    "pump",
    "read",
    "http",
    "chunk_bytes",
    "verdict",
    "frames",
    "frames_due",
    "first_frame_ms",
    "gap_p50_ms",
    "gap_p99_ms",
    "gap_max_ms",
    "latency_p50_ms",
    "latency_p99_ms",
    "model_verdict",
    "model_frames",
    "model_gap_max_ms",
    "cause",
];

/// A row for each cell of the measurement.
pub fn table(report: &Report<'_>) -> Table {
    let mut table = Table::new(&COLUMNS);
    for row in &report.rows {
        table.push(cells(row, report.schedule.frames_due()));
    }
    table
}

fn cells(row: &Row, frames_due: u64) -> Vec<Cell> {
    let (cell, measured, model) = (&row.cell, &row.measured, &row.predicted);
    let of = |spread: Option<Spread>, value: fn(Spread) -> Duration| ms(spread.map(value));
    vec![
        Cell::word(word(&cell.pump)),
        cell.reads.map_or_else(unknown, |reads| Cell::word(word(&reads.rule))),
        Cell::word(cell.http.number()),
        cell.reads.map_or_else(unknown, |reads| Cell::count(reads.chunk_bytes)),
        Cell::word(measured.verdict.word()),
        Cell::count(measured.frames),
        Cell::count(frames_due),
        ms(measured.first_frame),
        of(measured.gap, |gap| gap.p50),
        of(measured.gap, |gap| gap.p99),
        of(measured.gap, |gap| gap.max),
        of(measured.latency, |latency| latency.p50),
        of(measured.latency, |latency| latency.p99),
        Cell::word(model.verdict.word()),
        Cell::count(model.frames),
        of(model.gap, |gap| gap.max),
        Cell::word(row.cause.as_str()),
    ]
}

fn unknown() -> Cell {
    Cell::number(None, 0)
}

fn ms(duration: Option<Duration>) -> Cell {
    Cell::number(duration.map(|duration| duration.as_secs_f64() * 1e3), 3)
}
