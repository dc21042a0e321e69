//! `mjpeg bench chunks`: the behaviour of a stream that a pump moves in chunks, for several chunk sizes.
//!
//! The server reads chunks from a file-like object and sends each as one HTTP chunk. What a read returns, and which
//! read the pump takes for the end of the stream, decide whether the same frames stream, are late, come in bursts, or
//! stop. Each combination is a cell. A cell is measured over a real connection and reported beside the model
//! ([`model`]).
//!
//! Cells are mostly idle, so many are measured at once: as many as keep half a core busy by their own estimate, or the
//! number in `--jobs`. Their starts are spread over one interval, so that they do not send at the same moment.

mod cause;
mod cell;
mod client;
mod frame_counter;
mod frame_timer;
mod frames;
mod model;
mod parts;
mod progress_display;
mod pump;
mod report;
mod run;
mod schedule;
mod server;
mod source;
mod subject;
mod timeline;
mod tiny;

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum;

use self::cell::{Cell, Pump, ReadRule};
use self::parts::{Parts, Sequence};
use self::progress_display::ProgressDisplay;
use self::report::{Report, print, svg};
use self::run::{Bench, batches};
use self::schedule::Schedule;
use self::subject::Subject;
use super::foreign::{self, Measurement, Reads};
use super::format::Format;
use super::outputs::{self, Comparison, Files, Results};
use crate::clock::Clock;
use crate::color::Color;
use crate::exit::{Exit, Failure, Outcome};
use crate::lines::fitted;
use crate::output;
use crate::signal::Stop;
use crate::transport::{PlainOptions, PlainUrl};
use crate::usage::Usage;
use crate::value::{self, Rate};
use mjpeg::counted::Counted;

/// Chunk sizes of real servers: 64k is the default of web2py, and 30000 is in the article that first described the
/// stall.
const CHUNKS: [u64; 6] = [1 << 10, 16 << 10, 30_000, 64 << 10, 256 << 10, 1 << 20];
/// The largest chunk.
const MAX_CHUNK: u64 = 64 << 20;
/// The shortest and the longest measurement of a URL.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);
/// The most frames of one measurement.
const MAX_FRAMES: u64 = 100_000;

/// Measure which chunk sizes delay a stream or end it, or how the server of a URL sends
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg bench chunks frames/ --chunk 1k,64k --report chunks.html
  mjpeg bench chunks http://127.0.0.1:8080/stream --duration 10s

Exit status: 0 done, whatever the verdict is; 1 a figure is worse with --fail-on-regression; 3 unreachable, 4 not a \
stream, 5 no frame, or a stream that ends although a baseline is compared or written; 6 our side.")]
pub struct Args {
    /// A directory of JPEGs, streamed in natural order, again and again; or an http:// URL, whose server is measured
    #[arg(value_name = "SOURCE|URL", value_parser = Subject::parser())]
    source: Subject,

    /// Frames per second [default: 30; of a URL: what is measured]
    #[arg(long)]
    fps: Option<Rate>,

    /// How long each cell is measured. A URL is measured up to five times as long, and a minute longer at most, if too few
    /// sends came to say how it sends
    #[arg(long, value_name = "T", default_value = "4s", value_parser = value::duration)]
    duration: Duration,

    /// Chunk sizes, with k = 1024 [default: 1k,16k,30000,64k,256k,1M and the smallest part -1, 0, +1]
    #[arg(long, value_name = "SIZE,..", value_delimiter = ',', value_parser = chunk)]
    chunk: Vec<u64>,

    /// What moves frames to the socket [default: all]; not with a URL
    #[arg(long, value_name = "PUMP,..", value_delimiter = ',')]
    pump: Vec<Pump>,

    /// What a read of n bytes returns [default: all]; with a URL, what the reads of a consumer return (`fill`, `short`)
    #[arg(long, value_name = "READ,..", value_delimiter = ',')]
    read: Vec<ReadRule>,

