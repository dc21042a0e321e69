//! `--diff`: what two streams do differently.

mod comparison;
mod importance;
mod item;
mod json;
mod pictures;
mod profile;
mod response;
mod text;

use std::panic;
use std::thread;

use super::details::Details;
use super::fault::Fault;
use super::run::{Read, Reading};
use crate::clock::Clock;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Results};
use crate::paint::Paint;
use crate::progress::{Parts, Progress};
use crate::signal::Stop;
use comparison::{Comparison, Properties};
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
        let mut profile = Profile::counting(Parts::clone(&parts));
        let read = Reading { details, ..reading }.read(&mut profile, clock, stop);
        (profile, read)
    };
    let most = left.asked.frames.zip(right.asked.frames).map(|(left, right)| left.saturating_add(right));
    let progress = Progress::start(1, most, &parts, false, clock);
    let (left, right) = thread::scope(|scope| {
        let other = scope.spawn(|| read(right));
        let one = read(left);
        (one, other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
    });
    progress.end();
    let mut results = Results::default();
    if let Some(signal) = stop.signal() {
        if let Form::Json { all } = *form {
            let faults = names.each_ref().map(|name| Fault::interrupted(name));
            print_json(&mut results, &json::object(&names, None, &faults, all))?;
        }
        return Ok(Outcome::Signal(signal));
    }
    let has_parts = |read: &Read| read.around.parts > read.around.cut || read.failure.is_none();
    let comparison = match (&left, &right) {
        ((left, Ok(read)), (right, Ok(other))) if has_parts(read) && has_parts(other) => {
            let properties = |profile: &Profile, read: &Read| Properties {
                parts: profile.parts(),
                items: profile.items(&read.around),
                unknown: profile.unknown(),
            };
            Some(Comparison::of(&properties(left, read), &properties(right, other)))
        }
        _ => None,
    };
    let failures = [left.1, right.1].map(|read| read.map_or_else(Some, |read| read.failure));
    match (*form, &comparison) {
        (Form::Text { width, paint, all }, Some(comparison)) => {
            results.print(&text::table(&names, comparison, width, paint, all))?;
        }
        (Form::Text { .. }, None) => {}
        (Form::Json { all }, comparison) => {
            let pairs = names.iter().zip(&failures);
            let faults: Vec<Fault> =
                pairs.filter_map(|(name, failure)| Some(Fault::of(name, failure.as_ref()?))).collect();
            print_json(&mut results, &json::object(&names, comparison.as_ref(), &faults, all))?;
        }
    }
    let mut exit = if comparison.is_some_and(|it| it.differs()) { Exit::No } else { Exit::Done };
    for failure in failures.iter().flatten() {
        output::failure("inspect", failure);
        exit = exit.max(failure.exit);
    }
    Ok(Outcome::Exit(exit))
}

fn print_json(results: &mut Results, object: &json::Object<'_>) -> Result<(), Failure> {
    results.print(&output::json(object).map_err(Failure::local)?)
}
