//! The report as a table, with the cells that matter marked, and sentences below it.

use std::time::Duration;

use mjpeg::counted::Counted;

use super::rows::Report;
use crate::bench::clients::missed::Missed;
use crate::bench::clients::row::Row;
use crate::bench::table::{Cell, Table};
use crate::lines::fitted;
use crate::output::printable;
use crate::paint::{Ink, Paint};

/// The names of the columns; those with `*` are shown only if a row has them.
const COLUMNS: [&str; 16] = [
    "clients",
    "served",
    "fps p50",
    "fps min",
    "gap p99 ms",
    "gap max ms",
    "wait p99 ms",
    "first p50 ms",
    "MB/s",
    "lost",
    "age p50 ms",
    "age p99 ms",
    "cores",
    "us/frame",
    "RSS MB",
    "files",
];
/// What a narrow terminal does not show, the first ones first.
const LEAST: [&str; 8] =
    ["wait p99 ms", "first p50 ms", "files", "age p50 ms", "us/frame", "MB/s", "gap p99 ms", "RSS MB"];
/// The first columns of the age of frames and of the server.
const AGE: usize = 10;
const SERVER: usize = 12;

/// The table for a terminal of this width.
pub fn table_within(rows: &[&Row], width: Option<usize>) -> Table {
    table(rows).within(width, &LEAST)
}

/// The table for people.
pub fn table(rows: &[&Row]) -> Table {
    let has_age = rows.iter().any(|row| row.age.is_some());
    let has_server = rows.iter().any(|row| row.server.is_some());
    let is_shown = |column: usize| match column {
        AGE..SERVER => has_age,
        SERVER.. => has_server,
        _ => true,
    };
    let shown: Vec<&'static str> =
        COLUMNS.iter().enumerate().filter(|(column, _)| is_shown(*column)).map(|(_, name)| *name).collect();
    let mut table = Table::new(&shown);
    for row in rows {
        let cells = cells(row).into_iter().enumerate().filter(|(column, _)| is_shown(*column));
        table.push(cells.map(|(_, cell)| cell).collect());
    }
    table
}

fn cells(row: &Row) -> Vec<Cell> {
    let mark = |missed: Missed, is_odd: bool| match (row.missed.contains(&missed), is_odd) {
        (true, _) => Some(Ink::Error),
        (false, true) => Some(Ink::Warning),
        (false, false) => None,
    };
    let is_slow = row.fps_p50.zip(row.fps_min).is_some_and(|(p50, min)| min < 0.9 * p50);
    // A stall begins at three intervals.
    let is_stalled = row.gap_p50.zip(row.gap_max).is_some_and(|(p50, max)| max > p50 * 3);
    let server = row.server;
    vec![
        Cell::count(row.clients),
        Cell::count(row.served).inked(mark(Missed::Served, row.has_unserved())),
        Cell::number(row.fps_p50, 2),
        Cell::number(row.fps_min, 2).inked(mark(Missed::MinFps, is_slow)),
        ms(row.gap_p99),
        ms(row.gap_max).inked(mark(Missed::MaxGap, is_stalled)),
        ms(row.wait_p99),
        ms(row.first_frame.map(|it| it.p50)),
        Cell::number(Some(row.mb_per_s), 1),
        row.frames_lost
            .map_or_else(|| Cell::number(None, 0), Cell::count)
            .inked(mark(Missed::MaxLoss, row.loss_percent().is_some_and(|loss| loss >= 1.0))),
        ms(row.age.map(|it| it.p50)),
        ms(row.age.map(|it| it.p99)).inked(mark(Missed::MaxAge, false)),
        Cell::number(row.server_cores(), 2),
        Cell::number(row.us_per_frame(), 1),
        Cell::number(server.map(|it| it.rss_bytes as f64 / 1e6), 1),
        server.and_then(|it| it.descriptors).map_or_else(|| Cell::number(None, 0), Cell::count),
    ]
}

