//! `mjpeg`: produce, record, check and measure MJPEG streams. See `README.md`.

mod bench;
mod cli;
mod clock;
mod exit;
mod generate;
mod listen;
mod output;
mod record;
mod serve;
mod signal;
mod source;
mod transport;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

use crate::exit::{Failure, Outcome};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let name = cli.command.name();
    let run = signal::Stop::install()
        .map_err(|error| Failure::local(anyhow::Error::new(error).context("cannot handle signals")))
        .and_then(|stop| cli.command.run(&stop));
    match run {
        Ok(outcome) => exit::end(outcome),
        Err(failure) => {
            output::failure(name, &failure);
            exit::end(Outcome::Exit(failure.exit))
        }
    }
}
