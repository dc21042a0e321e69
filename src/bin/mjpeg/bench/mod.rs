//! `mjpeg bench`: measurements of streams, each with a model that predicts the result.

mod chunks;
mod clients;
mod foreign;
mod format;
mod hdr;
mod host;
mod load;
mod merge;
mod obstacle;
mod outputs;
mod page;
mod path;
mod plot;
mod process;
mod report_page;
mod silence;
mod slow;
mod table;
mod times;
mod verdict;
mod viewers;

use clap::Subcommand;

use crate::exit::{Failure, Outcome};
use crate::output;
use crate::signal::Stop;
use crate::usage::Usage;

/// Arguments of `mjpeg bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mjpeg bench chunks frames/                     # which chunk sizes delay
  mjpeg bench clients http://127.0.0.1:8080/stream -n 1,10,100
  mjpeg bench slow http://127.0.0.1:8080/stream  # one slow viewer, one other
  mjpeg bench path http://127.0.0.1:8080/stream  # what a chain loses or delays")]
pub struct Args {
    #[command(subcommand)]
    bench: Bench,
}

/// The measurements.
#[derive(Debug, Subcommand)]
enum Bench {
    Chunks(Box<chunks::Args>),
    Clients(Box<clients::Args>),
    Merge(Box<merge::Args>),
    Path(Box<path::Args>),
    Slow(Box<slow::Args>),
}

impl Args {
    /// The names of the subcommands, as typed.
    pub fn path(&self) -> &'static [&'static str] {
        match self.bench {
            Bench::Chunks(_) => &["bench", "chunks"],
            Bench::Merge(_) => &["bench", "merge"],
            Bench::Path(_) => &["bench", "path"],
            Bench::Clients(_) => &["bench", "clients"],
            Bench::Slow(_) => &["bench", "slow"],
        }
    }

    /// Checks combinations of values. Opens nothing.
    ///
    /// # Errors
    ///
    /// If the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        match &self.bench {
            Bench::Chunks(args) => args.check(),
            Bench::Merge(_) => Ok(()),
            Bench::Path(args) => args.check(),
            Bench::Clients(args) => args.check(),
            Bench::Slow(args) => args.check(),
        }
    }
}

/// Runs one measurement.
pub fn run(args: Args, stop: &Stop) -> Result<Outcome, Failure> {
    if !matches!(args.bench, Bench::Merge(_))
        && let Some(text) = unoptimised(env!("MJPEG_OPT_LEVEL"))
    {
        output::message("bench", text);
    }
    match args.bench {
        Bench::Chunks(args) => chunks::run(&args, stop),
        Bench::Merge(args) => merge::run(&args, stop),
        Bench::Path(args) => path::run(&args, stop),
        Bench::Clients(args) => clients::run(&args, stop),
        Bench::Slow(args) => slow::run(&args, stop),
    }
}

/// What is said before a program measures that was built with this `opt-level`.
fn unoptimised(opt_level: &str) -> Option<&'static str> {
    (opt_level == "0").then_some(
        "this program was built without optimisation, which makes figures worse; to measure, install it: \
         cargo install --locked --path .",
    )
}

#[cfg(test)]
mod tests;
