//! `mjpeg record`: a stream to JPEG files, bit for bit.

mod goal;
mod manifest;
mod progress;
mod sink;
mod summary;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use mjpeg::check::BodyDamage;
use mjpeg::multipart::{Deviation, Event, Extent, Part};
use mjpeg::stats::FrameTimes;

use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::{End, Flow, Observer, Session, Stream, Target};
use crate::value;
use goal::Goal;
use progress::Progress;
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
    target: OsString,
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
    /// Write over a recording that OUT holds
    #[arg(long)]
    force: bool,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
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
        let target = Target::parse(&self.target);
        let clock = Clock::real();
        let goal = Goal { frames: self.frames, duration: self.duration, bytes: self.bytes };
        let started = clock.now();
        let mut recorder = Recorder {
            sink: None,
            goal,
            every: self.every,
            trim: self.trim,
            hash: self.hash,
            clock: clock.clone(),
            started,
            good: 0,
            deviations: Vec::new(),
            times: FrameTimes::default(),
            progress: Progress::new(self.frames, self.quiet),
            summary: Summary::new(target.to_string()),
        };
        let run = record(&target, &self, &mut recorder, stop);
        recorder.progress.end();
        let mut summary = recorder.summary;
        summary.duration_s = output::rounded((clock.now() - started).as_secs_f64());
        if let Some(timing) = recorder.times.timing(None) {
            summary.set_timing(&timing);
        }
        let outcome = match (run, stop.signal()) {
            // A signal while we were still knocking.
            (Err(_), Some(signal)) if summary.frames_written == 0 => {
                judge(&End::Signal(signal), &target, goal, &mut summary)
            }
            (Err(failure), _) => {
                summary.end = (failure.exit == Exit::Local).then_some("local");
                Err(failure)
            }
            (Ok(end), _) => judge(&end, &target, goal, &mut summary),
        };
        summary.error =
            outcome.as_ref().err().filter(|failure| failure.cause.is_some()).map(ToString::to_string);
        let printed = print(&summary, self.format, self.out.as_os_str() != "-");
        // What went wrong with the stream matters more than that nobody reads of it.
        outcome.and_then(|outcome| printed.map(|()| outcome))
    }
}

fn record(target: &Target, args: &Record, recorder: &mut Recorder, stop: &Stop) -> Result<End, Failure> {
    let clock = recorder.clock.clone();
    let existing = if args.force { Existing::Overwrite } else { Existing::Refuse };
    Sink::may_open(&args.out, existing)?;
    let patience = args.duration.map_or(args.idle, |duration| duration.min(args.idle));
    let stream = Stream::open(target, &clock, stop, patience)?;
    // Not before there is something to record: what OUT holds may be all there is.
    recorder.sink = Some(Sink::open(&args.out, existing)?);
    let mut session = Session::new(stream, &clock, args.idle, recorder.started);
    let deadline = args.duration.map(|duration| recorder.started + duration);
    session.run(recorder, deadline)
}