    /// Number of cells measured at once [default: as many as keep half a core busy]; not with a URL
    #[arg(long, value_name = "N", value_parser = value::count::<usize>(1..))]
    jobs: Option<usize>,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,

    /// When to colour text, also help and errors of the command line
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,

    /// Show no progress
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    outputs: outputs::Options,

    #[command(flatten)]
    options: PlainOptions,
}

/// Measures and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    match &args.source {
        Subject::Directory(directory) => run_directory(args, directory, stop),
        Subject::Url(url) => run_url(args, url, stop),
    }
}

/// Measures the server of a URL.
fn run_url(args: &Args, url: &PlainUrl, stop: &Stop) -> Result<Outcome, Failure> {
    let mut is_printed = false;
    let outcome = measure_url(args, url, stop, &mut is_printed);
    if !is_printed && args.format == Format::Json {
        output::result(&foreign::failed(&url.to_string()))?;
    }
    outcome
}

/// Sets `is_printed` when the report is printed.
fn measure_url(args: &Args, url: &PlainUrl, stop: &Stop, is_printed: &mut bool) -> Result<Outcome, Failure> {
    let settings = args.settings();
    let files = Files::open(&args.outputs, "chunks", &settings)?;
    let clock = Clock::real();
    let (start, started) = (clock.unix(), clock.now());
    let blocks = if args.chunk.is_empty() { &CHUNKS[..] } else { &args.chunk };
    let reads = or_all(&args.read);
    let reads: Vec<Reads> = reads.into_iter().filter_map(consumer_reads).collect();
    let measurement = Measurement {
        url,
        options: &args.options,
        duration: args.duration,
        fps: args.fps.map(Rate::fps),
        blocks,
        has_own: !args.chunk.is_empty(),
        reads: &reads,
    };
    let report = measurement.run(stop)?;
    if let Some(signal) = stop.signal() {
        // What came until then would be judged as all that comes.
        return Ok(Outcome::Signal(signal));
    }
    let mut results =
        Results { command: "chunks", target: url.to_string(), start, settings, ..Results::default() };
    results.length = clock.now().saturating_sub(started);
    foreign::add(&mut results, &report);
    let files = if report.has_ended() { files.without_new_baseline() } else { files };
    let comparison = if report.frames > 0 { files.finish(&results)? } else { None };
    *is_printed = true;
    output::result(&match args.format {
        Format::Text => {
            let text = foreign::text(&report, args.color.on_stdout().into());
            let lines = comparison.as_ref().map(Comparison::lines).unwrap_or_default();
            fitted(&[vec![text], lines].concat().join("\n"), output::stdout_width(), 2)
        }
        Format::Json => foreign::json(&report, comparison.as_ref()),
        Format::Csv => foreign::table(&report).csv(),
        Format::Markdown => foreign::table(&report).markdown(),
    })?;
    if report.frames == 0 {
        let failure = Failure::new(Exit::Stalled, anyhow!("{url}: no complete frame came"));
        return Err(args.outputs.refused(failure));
    }
    // Without a comparison, a stream that ends is what this measurement looks for.
    if report.has_ended() && (args.outputs.baseline.is_some() || args.outputs.save_baseline.is_some()) {
        let failure =
            Failure::new(Exit::Stalled, anyhow!("{url}: the stream ended or stalled before --duration"));
        return Err(args.outputs.refused(failure));
    }
    let is_worse = comparison.is_some_and(|it| it.is_failure());
    Ok(Outcome::Exit(if is_worse { Exit::No } else { Exit::Done }))
}

/// The rule for a consumer, if it is one.
fn consumer_reads(rule: ReadRule) -> Option<Reads> {
    match rule {
        ReadRule::Part => None,
        ReadRule::Short => Some(Reads::Short),
        ReadRule::Fill => Some(Reads::Fill),
    }
}

