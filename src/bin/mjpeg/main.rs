//! `mjpeg`: produce, record, check and measure MJPEG streams. See `README.md`.

mod bench;
mod cli;
mod clock;
mod exit;
mod generate;
mod listen;
mod output;
mod pattern;
mod problem;
mod record;
mod relay;
mod serve;
mod signal;
mod source;
mod transport;
mod value;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::exit::{Failure, Outcome};

/// How long the end waits for somebody who reads what was said.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let name = cli.command.name();
    let run = signal::Stop::install()
        .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle signals")))
        .and_then(|stop| cli.command.run(&stop));
    let outcome = run.unwrap_or_else(|failure| {
        output::failure(name, &failure);
        Outcome::Exit(failure.exit)
    });
    output::settle(LAST_WORDS);
    exit::end(outcome)
}
