//! `mjpeg bench slow`: what one slow viewer does to another one, and to the server.
//!
//! A and B read the same stream. First both read all that comes; then A reads nothing, or slowly; then A reads all again.

mod report;
mod run;
mod server_side;
mod side;
mod verdict;

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::anyhow;

use self::report::Format;
use self::run::Setting;
use self::side::Phase;
use self::verdict::Thresholds;
use super::process::Process;
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Color};
use crate::signal::Stop;
use crate::transport::{PlainOptions, PlainRequest, PlainUrl};
use crate::usage::Usage;
use crate::value;

/// The longest phase.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Measure what a slow viewer does to the others and to the server
///
/// A stops reading, or reads slowly, while B reads everything. The verdict is `isolated` if B does not notice.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg bench slow http://127.0.0.1:8080/stream --pid $(pidof ustreamer)
  mjpeg bench slow http://127.0.0.1:8080/stream --rate 200k --max-age 2s")]
pub struct Args {
    /// An http:// URL of a stream
    #[arg(value_name = "URL", value_parser = PlainUrl::parser())]
    url: PlainUrl,

    /// Bytes per second that A reads while it is slow, with k = 1024 [default: none]
    #[arg(long, value_name = "SIZE", value_parser = rate)]
    rate: Option<u64>,

    /// How long A is slow. Before and after that are measured for half as long
    #[arg(long, value_name = "T", default_value = "10s", value_parser = duration)]
    duration: Duration,

    /// The process of the server, to measure its memory
    #[arg(long, value_name = "PID")]
    pid: Option<NonZeroU32>,

    #[command(flatten)]
    thresholds: Thresholds,

    /// Also measure a server on another machine
    #[arg(long)]
    yes_load_this_host: bool,

    /// The format of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,

    /// Colour in text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// Show no progress
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    options: PlainOptions,
}

impl Args {
    /// Checks that the host is this machine.
    ///
    /// # Errors
    ///
    /// If another machine would be loaded.
    pub fn check(&self) -> Result<(), Usage> {
        super::host::check(&self.url, self.may_leave())
    }

    fn may_leave(&self) -> bool {
        self.yes_load_this_host || self.options.unix_socket.is_some()
    }
}

/// Measures and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let process = args.pid.map(|pid| Process::find(pid.get())).transpose()?;
    let request = PlainRequest::new(&args.url, &args.options, stop)?;
    let addresses = super::host::addresses(&request, args.may_leave())?;
    let setting = Setting {
        request: &request,
        addresses: &addresses,
        rate: args.rate,
        duration: args.duration,
        process: process.as_ref(),
        is_quiet: args.quiet,
        clock: Clock::real(),
        stop,
    };
    let result = match setting.run()? {
        Ok(result) => result,
        // A signal before the first frame.
        Err(_) if stop.signal().is_some() => {
            return Ok(stop.signal().map_or(Outcome::Exit(Exit::Done), Outcome::Signal));
        }
        Err(obstacle) => {
            if let Some(report) = report::failed(&args.url.to_string(), args.format) {
                output::result(&report)?;
            }
            return Err(obstacle.failure(&args.url.to_string()));
        }
    };
    if let Some(signal) = stop.signal() {
        return Ok(Outcome::Signal(signal));
    }
    if result.b.frames(Phase::Before) == 0 {
        return Err(Failure::new(
            Exit::Stalled,
            anyhow!("{}: B received no frame before A became slow, so there is nothing to compare", args.url),
        ));
    }
    let verdict = result.verdict();
    let missed = args.thresholds.missed(&result);
    let report = report::Report {
        target: args.url.to_string(),
        rate: args.rate,
        duration: args.duration,
        result,
        verdict,
        missed,
    };
    output::result(&report::print(&report, args.format, args.color.on_stdout().into()))?;
    let is_good = report.verdict == verdict::Verdict::Isolated && report.missed.is_empty();
    Ok(Outcome::Exit(if is_good { Exit::Done } else { Exit::No }))
}

fn rate(text: &str) -> Result<u64, String> {
    match value::size(text)? {
        0 => Err("A that reads nothing is the default".into()),
        rate if rate <= 1 << 30 => Ok(rate),
        _ => Err("more than 1G per second is not slow".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match value::duration(text)? {
        it if it < Duration::from_millis(200) => Err("shorter than 200 ms".into()),
        it if it > LONGEST => Err("longer than 24 h".into()),
        it => Ok(it),
    }
}
