//! `mjpeg bench`: measurements of streams, each with a model that predicts the result.

mod chunks;
mod page;
mod table;

use clap::Subcommand;

use crate::exit::{Failure, Outcome};
use crate::signal::Stop;
use crate::usage::Usage;

/// Arguments of `mjpeg bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    bench: Bench,
}

/// The measurements.
#[derive(Debug, Subcommand)]
enum Bench {
    Chunks(chunks::Args),
}

impl Args {
    /// The names of the subcommands, as typed.
    pub fn path(&self) -> &'static [&'static str] {
        match self.bench {
            Bench::Chunks(_) => &["bench", "chunks"],
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
        }
    }
}

/// Runs one measurement.
pub fn run(args: Args, stop: &Stop) -> Result<Outcome, Failure> {
    match args.bench {
        Bench::Chunks(args) => chunks::run(&args, stop),
    }
}
