//! `mjpeg bench path`: what a chain of programs does with the frames that a source puts into it.
//!
//! Each frame of `mjpeg serve test:` has a coded strip (`mjpeg::strip`) with its number and its time. At the end of the
//! chain the numbers say which frames are lost, doubled or reordered, and the times how old the pictures are.

mod figures;
mod observer;
mod report;

use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum;

use self::figures::Figures;
use self::observer::Watcher;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::status;
use crate::transport::{self, End, Session, Target};
use crate::usage::Usage;
use crate::value;

/// How long the stream is read by default.
const DURATION: Duration = Duration::from_secs(10);

/// Name every frame that a chain of programs loses, doubles, reorders or delays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg serve test:640x480 --listen 127.0.0.1:8080 &
  ffmpeg -i http://127.0.0.1:8080/stream -q:v 5 -f mpjpeg -listen 1 http://127.0.0.1:8081/ &
  mjpeg bench path http://127.0.0.1:8081/ --duration 30s --max-loss 0 --max-age 500ms

The frames must come from mjpeg's test pattern of at least 288x64 pixels: a strip of black and white boxes at the top
of each picture has its number and its time. Programs on the way may encode the picture again and may scale it. Times
are compared with the clock of this machine, so the clocks of both ends must agree.

Exit status: 0 done; 1 a threshold is missed, or no frame has a strip; 3 unreachable, 4 not a stream, 5 stalled or
reset, 6 our side.")]
pub struct Args {
    /// The end of the chain: a URL
    #[arg(value_name = "URL", value_parser = Target::parser())]
    target: Target,

    /// Read at most N frames [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Read for this long [default: 10s without --frames]
    #[arg(long, value_name = "T", value_parser = value::limit)]
    duration: Option<Duration>,

    /// A stream that sends no byte, or no complete part, for this long is stalled
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::limit)]
    idle: Duration,

    /// Fail if more frames than this are lost
    #[arg(long, value_name = "N")]
    max_loss: Option<u64>,

    /// Fail if a picture is older than this when it arrives
    #[arg(long, value_name = "T", value_parser = value::duration)]
    max_age: Option<Duration>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    transport: transport::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines to read
    Text,
    /// One JSON object, schema mjpeg.bench.path/1
    Json,
}

impl Args {
    /// Checks what clap does not.
    ///
    /// # Errors
    ///
    /// When the target has no arrival times.
    pub fn check(&self) -> Result<(), Usage> {
        match &self.target {
            Target::Url(_) if self.transport.poll.is_some() => {
                Err(Usage::conflict("bench path reads one answer; --poll is for record, check and serve"))
            }
            Target::Url(_) => Ok(()),
            target => Err(Usage::value(format!("{target}: only a URL has a latency"))),
        }
    }
}

/// Reads the stream and prints the figures.
///
/// # Errors
///
/// When there is no stream, or it fails.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let clock = Clock::real();
    let started = clock.now();
    let (figures, end) = match read(args, &clock, stop, started) {
        Ok(read) => read,
        Err(_) if stop.signal().is_some() => return Ok(Outcome::Signal(stop.signal().unwrap_or_default())),
        Err(failure) => return Err(failure),
    };
    let missed = figures.missed(args.max_loss, args.max_age);
    let text = match args.format {
        Format::Text => report::text(&args.target, &figures, &end.to_string(), &missed),
        Format::Json => report::json(&args.target, &figures, &missed)?,
    };
    output::result(&text)?;
    if let End::Signal(signal) = end {
        return Ok(Outcome::Signal(signal));
    }
    if let Some(exit) = status::of_end(&end, true) {
        return Err(Failure::new(exit, anyhow!("{}: {end}", args.target)));
    }
    if figures.parts() == 0 {
        return Err(Failure::new(
            Exit::Stalled,
            anyhow!("{}: no complete part came in that time", args.target),
        ));
    }
    if figures.frames() == 0 {
        return Err(Failure {
            hint: Some("the source must be `mjpeg serve test:` with at least 288x64 pixels".into()),
            ..Failure::new(Exit::No, anyhow!("{}: no frame has a coded strip", args.target))
        });
    }
    Ok(Outcome::Exit(if missed.is_empty() { Exit::Done } else { Exit::No }))
}

fn read(args: &Args, clock: &Clock, stop: &Stop, started: Duration) -> Result<(Figures, End), Failure> {
    let duration = args.duration.or((args.frames.is_none()).then_some(DURATION));
    let patience = duration.map_or(args.idle, |duration| duration.min(args.idle));
    let stream = transport::open(&args.target, &args.transport, patience, clock, stop)?;
    let mut session = Session::new(stream, clock, args.idle, started);
    let deadline = duration.map(|duration| started + duration);
    let mut watcher = Watcher::new(args.frames);
    let end = session.run(&mut watcher, deadline)?;
    Ok((watcher.finish(), end))
}
