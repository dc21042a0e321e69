//! `mjpeg bench slow`: what one slow viewer does to another one, and to the server.
//!
//! A and B read the same stream. First both read all that comes; then A reads nothing, or slowly; then A reads all again.

mod report;
mod results;
mod run;
mod server_side;
mod side;
mod verdict;

use std::time::Duration;

use anyhow::anyhow;
use clap::Arg;

use self::run::Setting;
use self::side::Phase;
use super::load::{self, Limits};
use super::outputs::{Files, Results};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::transport::{PlainRequest, PlainUrl};
use crate::usage::Usage;
use crate::value;

/// The longest phase.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Measure what a slow viewer does to the others and to the server
///
/// A stops reading, or reads slowly, while B reads everything. The verdict is `isolated` if B does not notice.
#[derive(Debug, clap::Args)]
#[command(mut_args(with_own_help))]
#[command(after_help = "\
Examples:
  mjpeg bench slow http://127.0.0.1:8080/stream --pid $(pidof ustreamer)
  mjpeg bench slow http://127.0.0.1:8080/stream --rate 200k --max-age 2s

Exit status: 0 B does not notice that A is slow; 1 it does, a threshold is missed, or a figure is worse with \
--fail-on-regression; 3 unreachable, 4 not a stream, 5 stalled or reset (B's stream also while A reads everything: for \
5 s, or to the end), 6 our side.")]
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

    #[command(flatten)]
    limits: Limits,

    #[command(flatten)]
    options: load::Options,
}

impl Args {
    /// Checks that the host is this machine.
    ///
    /// # Errors
    ///
    /// If another machine would be loaded.
    pub fn check(&self) -> Result<(), Usage> {
        self.options.check(&self.url)
    }

    /// What must be the same in two runs that are compared.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let rate = self.rate.map_or("none".into(), |rate| format!("{rate} bytes per second"));
        vec![("--duration", format!("{:?}", self.duration)), ("--rate", rate)]
    }
}

/// Measures and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let mut is_printed = false;
    let outcome = measure(args, stop, &mut is_printed);
    if !is_printed && let Some(report) = report::failed(&args.url.to_string(), args.options.format) {
        output::result(&report)?;
    }
    outcome
}

/// Sets `is_printed` when the report is printed.
fn measure(args: &Args, stop: &Stop, is_printed: &mut bool) -> Result<Outcome, Failure> {
    let process = args.options.process()?;
    let settings = args.settings();
    let files = Files::open(&args.options.outputs, "slow", &settings)?;
    let request = PlainRequest::new(&args.url, &args.options.transport, stop)?;
    let addresses = super::host::addresses(&request, args.options.may_leave())?;
    let clock = Clock::real();
    let (start, started) = (clock.unix(), clock.now());
    let setting = Setting {
        request: &request,
        addresses: &addresses,
        rate: args.rate,
        duration: args.duration,
        process: process.as_ref(),
        is_quiet: args.options.quiet,
        clock: clock.clone(),
        stop,
    };
    let result = match setting.run()? {
        Ok(result) => result,
        // A signal before the first frame.
        Err(_) if stop.signal().is_some() => {
            return Ok(stop.signal().map_or(Outcome::Exit(Exit::Done), Outcome::Signal));
        }
        Err(obstacle) => return Err(obstacle.failure(&args.url.to_string())),
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
    if let Some(side) = result.ended_early() {
        return Err(Failure::new(
            Exit::Stalled,
            anyhow!(
                "{}: {side}'s stream ended before A became slow, so there is nothing to compare",
                args.url
            ),
        ));
    }
    if let Some(gap) = result.b.stall(Phase::Before) {
        let cause = anyhow!(
            "{}: stalled: B received no frame for {:.1} s before A became slow, so there is nothing to compare",
            args.url,
            gap.as_secs_f64()
        );
        return Err(Failure::new(Exit::Stalled, cause));
    }
    let report = report::Report {
        target: args.url.to_string(),
        rate: args.rate,
        duration: args.duration,
        verdict: result.verdict(),
        missed: result.missed(&args.limits),
        result,
    };
    let mut results =
        Results { command: "slow", target: args.url.to_string(), start, settings, ..Results::default() };
    results.length = clock.now().saturating_sub(started);
    results::add(&mut results, &report);
    let has_ended = report.result.b.over.is_some();
    // Of a stall while A is slow the verdict is that B is hurt.
    let stall = report.result.b.stall(Phase::After).filter(|_| report.verdict == verdict::Verdict::Isolated);
    let has_failed = has_ended || stall.is_some();
    let files = if has_failed { files.without_new_baseline() } else { files };
    let comparison = files.finish(&results)?;
    let (format, paint) = (args.options.format, args.options.color.on_stdout().into());
    *is_printed = true;
    output::result(&report::print(&report, format, paint, comparison.as_ref()))?;
    if has_ended {
        let failure = Failure::new(Exit::No, anyhow!("{}: B's stream ended", args.url));
        return Err(args.options.outputs.refused(failure));
    }
    if let Some(gap) = stall {
        let seconds = gap.as_secs_f64();
        let cause =
            anyhow!("{}: stalled: B received no frame for {seconds:.1} s after A read again", args.url);
        return Err(args.options.outputs.refused(Failure::new(Exit::Stalled, cause)));
    }
    let is_worse = comparison.is_some_and(|it| it.is_failure());
    let is_good = report.verdict == verdict::Verdict::Isolated && report.missed.is_empty() && !is_worse;
    Ok(Outcome::Exit(if is_good { Exit::Done } else { Exit::No }))
}

/// An argument with the help that is right here.
fn with_own_help(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "max_gap" => argument.help("The largest gap between two frames of B while A is slow"),
        "min_fps" => argument.help("The least frames per second of B while A is slow"),
        "max_age" => argument
            .help("The largest age of A's frames at their last byte. Missed too if they carry no time"),
        _ => argument,
    }
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
