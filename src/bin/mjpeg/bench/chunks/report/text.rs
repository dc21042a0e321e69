//! The report as a table.

use std::fmt::Write as _;
use std::time::Duration;

use mjpeg::counted::Counted;

use super::rows::{Report, Row};
use crate::bench::chunks::cell::{Cell, ReadRule, Reads, word};
use crate::bench::verdict::Verdict;

/// The columns before the cause, with their alignment: the measured figures, then those of the model.
const COLUMNS: [(&str, Align); 12] = [
    ("chunk", Align::Right),
    ("verdict", Align::Left),
    ("frames", Align::Right),
    ("first ms", Align::Right),
    ("gap p50", Align::Right),
    ("p99", Align::Right),
    ("max ms", Align::Right),
    ("late p50", Align::Right),
    ("p99 ms", Align::Right),
    ("model", Align::Left),
    ("frames", Align::Right),
    ("gap max ms", Align::Right),
];
/// The column whose values are coloured.
const VERDICT: usize = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

/// Prints `report`, one block for each kind of pump and read.
pub fn print(report: &Report<'_>, coloured: bool) -> String {
    let (sequence, schedule) = (report.sequence, report.schedule);
    let mut out = format!(
        "{}, parts of {} to {}, {} fps for {:?}: {} due",
        Counted(sequence.count(), "frame"),
        sequence.min(),
        Counted(sequence.max(), "byte"),
        schedule.fps(),
        schedule.duration(),
        Counted(schedule.frames_due(), "frame"),
    );
    let lines: Vec<[String; COLUMNS.len()]> =
        report.rows.iter().map(|row| line(row, schedule.frames_due())).collect();
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].len()).chain([COLUMNS[column].0.len()]).max().unwrap_or(0)
    });
    let mut block = None;
    for (row, line) in report.rows.iter().zip(&lines) {
        let title = title(&row.cell);
        if block.as_ref() != Some(&title) {
            let names = COLUMNS.map(|(name, _)| name.to_string());
            // Writing to a string does not fail.
            let _ = write!(out, "\n\n{title}\n{}  cause", cells(&names, &widths, None));
            block = Some(title);
        }
        let colour = coloured.then(|| colour(row.measured.verdict));
        let _ = write!(out, "\n{}  {}", cells(line, &widths, colour), row.cause);
    }
    out
}

fn title(cell: &Cell) -> String {
    let reads = match cell.reads.map(|Reads { rule, .. }| rule) {
        Some(ReadRule::Part) => ", part: a read returns one whole part",
        Some(ReadRule::Short) => ", short: a read of n returns at most n and is short at the end of a part",
        Some(ReadRule::Fill) => ", fill: a read of n returns n bytes across parts",
        None => "",
    };
    let pump = word(&cell.pump);
    if cell.reads.is_some() {
        format!("{pump}{reads}")
    } else {
        format!("{pump}, HTTP/{}", cell.http.number())
    }
}

fn line(row: &Row, frames_due: u64) -> [String; COLUMNS.len()] {
    let (measured, predicted) = (&row.measured, &row.predicted);
    [
        row.cell.reads.map_or_else(|| "-".into(), |reads| reads.chunk_bytes.to_string()),
        measured.verdict.word().into(),
        format!("{}/{frames_due}", measured.frames),
        ms(measured.first_frame),
        ms(measured.gap.map(|gap| gap.p50)),
        ms(measured.gap.map(|gap| gap.p99)),
        ms(measured.gap.map(|gap| gap.max)),
        ms(measured.latency.map(|latency| latency.p50)),
        ms(measured.latency.map(|latency| latency.p99)),
        predicted.verdict.word().into(),
        predicted.frames.to_string(),
        ms(predicted.gap.map(|gap| gap.max)),
    ]
}

/// One line of the table, without the cause.
fn cells(values: &[String; COLUMNS.len()], widths: &[usize; COLUMNS.len()], colour: Option<&str>) -> String {
    let mut out = String::new();
    for (column, (value, width)) in values.iter().zip(widths).enumerate() {
        let padding = " ".repeat(width - value.len());
        let value = match colour {
            Some(colour) if column == VERDICT => format!("\x1b[{colour}m{value}\x1b[0m"),
            _ => value.clone(),
        };
        out.push_str("  ");
        match COLUMNS[column].1 {
            Align::Left => out.extend([value, padding]),
            Align::Right => out.extend([padding, value]),
        }
    }
    out
}

/// The ANSI colour of a verdict: green is good, yellow is late, red is stopped.
fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Streams => "32",
        Verdict::Late | Verdict::Bursts => "33",
        Verdict::Ends | Verdict::Nothing => "31",
    }
}

fn ms(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".into(), |duration| format!("{:.1}", duration.as_secs_f64() * 1e3))
}
