//! `mjpeg bench clients`: many viewers of one URL at once, in one thread.
//!
//! A row is a number of viewers. They connect, each waits for its first frame, and then all frames of a window count. What
//! a frame was due for decides, not when it came: a stall counts for each frame that was due in it, a stall that
//! lasts to the end of the window counts although no frame ended it, and a viewer that never had a frame is not served
//! ("coordinated omission" would leave these out).

mod arrivals;
mod hall;
mod live;
mod missed;
mod report;
mod results;
mod row;
mod run;
mod tally;
mod thresholds;
mod viewer;

use std::time::Duration;

use anyhow::anyhow;

use self::arrivals::{Pattern, Ramp};
use self::live::Live;
use self::report::Report;
use self::row::{Measured, Row};
use self::run::{SETTLE, Setting};
use self::thresholds::Thresholds;
use super::format::Format;
use super::load;
use super::obstacle::Obstacle;
use super::outputs::{Files, Results};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::file_limit;
use crate::output;
use crate::signal::Stop;
use crate::transport::{PlainRequest, PlainUrl};
use crate::usage::Usage;
use crate::value::{self, Rate};

/// The most viewers of a row.
const MOST_CLIENTS: u64 = 10_000;
/// The most rows.
const MOST_ROWS: usize = 50;
/// The longest measurement, of all rows together.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The most viewers that come and go in a row.
const MOST_ARRIVALS: f64 = 1e6;
/// Descriptors for other things than viewers.
const OTHER_FILES: u64 = 32;

/// Measure a server with many viewers at once
///
/// Each viewer reads the stream as fast as it comes. Only this machine is measured unless --yes-load-this-host is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg bench clients http://127.0.0.1/stream -n 1,10,100 --pid $(pidof motion)
  mjpeg bench clients http://127.0.0.1/stream -n 50 --max-gap 200ms --min-fps 25
  mjpeg bench clients http://127.0.0.1/stream -n 200 --ramp 10/s --churn 5s

Exit status: 0 done; 1 a threshold is missed, or a figure is worse with --fail-on-regression; 3 no viewer has a \
connection or an answer, 4 not a stream, 5 a viewer has no frame for 5 s (or --max-gap if that is longer), or its stream \
has stopped at the end of the measurement, is reset or ends (with --churn only if no viewer is served); 6 our side.")]
pub struct Args {
    /// An http:// URL of a stream
    #[arg(value_name = "URL", value_parser = PlainUrl::parser())]
    url: PlainUrl,

    /// Numbers of viewers; each is a row
    #[arg(short = 'n', long, value_name = "N,..", value_delimiter = ',', default_value = "1,10,100", value_parser = value::count::<u64>(1..=MOST_CLIENTS))]
    clients: Vec<u64>,

    /// How long frames count in each row
    #[arg(long, value_name = "T", default_value = "10s", value_parser = value::limit)]
    duration: Duration,

    /// Frames per second of the source, to count lost frames [default: the largest median of a row]
    #[arg(long, value_name = "F")]
    fps: Option<Rate>,

    /// Viewers per second that come [default: all at once]
    #[arg(long, value_name = "N/s")]
    ramp: Option<Ramp>,

    /// Viewers stay this long on average; then they leave and others come
    #[arg(long, value_name = "T", value_parser = value::limit)]
    churn: Option<Duration>,

    #[command(flatten)]
    thresholds: Thresholds,

    #[command(flatten)]
    options: load::Options,
}

impl Args {
    /// Checks the size of the measurement, and that the host is this machine.
    ///
    /// # Errors
    ///
    /// If it would take too long, or load another machine.
    pub fn check(&self) -> Result<(), Usage> {
        if self.clients.len() > MOST_ROWS {
            return Err(Usage::value(format!("-n: more than {MOST_ROWS} numbers of viewers")));
        }
        let pattern = self.pattern();
        let total: Duration = self
            .clients
            .iter()
            .map(|&clients| (pattern.opening(clients) + SETTLE).saturating_add(self.duration))
            .fold(Duration::ZERO, Duration::saturating_add);
        if total > LONGEST {
            return Err(Usage::value(format!(
                "this would take up to {} h, and a measurement takes 24 h at most; choose another --duration, --ramp or -n",
                total.as_secs() / 3600
            )));
        }
        if let Some(churn) = self.churn {
            let most = self.clients.iter().max().copied().unwrap_or(1) as f64;
            let arrivals = most * self.duration.as_secs_f64() / churn.as_secs_f64();
            if arrivals > MOST_ARRIVALS {
                let message =
                    format!("--churn: {arrivals:.0} viewers would come and go, more than a million");
                return Err(Usage::value(message));
            }
        }
        self.options.check(&self.url)
    }

