//! `mjpeg`: produce, record, check and measure MJPEG streams. See `README.md`.

mod asked;
mod bench;
mod cadence;
mod capture;
mod channel;
mod cli;
mod clock;
mod color;
mod criteria;
mod decoded;
mod depth;
mod dialect;
mod durability;
mod exit;
mod exposition;
mod file_limit;
mod flight;
mod gap;
mod generate;
mod inside;
mod inspect;
mod lines;
mod listen;
mod long_gaps;
mod manual;
mod marker_table;
mod matroska;
mod mistaken;
mod monitor;
#[cfg(test)]
mod mutated;
mod option_file;
mod output;
mod page;
mod paint;
mod pattern;
mod percent;
mod plugin_line;
mod problem;
mod progress;
mod record;
mod recording;
mod redacted;
mod relay;
mod replacement;
mod serve;
mod signal;
mod source;
mod status;
mod strip_reader;
mod targets;
mod threads;
mod topic;
mod transport;
mod usage;
mod value;
mod verdict;
mod words;

use std::process::ExitCode;
use std::time::Duration;

use crate::exit::{Failure, Outcome};

/// How long to wait at exit until all messages are written.
const SETTLE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let command = cli::Cli::parse_or_exit().command;
    if let Err(usage) = command.check() {
        usage.exit(cli::Cli::root(), command.path());
    }
    let name = command.name();
    let run = signal::Stop::install()
        .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle signals")))
        .and_then(|stop| command.run(cli::Cli::root, &stop));
    let outcome = run.unwrap_or_else(|failure| {
        output::failure(name, &failure);
        Outcome::Exit(failure.exit)
    });
    output::settle(SETTLE);
    exit::end(outcome)
}
