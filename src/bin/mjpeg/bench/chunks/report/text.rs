//! The report as a table.

use std::fmt::Write as _;
use std::time::Duration;

use mjpeg::counted::Counted;

use super::rows::{Report, Row};
use crate::bench::chunks::cell::{Cell, ReadRule, Reads, word};
use crate::bench::verdict::Verdict;
use crate::lines::fitted;

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
/// What a narrow terminal shows; the cause is below the rows.
const NARROW: [usize; 7] = [0, 1, 2, 3, 6, 7, 9];
/// A cause needs so many characters beside a row.
const LEAST_CAUSE: usize = 40;
/// How far a cause below its rows is indented.
const INDENT: usize = 11;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

/// Prints `report`, one block for each kind of pump and read. `width`: characters of a line.
pub fn print(report: &Report<'_>, coloured: bool, width: Option<usize>) -> String {
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
    let all: Vec<usize> = (0..COLUMNS.len()).collect();
    let full: usize = widths.iter().map(|width| width + 2).sum();
    let is_narrow = width.is_some_and(|width| width < full + LEAST_CAUSE);
    let shown = if is_narrow { &NARROW[..] } else { &all };
    let mut block = None;
    let mut rows = report.rows.iter().zip(&lines).peekable();
    while let Some((row, line)) = rows.next() {
        let title = title(&row.cell);
        if block.as_ref() != Some(&title) {
            let names = COLUMNS.map(|(name, _)| name.to_string());
            let cause = if is_narrow { "" } else { "  cause" };
            // Writing to a string does not fail.
            let _ = write!(out, "\n\n{title}\n{}{cause}", cells(&names, &widths, shown, None));
            block = Some(title);
        }
        let colour = coloured.then(|| colour(row.measured.verdict));
        let _ = write!(out, "\n{}", cells(line, &widths, shown, colour));
        let next = rows.peek().map(|(next, _)| next);
        let is_last = next
            .is_none_or(|next| next.cause != row.cause || self::title(&next.cell) != self::title(&row.cell));
        match is_narrow {
            true if is_last => {
                let _ = write!(out, "\n{:INDENT$}{}", "", row.cause);
            }
            true => {}
            false => {
                let _ = write!(out, "  {}", row.cause);
            }
        }
    }
    fitted(&out, width, INDENT)
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
fn cells(
    values: &[String; COLUMNS.len()],
    widths: &[usize; COLUMNS.len()],
    shown: &[usize],
    colour: Option<&str>,
) -> String {
    let mut out = String::new();
    for &column in shown {
        let value = &values[column];
        let padding = " ".repeat(widths[column] - value.len());
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