/// The figures for programs: a column for each, with the keys of the JSON.
pub fn figures(rows: &[&Row]) -> Table {
    const KEYS: [&str; 19] = [
        "clients",
        "served",
        "cut",
        "frames",
        "fps_p50",
        "fps_min",
        "gap_p50_ms",
        "gap_p99_ms",
        "gap_max_ms",
        "wait_p99_ms",
        "first_frame_p50_ms",
        "mb_per_s",
        "frames_due",
        "frames_lost",
        "age_p50_ms",
        "age_p99_ms",
        "cpu_cores",
        "cpu_us_per_frame",
        "rss_mb",
    ];
    let mut table = Table::new(&KEYS);
    let count = |n: Option<u64>| n.map_or_else(|| Cell::number(None, 0), Cell::count);
    for row in rows {
        table.push(vec![
            Cell::count(row.clients),
            Cell::count(row.served),
            Cell::count(row.cut),
            Cell::count(row.frames),
            Cell::number(row.fps_p50, 3),
            Cell::number(row.fps_min, 3),
            ms(row.gap_p50),
            ms(row.gap_p99),
            ms(row.gap_max),
            ms(row.wait_p99),
            ms(row.first_frame.map(|it| it.p50)),
            Cell::number(Some(row.mb_per_s), 3),
            count(row.frames_due),
            count(row.frames_lost),
            ms(row.age.map(|it| it.p50)),
            ms(row.age.map(|it| it.p99)),
            Cell::number(row.server_cores(), 3),
            Cell::number(row.us_per_frame(), 3),
            Cell::number(row.server.map(|it| it.rss_bytes as f64 / 1e6), 3),
        ]);
    }
    table
}

fn ms(duration: Option<Duration>) -> Cell {
    Cell::number(duration.map(|duration| duration.as_secs_f64() * 1e3), 1)
}

/// The whole report.
pub fn print(report: &Report, paint: Paint, width: Option<usize>) -> String {
    let fps = report.fps.map(|fps| format!(", frames due at {fps:.2} fps")).unwrap_or_default();
    let title = format!("{}, {:?} a row{fps}", printable(&report.target), report.duration);
    let rows: Vec<&Row> = report.rows.iter().collect();
    let mut lines = vec![paint.ink(Ink::Name, title), String::new(), table_within(&rows, width).text(paint)];
    let sentences = sentences(&report.rows);
    if !sentences.is_empty() {
        lines.push(String::new());
        lines.extend(sentences);
    }
    fitted(&lines.join("\n"), width, 2)
}

/// What the figures do not say.
fn sentences(rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let clients = Counted(row.clients, "client");
        for (reason, viewers) in &row.reasons {
            lines.push(format!("{clients}: {} x {}", viewers, printable(reason)));
        }
        if row.client_cores > 0.9 {
            lines.push(format!(
                "{clients}: this program used a whole core, so the figures may be its own; use several machines"
            ));
        }
        if row.too_large > 0 {
            lines.push(format!(
                "{clients}: {} without a right length were too large for the memory of a viewer",
                Counted(row.too_large, "part")
            ));
        }
    }
    if rows.iter().any(|row| row.has_no_lengths) {
        lines.push(
            "the parts have no right Content-Length: their ends were searched, which costs more".into(),
        );
    }
    lines.extend(growth(rows));
    lines
}

/// How the server's cost grows from the first row to the last.
fn growth(rows: &[Row]) -> Option<String> {
    let (first, last) = (rows.first()?, rows.last()?);
    let (before, after) = (first.server?, last.server?);
    let more = last.served.checked_sub(first.served).filter(|&more| more > 0)?;
    let kb = (after.rss_bytes as f64 - before.rss_bytes as f64) / 1e3 / more as f64;
    let files = after.descriptors.zip(before.descriptors);
    let files = files
        .map(|(after, before)| format!(", {:+.1} descriptors", (after as f64 - before as f64) / more as f64));
    let cpu = first.us_per_frame().zip(last.us_per_frame());
    let cpu = cpu.map(|(before, after)| format!(", {before:.1} to {after:.1} us a frame"));
    Some(format!(
        "from {} to {} viewers the server took {kb:+.0} kB of memory{} a viewer{}",
        first.served,
        last.served,
        files.unwrap_or_default(),
        cpu.unwrap_or_default()
    ))
}
