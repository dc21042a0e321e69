//! `mjpeg bench`: measurements of how a stream travels, each with the model that predicts it.

mod chunks;
mod page;

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

    /// Checks values that cannot be together. Opens nothing.
    ///
    /// # Errors
    ///
    /// When the command line is wrong.
    pub fn check(&self) -> Result<(), Usage> {
        match &self.bench {
            Bench::Chunks(args) => args.check(),
        }
    }
}

/// Runs one measurement to its end.
pub fn run(args: Args, stop: &Stop) -> Result<Outcome, Failure> {
    match args.bench {
        Bench::Chunks(args) => chunks::run(&args, stop),
    }
}
