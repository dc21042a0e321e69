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
mod timeline;
mod tiny;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use self::cell::{Cell, Pump, ReadRule};
use self::parts::{Parts, Sequence};
use self::progress_display::ProgressDisplay;
use self::report::{Format, Report, print};
use self::run::{Bench, batches};
use self::schedule::Schedule;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Color};
use crate::signal::Stop;
use crate::usage::Usage;
use crate::value::{self, Rate};
use mjpeg::counted::Counted;

/// Chunk sizes of real servers: 64k is the default of web2py, and 30000 is in the article that first described the
/// stall.
const CHUNKS: [u64; 6] = [1 << 10, 16 << 10, 30_000, 64 << 10, 256 << 10, 1 << 20];
/// The largest chunk.
const MAX_CHUNK: u64 = 64 << 20;
/// The most frames of one measurement.
const MAX_FRAMES: u64 = 100_000;

/// Measure which chunk sizes delay a stream or end it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A directory of JPEGs, streamed in natural order, again and again
    #[arg(value_name = "SOURCE")]
    source: PathBuf,

    /// Frames per second
    #[arg(long, default_value = "30")]
    fps: Rate,

    /// How long each cell is measured
    #[arg(long, value_name = "T", default_value = "4s", value_parser = value::duration)]
    duration: Duration,

    /// Chunk sizes, with k = 1024 [default: 1k,16k,30000,64k,256k,1M and the smallest part -1, 0, +1]
    #[arg(long, value_name = "SIZE,..", value_delimiter = ',', value_parser = chunk)]
    chunk: Vec<u64>,

    /// What moves frames to the socket [default: all]
    #[arg(long, value_name = "PUMP,..", value_delimiter = ',')]
    pump: Vec<Pump>,

    /// What a read of n bytes returns [default: all]
    #[arg(long, value_name = "READ,..", value_delimiter = ',')]
    read: Vec<ReadRule>,

    /// Number of cells measured at once [default: as many as keep half a core busy]
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,

    /// Colour in text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Measures every cell and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let schedule = args.schedule();
    let frames = schedule.frames_due();
    let bench =
        Bench { parts: Parts::new(&frames::load(&args.source, frames)?)?, schedule, clock: Clock::real() };
    let sequence = bench.parts.sequence();
    let cells = args.cells(sequence);
    let batches = batches(&cells, args.jobs.map(Into::into), sequence, &schedule);
    let total = schedule.duration() * u32::try_from(batches.len()).unwrap_or(u32::MAX);
    let mut display = ProgressDisplay::start(cells.len(), total, &bench.clock, args.quiet);
    let timelines = bench.run(&batches, stop, &mut display);
    display.finish();
    let report = Report::new(sequence, &schedule, &timelines?);
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
        match self.schedule().frames_due() {
            1..=MAX_FRAMES => Ok(()),
            frames => Err(Usage::value(format!(
                "{} would be due, but a measurement takes 1 to {MAX_FRAMES}; \
                 choose another --fps or --duration",
                Counted(frames, "frame")
            ))),
        }
    }

    fn schedule(&self) -> Schedule {
        Schedule::new(self.fps.fps(), self.duration)
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
