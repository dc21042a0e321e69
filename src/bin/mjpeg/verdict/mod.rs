//! `mjpeg check`: what is wrong with a stream, and which programs it breaks.

mod depth;
mod emit;
mod explain;
mod options;
mod reader;
mod run;
mod sample;
mod snapshots;

use std::time::Duration;

use clap::{Args, ValueEnum};
use mjpeg::check::{self, Expectations, Rule, Selection, Selector, Severity};

use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::{self, Target};
use crate::value::{self, Dimensions, Rate};
use depth::Depth;
use emit::{Emitter, Json, Text};
use options::Options;
use reader::Reader;
use run::{Run, Verdict};

/// Check a stream: boundaries, lengths, pictures, timing, and which players it breaks
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mjpeg check http://camera/stream
  mjpeg check http://camera/stream --frames 300 --duration 30s --min-fps 10 --max-gap 500ms
  mjpeg check http://camera/stream --format json | jq .verdict
  curl -i --raw --max-time 5 http://camera/stream | mjpeg check -
  mjpeg check --explain M203

Exit status: 0 pass, 1 findings at or above --fail-on or no picture, 3 unreachable, 4 not a stream, 5 stalled or
reset, 6 our side. The highest one counts. A signal ends the check: the targets that are left have the verdict `interrupted`,
and the process dies by the signal.")]
pub struct Check {
    /// What to check: URLs, files with a saved response (curl -i, with or without --raw), `-`, `test:`
    #[arg(
        required_unless_present_any = ["explain", "list_rules"],
        value_name = "TARGET",
        value_parser = Target::parser()
    )]
    targets: Vec<Target>,
    /// Read at most N parts [default: 100 of a URL without --duration, else no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Read for at most this long [default: 10s of a URL without --frames, else no limit]
    #[arg(long, value_name = "T", value_parser = value::duration)]
    duration: Option<Duration>,
    /// A stream that sends no byte, or no complete part, for this long is stalled. A file on a disk has at least 10 s to answer each
    /// read
    #[arg(long, value_name = "T", default_value = "5s", value_parser = value::duration)]
    idle: Duration,
    /// Read the entropy-coded data of every picture, even if that falls behind a live stream. By default all pictures
    /// of a file are read, and as many of a live stream as its time allows
    #[arg(long, conflicts_with = "shallow")]
    deep: bool,
    /// Read the entropy-coded data of no picture: lost segments, mixed frames and flipped bits are not found
    #[arg(long)]
    shallow: bool,
    /// The stream must not end: a stream that ends before --frames or --duration is an error
    #[arg(long)]
    expect_live: bool,
    /// Fail below this many frames per second
    #[arg(long, value_name = "F")]
    min_fps: Option<Rate>,
    /// Fail on a gap between two frames longer than this
    #[arg(long, value_name = "T", value_parser = value::duration)]
    max_gap: Option<Duration>,
    /// Fail if a picture has another size
    #[arg(long, value_name = "WxH")]
    size: Option<Dimensions>,
    /// Apply only these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    select: Vec<Selector>,
    /// Do not apply these rules: codes, names, or the start of a code
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = clap::value_parser!(Selector))]
    ignore: Vec<Selector>,
    /// Judge the findings for these consumers alone: what does not affect them is an info; also rtp_jpeg, fetch, webkit_fetch, snapshot
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    consumers: Vec<Reader>,
    /// Exit with 1 on findings of this severity or worse
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// How to print the verdict
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print only the verdict and the findings
    #[arg(long, short)]
    quiet: bool,
    /// Explain a rule: why it matters, which consumers it breaks, what to do
    #[arg(long, value_name = "CODE", value_parser = known_rule, conflicts_with = "targets")]
    explain: Option<&'static Rule>,
    /// List all rules
    #[arg(long, conflicts_with_all = ["targets", "explain"])]
    list_rules: bool,
    #[command(flatten)]
    transport: transport::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines to read
    Text,
    /// One JSON object for each target, each on one line, schema mjpeg.check/1
    Json,
}

impl Check {
    /// Runs `mjpeg check`.
    pub fn run(self, stop: &Stop) -> Result<Outcome, Failure> {
        if let Some(rule) = self.explain {
            output::result(&explain::rule(rule))?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        if self.list_rules {
            output::result(&explain::list())?;
            return Ok(Outcome::Exit(Exit::Done));
        }
        let clock = Clock::real();
        let options = self.options();
        let mut emitter = self.format.emitter(self.quiet);
        let mut out = Out { is_closed: false };
        let mut worst = Exit::Done;
        let mut is_interrupted = false;
        for target in &self.targets {
            let run = Run::of(target, &options, &clock, stop);
            let verdict = run.verdict(self.fail_on.severity());
            out.print(&emitter.target(target, &run, verdict)?)?;
            if let Some(failure) = &run.failure {
                output::failure("check", failure);
            }
            worst = worst.max(verdict.exit());
            is_interrupted |= verdict == Verdict::Interrupted;
        }
        out.print(&emitter.end()?)?;
        Ok(match stop.signal() {
            Some(signal) if is_interrupted => Outcome::Signal(signal),
            _ => Outcome::Exit(worst),
        })
    }

    fn options(&self) -> Options {
        let mut expectations = Expectations::default();
        expectations.rules =
            Selection::all().only(self.select.iter().cloned()).without(self.ignore.iter().cloned());
        expectations.max_gap = self.max_gap;
        expectations.min_fps = self.min_fps.map(Rate::fps);
        expectations.size = self.size.map(|size| (size.width, size.height));
        expectations.live = self.expect_live;
        let depth = match (self.deep, self.shallow) {
            (true, _) => Depth::Deep,
            (_, true) => Depth::Shallow,
            _ => Depth::Auto,
        };
        Options {
            frames: self.frames,
            duration: self.duration,
            idle: self.idle,
            expectations,
            transport: self.transport.clone(),
            depth,
            consumers: self.consumers.iter().filter_map(|reader| reader.consumer()).collect(),
            carriers: self.consumers.iter().filter_map(|reader| reader.carrier()).collect(),
        }
    }
}

impl Format {
    fn emitter(self, quiet: bool) -> Box<dyn Emitter> {
        match self {
            Self::Text => Box::new(Text { quiet }),
            Self::Json => Box::new(Json),
        }
    }
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

impl Verdict {
    fn exit(self) -> Exit {
        match self {
            // The process dies by the signal.
            Self::Pass | Self::Interrupted => Exit::Done,
            Self::Fail => Exit::No,
            Self::Unreachable => Exit::Unreachable,
            Self::NotAStream => Exit::NotAStream,
            Self::Stalled => Exit::Stalled,
            Self::Error => Exit::Local,
        }
    }
}

/// Standard output. A reader that closes it early does not change the verdict.
struct Out {
    is_closed: bool,
}

impl Out {
    fn print(&mut self, text: &str) -> Result<(), Failure> {
        if text.is_empty() || self.is_closed {
            return Ok(());
        }
        match output::result(text) {
            Err(failure) if failure.cause.is_none() => {
                self.is_closed = true;
                Ok(())
            }
            result => result,
        }
    }
}

fn known_rule(text: &str) -> Result<&'static Rule, String> {
    check::find(text).ok_or_else(|| {
        format!(
            "no rule has this code or name; `mjpeg check --list-rules` lists all ({} of them)",
            check::rules().count()
        )
    })
}
