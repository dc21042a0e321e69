//! `mjpeg record`: a stream to JPEG files, bit for bit.

mod goal;
mod manifest;
mod outcome;
mod progress;
mod raw;
mod recorder;
mod sink;
mod summary;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::{self, End, Session, Target};
use crate::value;
use goal::Goal;
use progress::Progress;
use raw::RawFile;
use recorder::{Keep, Recorder};
use sink::{Existing, Sink};
use summary::Summary;

/// Record a stream to JPEG files, bit for bit
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg record http://camera/stream out/ --frames 100
  mjpeg record http://camera/stream out/ --duration 10s --format json
  mjpeg record capture.http out/            frames of a saved response (curl -i, with or without --raw)
  mjpeg record http://camera/stream - --frames 1 > still.jpg
  mjpeg record test:640x480 frames/ --frames 30

Exit status: 0 goal reached (or the stream ended and there was none), 1 the stream ended before the goal,
3 unreachable, 4 not a stream, 5 stalled, reset or cut, 6 cannot write.")]
pub struct Record {
    /// What to record: a URL, a file with a saved response, `-` for standard input, `test:[WxH]`
    #[arg(value_parser = Target::parser())]
    target: Target,
    /// Directory for frame-000001.jpg, ... and manifest.jsonl; `-` writes the JPEGs to standard output
    out: PathBuf,
    /// Stop after N good frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Stop after this time
    #[arg(long, value_name = "T", value_parser = value::duration)]
    duration: Option<Duration>,
    /// Stop after this many bytes of good frames (k = 1024)
    #[arg(long, value_name = "SIZE", value_parser = value::size)]
    bytes: Option<u64>,
    /// Give up when no byte, or no complete part, comes for this long
    #[arg(long, value_name = "T", default_value = "10s", value_parser = value::duration)]
    idle: Duration,
    /// Keep every Nth good frame
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// End files at EOI: leave out bytes that follow it inside the part
    #[arg(long)]
    trim: bool,
    /// Add the SHA-256 of each file to the manifest
    #[arg(long)]
    hash: bool,
    /// Also write the response to FILE as received: head, chunks and all
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
    /// Overwrite a recording that OUT holds, and the file of --raw
    #[arg(long)]
    force: bool,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    transport: transport::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for people
    Text,
    /// One JSON object, schema mjpeg.record/1
    Json,
}

impl Record {
    /// Runs `mjpeg record`.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        let target = self.target.clone();
        let clock = Clock::real();
        let goal = Goal { frames: self.frames, duration: self.duration, bytes: self.bytes };
        let started = clock.now();
        let keep = Keep { every: self.every, trim: self.trim, hash: self.hash };
        let progress = Progress::new(self.frames, self.quiet);
        let summary = Summary::new(target.to_string());
        let mut recorder = Recorder::new(keep, goal, progress, summary, &clock, started);
        let run = self.record(&target, &mut recorder, &clock, started, stop);
        let finished = recorder.finish();
        let run = run.and_then(|end| Ok(finished.map(|()| end)?));
        let reader_is_gone = recorder.reader_is_gone;
        let mut summary = recorder.summary;
        summary.duration_s = output::rounded((clock.now() - started).as_secs_f64());
        if let Some(timing) = recorder.times.timing(None) {
            summary.set_timing(&timing);
        }
        let outcome = match (run, stop.signal()) {
            // A signal before there was a stream.
            (Err(_), Some(signal)) if summary.frames_written == 0 => {
                outcome::of(&End::Signal(signal), &target, goal, &mut summary)
            }
            (Err(failure), _) => {
                summary.end = (failure.exit == Exit::Local).then_some("local");
                Err(failure)
            }
            (Ok(_), _) if reader_is_gone => Err(Failure::pipe_closed()),
            (Ok(end), _) => outcome::of(&end, &target, goal, &mut summary),
        };
        summary.error =
            outcome.as_ref().err().filter(|failure| failure.cause.is_some()).map(ToString::to_string);
        let printed = print(&summary, self.format, self.out.as_os_str() != "-");
        // What went wrong with the stream matters more than a summary that cannot be printed.
        outcome.and_then(|outcome| match printed {
            Err(failure) if failure.cause.is_some() => Err(failure),
            _ => Ok(outcome),
        })
    }

    fn record(
        &self,
        target: &Target,
        recorder: &mut Recorder,
        clock: &Clock,
        started: Duration,
        stop: &Stop,
    ) -> Result<End, Failure> {
        let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
        Sink::may_open(&self.out, existing)?;
        if let Some(raw) = &self.raw {
            RawFile::may_create(raw, existing, &self.out, target)?;
        }
        let patience = self.duration.map_or(self.idle, |duration| duration.min(self.idle));
        let mut stream = transport::open(target, &self.transport, patience, clock, stop)?;
        // Not before there is something to record: what OUT holds may be all there is.
        recorder.sink = Some(Sink::open(&self.out, existing)?);
        if let Some(path) = &self.raw {
            stream.set_tap(Box::new(RawFile::create(path, existing)?))?;
        }
        let mut session = Session::new(stream, clock, self.idle, started);
        Ok(session.run(recorder, self.duration.map(|duration| started + duration))?)
    }
}

fn print(summary: &Summary, format: Format, to_stdout: bool) -> Result<(), Failure> {
    let text = match format {
        Format::Json => serde_json::to_string(summary).map_err(Failure::local)?,
        Format::Text if summary.end.is_some() => summary.text(),
        // Nothing was recorded. The message says why.
        Format::Text => return Ok(()),
    };
    if to_stdout {
        output::result(&text)
    } else {
        output::line(&output::printable(&text));
        Ok(())
    }
}
