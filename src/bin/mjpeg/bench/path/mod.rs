//! `mjpeg bench path`: what a chain of programs does with the frames that a source puts into it.
//!
//! Each frame of `mjpeg serve test:` has a coded strip (`mjpeg::strip`) with its number and its time. At the end of the
//! chain the numbers say which frames are lost, doubled or reordered, and the times how old the pictures are.

mod figures;
mod observer;
mod report;
mod results;

use std::time::Duration;

use anyhow::anyhow;
use mjpeg::counted::Counted;

use self::figures::Figures;
use self::observer::{Awaited, Watcher};
use super::format::Format;
use super::outputs::{self, Comparison, Files, Results};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::lines::fitted;
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
// One answer is read: the option of the other subcommands is refused.
#[command(mut_arg("poll", |arg| arg.hide(true)))]
#[command(after_help = "\
Examples:
  mjpeg serve test:640x480 --listen 127.0.0.1:8080 &
  ffmpeg -i http://127.0.0.1:8080/stream -q:v 5 -f mpjpeg -listen 1 \\
      http://127.0.0.1:8081/ &
  mjpeg bench path http://127.0.0.1:8081/ --duration 30s --max-age 500ms

The frames must come from mjpeg's test pattern, or from `mjpeg serve --stamp`, with at least 288x64 pixels: \
a strip of black and white boxes at the top of each picture has its number and its time. Programs on the way may \
encode the picture again and may scale it. Times are compared with the clock of this machine, so the clocks of both ends must agree.

Exit status: 0 done; 1 a threshold is missed, or no frame has a strip; 3 unreachable, 4 not a stream, 5 stalled, \
reset, or ended before --duration, --frames or the time of a baseline; 6 our side.")]
pub struct Args {
    /// The end of the chain: a URL
    #[arg(value_name = "URL", value_parser = Target::parser())]
    target: Target,

    /// Read at most N frames [default: no limit]
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(1..))]
    frames: Option<u64>,

    /// Read for this long [default: 10s without --frames]. A silence at its end is waited out, up to --idle
    #[arg(long, value_name = "T", value_parser = value::limit)]
    duration: Option<Duration>,

    /// A stream that sends no byte, or no complete part, for this long is stalled
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::limit)]
    idle: Duration,

    /// Fail if more frames than this are lost
    #[arg(long, value_name = "N", value_parser = value::count::<u64>(0..))]
    max_loss: Option<u64>,

    /// Fail if a picture is older than this when it arrives. Missed too if all come before their time; if some do, the most of
    /// it is added to the ages
    #[arg(long, value_name = "T", value_parser = value::limit)]
    max_age: Option<Duration>,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,

    #[command(flatten)]
    outputs: outputs::Options,

    #[command(flatten)]
    transport: transport::Options,
}

impl Args {
    /// Checks what clap does not.
    ///
    /// # Errors
    ///
    /// When the target has no arrival times.
    pub fn check(&self) -> Result<(), Usage> {
        self.outputs.check()?;
        match &self.target {
            Target::Url(_) if self.transport.poll.is_some() => {
                Err(Usage::conflict("bench path reads one answer; --poll is for record, check and serve"))
            }
            Target::Url(_) => Ok(()),
            target => Err(Usage::value(format!("{target}: only a URL has a latency{}", target.or_url()))),
        }
    }
}

impl Args {
    /// What must be the same in two runs that are compared.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let frames = self.frames.map_or("none".into(), |frames| frames.to_string());
        vec![("--frames", frames), ("--duration", format!("{:?}", self.limit().unwrap_or_default()))]
    }

    /// Whether a stream that ends early is a failure. Without any of these options, all of a finite stream is measured.
    fn has_goal(&self) -> bool {
        let outputs = &self.outputs;
        let is_compared = outputs.baseline.is_some() || outputs.save_baseline.is_some();
        self.duration.is_some() || self.frames.is_some() || is_compared
    }

    /// What the stream must reach, in words.
    fn goal(&self) -> String {
        let frames = self.frames.map(|frames| Counted(frames, "frame").to_string());
        let duration = self.limit().map(|limit| format!("{limit:?}"));
        let words: Vec<String> = [frames, duration].into_iter().flatten().collect();
        format!("{} had passed", words.join(" or "))
    }

    /// How long the stream is read.
    fn limit(&self) -> Option<Duration> {
        self.duration.or((self.frames.is_none()).then_some(DURATION))
    }
}

/// Reads the stream and prints the figures.
///
/// # Errors
///
/// When there is no stream, or it fails.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let mut is_printed = false;
    let outcome = measure(args, stop, &mut is_printed);
    if !is_printed && args.format == Format::Json {
        output::result(&report::failed(&args.target)?)?;
    }
    outcome
}

