//! `mjpeg bench merge`: the histograms of several runs as one, such as those of a load test on many machines.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::format::Format;
use super::hdr::{self, Named};
use super::table::{Cell, Table};
use crate::channel::{RecvTimeoutError, channel};
use crate::color::Color;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, printable, rounded};
use crate::replacement::Replacement;
use crate::signal::Stop;
use crate::threads;

/// The most bytes of a file.
const MOST_BYTES: u64 = 64 << 20;
/// How often to look for a signal while the files are read.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Add the histograms that --hdr has written on several machines
///
/// Histograms of the same name are added. The percentiles are those of all measurements together, which cannot be computed from
/// the percentiles of each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg bench clients http://cam/stream --yes-load-this-host --hdr one.hdr
  mjpeg bench merge *.hdr --format markdown      # of the files of all machines")]
pub struct Args {
    /// Logs of HdrHistogram
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Also write the sums to a log
    #[arg(long, value_name = "FILE")]
    hdr: Option<PathBuf>,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,

    /// When to colour text, also help and errors of the command line
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Serialize)]
struct Object {
    schema: &'static str,
    files: usize,
    rows: Vec<Row>,
}

/// A figure is absent without measurements.
#[derive(Serialize)]
struct Row {
    name: String,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p90_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_9_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ms: Option<f64>,
}

/// The sums of all files.
struct Merged {
    rows: Vec<Row>,
    /// The text of a log, if one is wanted.
    log: Option<String>,
}

/// Reads all files and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let mut is_printed = false;
    let outcome = merge(args, stop, &mut is_printed);
    if !is_printed && args.format == Format::Json {
        output::result(&json(0, Vec::new()))?;
    }
    outcome
}

/// Sets `is_printed` when the report is printed.
fn merge(args: &Args, stop: &Stop, is_printed: &mut bool) -> Result<Outcome, Failure> {
    let out = args.hdr.as_ref().map(|path| {
        let begun =
            Replacement::begin(path).with_context(|| format!("cannot write --hdr {}", path.display()));
        begun.map_err(Failure::local)
    });
    let out = out.transpose()?;
    let Merged { rows, log } = match in_thread(args.files.clone(), out.is_some(), stop)? {
        Read::Merged(merged) => merged,
        Read::Interrupted(signal) => return Ok(Outcome::Signal(signal)),
    };
    if let Some((out, log)) = out.zip(log) {
        out.finish(log.as_bytes()).context("cannot write --hdr").map_err(Failure::local)?;
    }
    let text = match args.format {
        Format::Text => table(&rows).text(args.color.on_stdout().into()),
        Format::Csv => table(&rows).csv(),
        Format::Markdown => table(&rows).markdown(),
        Format::Json => json(args.files.len(), rows),
    };
    *is_printed = true;
    output::result(&text)?;
    Ok(Outcome::Exit(Exit::Done))
}

/// How the reading ended.
enum Read {
    Merged(Merged),
    /// By this signal.
    Interrupted(i32),
}

/// Reads the files in a thread, which is left behind after a signal: large logs take seconds each, and a file may hang.
fn in_thread(files: Vec<PathBuf>, wants_log: bool, stop: &Stop) -> Result<Read, Failure> {
    let (answer, answers) = channel();
    let read = move || drop(answer.send(Merged::of(&files, wants_log)));
    threads::start("merge", threads::STACK_BYTES, read).map_err(Failure::local)?;
    loop {
        match (answers.recv_timeout(STOP_CHECK_INTERVAL), stop.signal()) {
            (Ok(merged), _) => return merged.map(Read::Merged).map_err(Failure::local),
            (Err(_), Some(signal)) => return Ok(Read::Interrupted(signal)),
            (Err(RecvTimeoutError::Timeout), None) => {}
            (Err(RecvTimeoutError::Disconnected), None) => {
                return Err(Failure::local(anyhow!("the thread that reads the files ended")));
            }
        }
    }
}

impl Merged {
    fn of(files: &[PathBuf], wants_log: bool) -> anyhow::Result<Self> {
        let mut all: Vec<Named> = Vec::new();
        for path in files {
            for (name, histogram) in read(path).with_context(|| format!("cannot read {}", path.display()))? {
                hdr::add(&mut all, name, &histogram)?;
            }
        }
        let log = wants_log.then(|| hdr::log(Duration::ZERO, Duration::ZERO, &all)).transpose()?;
        Ok(Self { rows: all.iter().map(|(name, histogram)| Row::of(name, histogram)).collect(), log })
    }
}

/// One line of JSON, without its end.
fn json(files: usize, rows: Vec<Row>) -> String {
    // Fails only for map keys that are not strings, and for writers that fail.
    output::json(&Object { schema: "mjpeg.bench.merge/1", files, rows }).unwrap_or_default()
}

fn read(path: &Path) -> anyhow::Result<Vec<Named>> {
    let mut text = String::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(anyhow!("it is not a regular file"));
    }
    file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(anyhow!("it has more than {MOST_BYTES} bytes"));
    }
    let named = hdr::parse(&text)?;
    if named.is_empty() {
        bail!("it has no histogram: it is empty, cut or no log of HdrHistogram");
    }
    Ok(named)
}

impl Row {
    fn of(name: &str, histogram: &Histogram<u64>) -> Self {
        let at = |percent: f64| {
            (!histogram.is_empty())
                .then(|| rounded(histogram.value_at_quantile(percent / 100.0) as f64 / 1e3))
        };
        Self {
            name: name.into(),
            count: histogram.len(),
            p50_ms: at(50.0),
            p90_ms: at(90.0),
            p99_ms: at(99.0),
            p99_9_ms: at(99.9),
            max_ms: at(100.0),
        }
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&["name", "count", "p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "max_ms"]);
    for row in rows {
        let ms = |value: Option<f64>| Cell::number(value, 1);
        table.push(vec![
            Cell::word(printable(&row.name)),
            Cell::count(row.count),
            ms(row.p50_ms),
            ms(row.p90_ms),
            ms(row.p99_ms),
            ms(row.p99_9_ms),
            ms(row.max_ms),
        ]);
    }
    table
}