/// What the end of the stream means for the exit status.
fn judge(end: &End, target: &Target, goal: Goal, summary: &mut Summary) -> Result<Outcome, Failure> {
    let frames = summary.frames_written;
    let failure = |exit, cause: String| Err(Failure::new(exit, anyhow!("{target}: {cause}")));
    let (word, outcome) = match end {
        End::Enough => ("goal", Ok(Outcome::Exit(Exit::Done))),
        End::TimeUp | End::Closed if frames == 0 && summary.frames_damaged > 0 => {
            let word = if *end == End::TimeUp { "goal" } else { "closed" };
            (word, failure(Exit::No, format!("none of {} frames was whole", summary.frames_damaged)))
        }
        End::TimeUp if frames == 0 => {
            ("stalled", failure(Exit::Stalled, "connected, but no frame came in that time".into()))
        }
        End::TimeUp => ("goal", Ok(Outcome::Exit(Exit::Done))),
        End::Closed if frames == 0 => {
            summary.end = Some("closed");
            return failure(Exit::NotAStream, "the stream ended without a picture".into());
        }
        End::Closed if goal.is_set() => (
            "closed",
            failure(Exit::No, format!("the stream ended after {frames} good frames, before the goal")),
        ),
        End::Closed => ("closed", Ok(Outcome::Exit(Exit::Done))),
        // Captures are cut: that is no fault of theirs.
        End::Truncated if !target.is_live() => {
            let outcome = if goal.is_set() {
                failure(Exit::No, format!("it ends after {frames} good frames, before the goal"))
            } else {
                Ok(Outcome::Exit(Exit::Done))
            };
            ("truncated", outcome)
        }
        End::Truncated => (
            "truncated",
            failure(Exit::Stalled, format!("the stream was cut inside a part, after {frames} good frames")),
        ),
        End::Unframed(error) => ("truncated", failure(Exit::Stalled, error.to_string())),
        End::Reset(why) => {
            ("reset", failure(Exit::Stalled, format!("reset after {frames} good frames: {why}")))
        }
        End::Stalled => (
            "stalled",
            failure(
                Exit::Stalled,
                format!("stalled after {frames} good frames: nothing complete came within --idle"),
            ),
        ),
        End::Signal(signal) => {
            ("signal", Ok(if goal.is_set() { Outcome::Signal(*signal) } else { Outcome::Exit(Exit::Done) }))
        }
        End::NotAStream(error) => {
            let failure = Failure::new(Exit::NotAStream, anyhow!("{target}: not an MJPEG stream: {error}"));
            return Err(failure);
        }
    };
    summary.end = Some(word);
    outcome
}

fn print(summary: &Summary, format: Format, to_stdout: bool) -> Result<(), Failure> {
    let text = match format {
        Format::Json => serde_json::to_string(summary).map_err(Failure::local)?,
        Format::Text if summary.end.is_some() => summary.text(),
        // Nothing was recorded; the message says why.
        Format::Text => return Ok(()),
    };
    if to_stdout {
        output::result(&text)
    } else {
        output::line(&output::printable(&text));
        Ok(())
    }
}

/// Takes the events of a stream and keeps its good frames.
struct Recorder {
    /// Where frames go, once there is a stream.
    sink: Option<Sink>,
    goal: Goal,
    every: u64,
    trim: bool,
    hash: bool,
    clock: Clock,
    started: Duration,
    /// Good frames seen, kept or not.
    good: u64,
    /// Of the part that comes next.
    deviations: Vec<Deviation>,
    times: FrameTimes,
    progress: Progress,
    summary: Summary,
}

/// A part brings a few; a stream of deviations without parts must not fill the memory.
const MOST_DEVIATIONS: usize = 64;

impl Observer for Recorder {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Failure> {
        match event {
            Event::Deviation(deviation) if self.deviations.len() < MOST_DEVIATIONS => {
                self.deviations.push(*deviation);
            }
            Event::Part(part) => {
                let flow = self.part(part, arrival);
                self.deviations.clear();
                return flow;
            }
            _ => {}
        }
        Ok(Flow::More)
    }
}

impl Recorder {
    fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> Result<Flow, Failure> {
        if BodyDamage::is_not_a_picture(part) {
            return Ok(Flow::More);
        }
        let damage = BodyDamage::of(part);
        let mut line = manifest::Line::new(part, arrival, &self.deviations, damage);
        let Some(sink) = &mut self.sink else { return Ok(Flow::Enough) };
        if damage.is_some() {
            self.summary.frames_damaged += 1;
            sink.note(&line)?;
            return Ok(Flow::More);
        }
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        self.good += 1;
        if !(self.good - 1).is_multiple_of(self.every) {
            return Ok(Flow::More);
        }
        let jpeg = match part.extent {
            Extent::Complete { end } if self.trim => &part.body[..end],
            _ => part.body,
        };
        let seq = self.summary.frames_written + 1;
        let file = sink.write(seq, jpeg)?;
        line.seq = Some(seq);
        line.file = file.as_deref();
        if self.hash {
            line.hash(jpeg);
        }
        sink.note(&line)?;
        self.summary.frames_written = seq;
        self.summary.bytes_written += jpeg.len() as u64;
        let summary = &self.summary;
        let elapsed = self.clock.now().saturating_sub(self.started);
        self.progress.update(seq, summary.bytes_written, summary.frames_damaged, elapsed);
        let is_reached = self.goal.is_reached(summary.frames_written, summary.bytes_written);
        Ok(if is_reached { Flow::Enough } else { Flow::More })
    }
}