/// Sets `is_printed` when the report is printed.
fn measure(args: &Args, stop: &Stop, is_printed: &mut bool) -> Result<Outcome, Failure> {
    let clock = Clock::real();
    let settings = args.settings();
    let files = Files::open(&args.outputs, "path", &settings)?;
    let (start, started) = (clock.unix(), clock.now());
    let (figures, end) = match read(args, &clock, stop, started) {
        Ok(read) => read,
        Err(_) if stop.signal().is_some() => return Ok(Outcome::Signal(stop.signal().unwrap_or_default())),
        Err(failure) => return Err(failure),
    };
    let missed = figures.missed(args.max_loss, args.max_age);
    let mut results =
        Results { command: "path", target: args.target.to_string(), start, settings, ..Results::default() };
    results.length = clock.now().saturating_sub(started);
    results::add(&mut results, &figures, &missed);
    let failure = failure(args, &figures, &end);
    // A run that failed is no measurement: the files of earlier ones stay.
    let is_measured = failure.is_none() && !matches!(end, End::Signal(_));
    let comparison = if is_measured { files.finish(&results)? } else { None };
    let text = match args.format {
        Format::Text => {
            let text = report::text(&args.target, &figures, &end.to_string(), &missed);
            let lines = comparison.as_ref().map(Comparison::lines).unwrap_or_default();
            let lines = lines.into_iter().map(|line| format!("  {line}")).collect();
            fitted(&[vec![text], lines].concat().join("\n"), output::stdout_width(), 13)
        }
        Format::Json => report::json(&args.target, &figures, &missed, comparison.as_ref())?,
        Format::Csv => results.table.csv(),
        Format::Markdown => results.table.markdown(),
    };
    *is_printed = true;
    output::result(&text)?;
    if let End::Signal(signal) = end {
        return Ok(Outcome::Signal(signal));
    }
    if let Some(failure) = failure {
        return Err(args.outputs.refused(failure));
    }
    let is_worse = comparison.is_some_and(|it| it.is_failure());
    Ok(Outcome::Exit(if missed.is_empty() && !is_worse { Exit::Done } else { Exit::No }))
}

/// Why the run failed, if it did.
fn failure(args: &Args, figures: &Figures, end: &End) -> Option<Failure> {
    if let Some(exit) = status::of_end(end, true) {
        let hint = if let End::NotAStream(foreign) = end { foreign.hint() } else { None };
        let failure = Failure::new(exit, anyhow!(args.target.with(end.within_option(args.idle))));
        return Some(Failure { hint: hint.map(Into::into), ..failure });
    }
    if matches!(end, End::Closed) && args.has_goal() {
        let why = match figures.stall {
            Some(silence) => format!("{end} after {:.1} s without a part", silence.as_secs_f64()),
            None => format!("{end} before {}", args.goal()),
        };
        return Some(Failure::new(Exit::Stalled, anyhow!("{}: {why}", args.target)));
    }
    if figures.parts() == 0 {
        let cause = anyhow!("{}: no complete part came in that time", args.target);
        return Some(Failure::new(Exit::Stalled, cause));
    }
    let hint = "the source must be `mjpeg serve test:` or `mjpeg serve --stamp`, with at least 288x64 pixels";
    (figures.frames() == 0).then(|| Failure {
        hint: Some(hint.into()),
        ..Failure::new(Exit::No, anyhow!("{}: no frame has a coded strip", args.target))
    })
}

fn read(args: &Args, clock: &Clock, stop: &Stop, started: Duration) -> Result<(Figures, End), Failure> {
    let duration = args.limit();
    let patience = duration.map_or(args.idle, |duration| duration.min(args.idle));
    let stream = transport::open(&args.target, &args.transport, patience, clock, stop)?;
    let mut session = Session::new(stream, clock, args.idle, started);
    let deadline = duration.map(|duration| started + duration);
    let mut watcher = Watcher::new(args.frames);
    let end = session.run(&mut watcher, deadline)?;
    let watched = session.watched();
    if !matches!(end, End::TimeUp) || !watcher.is_silent(watched) {
        return Ok((watcher.finish(watched), end));
    }
    // The next frame, or the idle limit, decides whether this is a gap or a stall.
    let end = session.run(&mut Awaited, None)?;
    let watched = if matches!(end, End::Enough) { watched } else { session.watched() };
    let end = if matches!(end, End::Enough) { End::TimeUp } else { end };
    Ok((watcher.finish(watched), end))
}
