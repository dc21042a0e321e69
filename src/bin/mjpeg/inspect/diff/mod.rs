//! `--diff`: what two streams do differently.

mod comparison;
mod item;
mod json;
mod pictures;
mod profile;
mod response;
mod text;

use std::panic;
use std::thread;

use super::details::Details;
use super::run::{Read, Reading};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Results};
use crate::paint::Paint;
use crate::progress::{Parts, Progress};
use crate::signal::Stop;
use comparison::Comparison;
use profile::Profile;
pub use response::stable;

/// How to print differences.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Side by side.
    Text {
        /// Characters of a line; `None`: no limit.
        width: Option<usize>,
        /// Whether to colour.
        paint: Paint,
        /// Show also what is the same.
        all: bool,
    },
    /// One JSON object.
    Json {
        /// Show also what is the same.
        all: bool,
    },
}

/// Reads both targets at the same time, and prints how they differ.
///
/// # Errors
///
/// When one of them gives no stream.
pub fn run(
    left: Reading,
    right: Reading,
    form: &Form,
    clock: &Clock,
    stop: &Stop,
) -> Result<Outcome, Failure> {
    // What a profile is made of.
    let details = Details { headers: true, hex: Some(0), jpeg: true };
    let names = [left.target.to_string(), right.target.to_string()];
    let parts = Parts::default();
    let read = |reading: Reading| {
        let profile = Profile::counting(Parts::clone(&parts));
        Reading { details, ..reading }.read(profile, clock, stop)
    };
    let progress = Progress::start(1, &parts, false, clock);
    let (left, right) = thread::scope(|scope| {
        let other = scope.spawn(|| read(right));
        let one = read(left);
        (one, other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
    });
    progress.end();
    if let Some(signal) = stop.signal() {
        return Ok(Outcome::Signal(signal));
    }
    let failed = |result: &mut Result<(Profile, Read), Failure>| match result {
        Err(failure) => Some(failure.exit),
        Ok((_, read)) => read.failure.as_ref().map(|failure| failure.exit),
    };
    let (mut left, mut right) = (left, right);
    let worst = failed(&mut left).max(failed(&mut right));
    let mut results = Results::default();
    let mut exit = Exit::Done;
    if let (Ok((left, read)), Ok((right, other))) = (&left, &right) {
        let comparison = Comparison::of(&left.items(&read.around), &right.items(&other.around));
        results.print(&match *form {
            Form::Text { width, paint, all } => text::table(&names, &comparison, width, paint, all),
            Form::Json { all } => {
                output::json(&json::object(&names, &comparison, all)).map_err(Failure::local)?
            }
        })?;
        exit = if comparison.differs() { Exit::No } else { Exit::Done };
    }
    for result in [left.map(|(_, read)| read), right.map(|(_, read)| read)] {
        let failure = result.map_or_else(Some, |read| read.failure);
        if let Some(failure) = failure {
            output::failure("inspect", &failure);
        }
    }
    Ok(Outcome::Exit(worst.map_or(exit, |worst| worst.max(exit))))
}