/// Measures every cell.
fn run_directory(args: &Args, directory: &Path, stop: &Stop) -> Result<Outcome, Failure> {
    let settings = args.settings();
    let files = Files::open(&args.outputs, "chunks", &settings)?;
    let schedule = args.schedule();
    let frames = schedule.frames_due();
    let bench =
        Bench { parts: Parts::new(&frames::load(directory, frames)?)?, schedule, clock: Clock::real() };
    let sequence = bench.parts.sequence();
    let cells = args.cells(sequence);
    let batches = batches(&cells, args.jobs, sequence, &schedule);
    let total = schedule.duration() * u32::try_from(batches.len()).unwrap_or(u32::MAX);
    let mut display = ProgressDisplay::start(cells.len(), total, &bench.clock, args.quiet);
    let timelines = bench.run(&batches, stop, &mut display);
    display.finish();
    let report = Report::new(sequence, &schedule, &timelines?);
    let mut results = Results {
        command: "chunks",
        target: directory.display().to_string(),
        settings,
        ..Results::default()
    };
    results.table = report::table(&report);
    results.plots.push(svg(&report));
    // A run that was interrupted has no figures for some cells: the files of earlier ones stay.
    if stop.signal().is_none() {
        files.finish(&results)?;
    }
    output::result(&print(&report, args.format, args.color.on_stdout()))?;
    Ok(stop.signal().map_or(Outcome::Exit(Exit::Done), Outcome::Signal))
}

impl Args {
    /// Checks that the number of frames can be measured.
    ///
    /// # Errors
    ///
    /// If no frame, or too many frames, would be due.
    pub fn check(&self) -> Result<(), Usage> {
        self.outputs.check()?;
        if let Subject::Url(_) = self.source {
            let alone = [
                (!self.pump.is_empty(), "--pump"),
                (self.jobs.is_some(), "--jobs"),
                (self.read.contains(&ReadRule::Part), "--read part"),
            ];
            if let Some((_, option)) = alone.into_iter().find(|(is_given, _)| *is_given) {
                return Err(Usage::conflict(format!(
                    "{option} is for a directory; a URL has a server of its own"
                )));
            }
            if self.duration < SHORTEST || self.duration > LONGEST {
                return Err(Usage::value("--duration: a URL is measured for 100 ms to 1 h"));
            }
            return Ok(());
        }
        if let Some(option) = self.outputs.of_streams() {
            return Err(Usage::conflict(format!(
                "{option} is for a URL; each cell of a directory has a model"
            )));
        }
        match self.schedule().frames_due() {
            1..=MAX_FRAMES => Ok(()),
            frames => Err(Usage::value(format!(
                "{} would be due, but a measurement takes 1 to {MAX_FRAMES}; \
                 choose another --fps or --duration",
                Counted(frames, "frame")
            ))),
        }
    }

    /// What must be the same in two runs that are compared.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let fps = self.fps.map_or("default".into(), |fps| fps.fps().to_string());
        let chunks: Vec<String> = self.chunk.iter().map(u64::to_string).collect();
        let chunks = if chunks.is_empty() { "default".into() } else { chunks.join(",") };
        vec![("--duration", format!("{:?}", self.duration)), ("--fps", fps), ("--chunk", chunks)]
    }

    fn schedule(&self) -> Schedule {
        Schedule::new(self.fps.map_or(30.0, Rate::fps), self.duration)
    }

    /// The cells to measure.
    fn cells(&self, sequence: &Sequence) -> Vec<Cell> {
        let smallest = sequence.min();
        let mut chunks = self.chunk.clone();
        if chunks.is_empty() {
            chunks = [&CHUNKS[..], &[smallest - 1, smallest, smallest + 1]].concat();
        }
        Cell::all(&or_all(&self.pump), &or_all(&self.read), &chunks)
    }
}

/// The chosen values, or all.
fn or_all<T: ValueEnum + Clone>(chosen: &[T]) -> Vec<T> {
    if chosen.is_empty() { T::value_variants().to_vec() } else { chosen.to_vec() }
}

fn chunk(text: &str) -> Result<u64, String> {
    let bytes = value::size(text)?;
    if (1..=MAX_CHUNK).contains(&bytes) { Ok(bytes) } else { Err("expected 1 byte to 64M".into()) }
}
