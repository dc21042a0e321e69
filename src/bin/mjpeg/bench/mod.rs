//! `mjpeg bench`: measurements of how a stream travels, each with the model that predicts it.

mod chunks;
mod page;

use clap::Subcommand;

use crate::exit::{Failure, Outcome};
use crate::signal::Stop;

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

/// Runs one measurement to its end.
pub fn run(args: Args, stop: &Stop) -> Result<Outcome, Failure> {
    match args.bench {
        Bench::Chunks(args) => chunks::run(&args, stop),
    }
}