    /// What must be the same in two runs that are compared.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let clients: Vec<String> = self.clients.iter().map(u64::to_string).collect();
        vec![
            ("-n", clients.join(",")),
            ("--duration", format!("{:?}", self.duration)),
            ("--ramp", self.ramp.map_or("none".into(), |ramp| format!("{ramp:?}"))),
            ("--churn", self.churn.map_or("none".into(), |churn| format!("{churn:?}"))),
        ]
    }

    fn pattern(&self) -> Pattern {
        Pattern { ramp: self.ramp, churn: self.churn }
    }
}

/// Measures every row and prints the report.
pub fn run(args: &Args, stop: &Stop) -> Result<Outcome, Failure> {
    let mut is_printed = false;
    let outcome = measure(args, stop, &mut is_printed);
    if !is_printed && args.options.format == Format::Json {
        output::result(&report::print(&args.report(&[]), Format::Json, false, None))?;
    }
    outcome
}

/// Sets `is_printed` when the report is printed.
fn measure(args: &Args, stop: &Stop, is_printed: &mut bool) -> Result<Outcome, Failure> {
    let clock = Clock::real();
    let process = args.options.process()?;
    let most = args.clients.iter().max().copied().unwrap_or(1);
    let limit = file_limit::raise() as u64;
    if most + OTHER_FILES > limit {
        let cause =
            anyhow!("{most} viewers need {} open files, and the limit is {limit}", most + OTHER_FILES);
        let hint = format!("ulimit -n {} in this shell, or in the limits of the service", most + OTHER_FILES);
        return Err(Failure { exit: Exit::Local, cause: Some(cause), hint: Some(hint) });
    }
    let settings = args.settings();
    let files = Files::open(&args.options.outputs, "clients", &settings)?;
    let request = PlainRequest::new(&args.url, &args.options.transport, stop)?;
    let addresses = super::host::addresses(&request, args.options.may_leave())?;
    let (start, started) = (clock.unix(), clock.now());
    let setting = Setting {
        request: &request,
        addresses: &addresses,
        duration: args.duration,
        pattern: args.pattern(),
        process: process.as_ref(),
        clock: clock.clone(),
        stop,
    };
    let mut live = Live::start(args.options.quiet);
    let mut measured: Vec<Measured> = Vec::new();
    let mut obstacles = Vec::new();
    for &clients in &args.clients {
        let row = setting.row(clients, &mut live)?;
        if let Some(it) = row.measured {
            live.done(it.row(it.fps_p50()));
            obstacles.extend(it.stall(args.thresholds.patience(SETTLE)));
            // With --churn viewers come all the time, and some of them at a bad moment.
            let is_fault = |it: &Obstacle| args.churn.is_none() && it.is_fault();
            let is_unserved = it.tally.served() == 0;
            obstacles.extend(row.worst.filter(|worst| is_unserved || is_fault(worst)));
            measured.push(it);
        }
        if stop.signal().is_some() {
            break;
        }
    }
    live.finish();
    let report = args.report(&measured);
    if let Some(signal) = stop.signal() {
        *is_printed = true;
        output::result(&report::print(&report, args.options.format, args.options.color.on_stdout(), None))?;
        return Ok(Outcome::Signal(signal));
    }
    let mut results =
        Results { command: "clients", target: args.url.to_string(), start, settings, ..Results::default() };
    results.length = clock.now().saturating_sub(started);
    results::add(&mut results, &report, &measured);
    // A run without a frame is no measurement: the files of earlier ones stay.
    let is_measured = report.rows.iter().any(|row| row.served > 0);
    let files = if obstacles.is_empty() { files } else { files.without_new_baseline() };
    let comparison = if is_measured { files.finish(&results)? } else { None };
    let (format, is_coloured) = (args.options.format, args.options.color.on_stdout());
    *is_printed = true;
    output::result(&report::print(&report, format, is_coloured, comparison.as_ref()))?;
    let worst = obstacles.into_iter().reduce(|worst, next| if next.exit > worst.exit { next } else { worst });
    if let Some(obstacle) = worst {
        return Err(args.options.outputs.refused(obstacle.failure(&args.url.to_string())));
    }
    let is_missed = report.rows.iter().any(|row| !row.missed.is_empty());
    let is_worse = comparison.is_some_and(|it| it.is_failure());
    Ok(Outcome::Exit(if is_missed || is_worse { Exit::No } else { Exit::Done }))
}

impl Args {
    fn report(&self, measured: &[Measured]) -> Report {
        let measured_fps = measured
            .iter()
            .filter_map(Measured::fps_p50)
            .fold(None, |most: Option<f64>, fps| Some(most.map_or(fps, |most| most.max(fps))));
        let fps = self.fps.map(Rate::fps).or(measured_fps).filter(|&fps| fps > 0.0);
        let rows = measured.iter().map(|it| {
            let mut row: Row = it.row(fps);
            row.missed = self.thresholds.missed(&row);
            row
        });
        Report { target: self.url.to_string(), duration: self.duration, fps, rows: rows.collect() }
    }
}
