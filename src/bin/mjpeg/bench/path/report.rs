//! The figures as text and as JSON.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::time::Duration;

use mjpeg::counted::Counted;
use serde::Serialize;

use super::figures::{Figures, MOST_NAMED};
use crate::bench::outputs::Comparison;
use crate::bench::table::{Cell, Table};
use crate::output::{self, printable};
use crate::problem::Problem;
use crate::transport::Target;

const SCHEMA: &str = "mjpeg.bench.path/1";

/// The object of `mjpeg.bench.path/1`.
#[derive(Debug, Serialize)]
struct Object<'a> {
    schema: &'static str,
    target: String,
    frames: u64,
    lost: u64,
    doubled: u64,
    reordered: u64,
    unreadable: u64,
    sources: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_number: Option<u32>,
    /// The first and the last number of each range.
    lost_numbers: Vec<[u32; 2]>,
    doubled_numbers: &'a [u32],
    reordered_numbers: &'a [u32],
    late: u64,
    late_numbers: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_max_ms: Option<f64>,
    before_their_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_max_ms: Option<f64>,
    missed: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Comparison>,
}

/// The object of a measurement that could not be made.
#[derive(Debug, Serialize)]
struct Failed {
    schema: &'static str,
    target: String,
}

/// One line of JSON, without its end.
///
/// # Errors
///
/// No cause is known.
pub fn json(
    target: &Target,
    figures: &Figures,
    missed: &[String],
    baseline: Option<&Comparison>,
) -> Result<String, Problem> {
    let timing = figures.times.timing(None);
    let latency = |percent| figures.latencies.ages().percentile(percent).map(ms);
    let object = Object {
        schema: SCHEMA,
        target: target.to_string(),
        frames: figures.frames(),
        lost: figures.numbers.lost(),
        doubled: figures.numbers.doubled(),
        reordered: figures.numbers.reordered(),
        unreadable: figures.unreadable,
        sources: figures.numbers.sources(),
        first_number: figures.range.map(|(first, _)| first),
        last_number: figures.range.map(|(_, last)| last),
        lost_numbers: figures
            .numbers
            .missing()
            .take(MOST_NAMED)
            .map(|range| [*range.start(), *range.end()])
            .collect(),
        doubled_numbers: &figures.doubled,
        reordered_numbers: &figures.reordered,
        late: figures.latencies.late(),
        late_numbers: figures.late(),
        latency_p50_ms: latency(50),
        latency_p99_ms: latency(99),
        latency_max_ms: figures.latencies.ages().max().map(ms),
        before_their_time: figures.latencies.early(),
        fps: timing.map(|timing| (timing.fps * 1000.0).round() / 1000.0),
        gap_max_ms: figures.gap_max().map(ms),
        missed,
        baseline,
    };
    Ok(output::json(&object).map_err(anyhow::Error::from)?)
}

/// The line of JSON of a measurement that could not be made.
///
/// # Errors
///
/// No cause is known.
pub fn failed(target: &Target) -> Result<String, Problem> {
    let object = Failed { schema: SCHEMA, target: target.to_string() };
    Ok(output::json(&object).map_err(anyhow::Error::from)?)
}

/// One row with the keys of the JSON.
pub fn table(target: &str, figures: &Figures) -> Table {
    let mut table = Table::new(&[
        "target",
        "frames",
        "lost",
        "doubled",
        "reordered",
        "unreadable",
        "latency_p50_ms",
        "latency_p99_ms",
        "latency_max_ms",
        "fps",
        "gap_max_ms",
        "late",
    ]);
    let timing = figures.times.timing(None);
    let latency = |percent| Cell::number(figures.latencies.ages().percentile(percent).map(ms), 3);
    table.push(vec![
        Cell::word(printable(target)),
        Cell::count(figures.frames()),
        Cell::count(figures.numbers.lost()),
        Cell::count(figures.numbers.doubled()),
        Cell::count(figures.numbers.reordered()),
        Cell::count(figures.unreadable),
        latency(50),
        latency(99),
        Cell::number(figures.latencies.ages().max().map(ms), 3),
        Cell::number(timing.map(|it| it.fps), 2),
        Cell::number(figures.gap_max().map(ms), 1),
        Cell::count(figures.latencies.late()),
    ]);
    table
}

/// Lines to read, without the end of the last one.
pub fn text(target: &Target, figures: &Figures, end: &str, missed: &[String]) -> String {
    let numbers = &figures.numbers;
    let mut text = printable(&target.to_string());
    let mut line = |name: &str, value: &str| {
        // A String takes everything.
        let _ = write!(text, "\n  {name:<10} {}", value.trim_end());
    };
    let range = figures.range.map_or(String::new(), |(first, last)| format!("  #{first} to #{last}"));
    line("frames", &format!("{}{range}", figures.frames()));
    line("lost", &format!("{}{}", numbers.lost(), named(figures)));
    line("doubled", &counted(numbers.doubled(), &figures.doubled));
    line("reordered", &counted(numbers.reordered(), &figures.reordered));
    if figures.unreadable > 0 {
        line("no strip", &Counted(figures.unreadable, "part").to_string());
    }
    if numbers.sources() > 1 {
        line("sources", &format!("{}: the source started again, or was exchanged", numbers.sources()));
    }
    let latencies = figures.latencies.ages();
    if latencies.count() > 0 {
        line("late", &counted(figures.latencies.late(), &figures.late()));
    }
    if let (Some(p50), Some(p99), Some(max)) =
        (latencies.percentile(50), latencies.percentile(99), latencies.max())
    {
        line("latency", &format!("p50 {:.1} ms  p99 {:.1} ms  max {:.1} ms", ms(p50), ms(p99), ms(max)));
    }
    if figures.latencies.early() > 0 {
        let pictures = Counted(figures.latencies.early(), "picture");
        line("clocks", &format!("{pictures} came before the time in its strip: the clocks do not agree"));
    }
    if let Some((timing, gap_max)) = figures.times.timing(None).zip(figures.gap_max()) {
        line("rate", &format!("{:.2} fps  largest gap {:.1} ms", timing.fps, ms(gap_max)));
    }
    line("end", &printable(end));
    for missed in missed {
        line("missed", missed);
    }
    text
}

/// How many, and the numbers of the first ones.
fn counted(count: u64, numbers: &[u32]) -> String {
    let names: String = numbers.iter().map(|number| format!(" #{number}")).collect();
    let more = if count > numbers.len() as u64 { " ..." } else { "" };
    if count == 0 { "0".into() } else { format!("{count} {names}{more}") }
}

/// The numbers of the missing frames.
fn named(figures: &Figures) -> String {
    let name = |range: RangeInclusive<u32>| match (range.start(), range.end()) {
        (first, last) if first == last => format!("#{first}"),
        (first, last) => format!("#{first}-#{last}"),
    };
    let all = figures.numbers.missing().count();
    let mut names: Vec<_> = figures.numbers.missing().take(MOST_NAMED).map(name).collect();
    if all > names.len() {
        names.push("...".into());
    }
    if names.is_empty() { String::new() } else { format!("  {}", names.join(" ")) }
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
