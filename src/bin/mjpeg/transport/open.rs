//! From a target to an open stream.

use std::io::{self, Read};
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::response::Expected;

use super::local::Local;
use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::pattern::PatternReader;
use super::stream::Stream;
use super::target::Target;
use super::wire::{Wire, WireEnd, WiredReader};
use super::{http, retry};
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;

/// Opens `target` and reads the head of the response. `patience` bounds each wait; `options.wait` may bound
/// tries that fail.
///
/// # Errors
///
/// What kept it from opening, with the target.
pub fn open(
    target: &Target,
    options: &Options,
    patience: Duration,
    clock: &Clock,
    stop: &Stop,
) -> Result<Stream, OpenError> {
    let wire = Wire::new(clock, stop);
    let deadline = clock.now() + patience;
    wire.set_deadline(Some(deadline));
    let (input, expected, is_pausing): (Box<dyn Read>, _, _) = match target {
        Target::Url(url) => {
            let wait = options.wait.unwrap_or_default();
            return retry::until(wait, clock, stop, || http::open(url, options, patience, &wire, clock));
        }
        Target::Test(size) => {
            (Box::new(PatternReader::new(size).map_err(of_problem)?), Expected::Response, false)
        }
        Target::File(_) | Target::Stdin => {
            let local = match target {
                Target::File(path) => Local::open(path, &wire, clock, deadline),
                _ => Local::stdin(&io::stdin(), &wire, clock, deadline),
            };
            match local.map_err(of_problem)? {
                Local::Pipe(file) => (Box::new(WiredReader::new(file, &wire)), Expected::Saved, true),
                Local::Disk(file) => (Box::new(WiredReader::new(file, &wire)), Expected::Saved, false),
            }
        }
    };
    let mut stream = Stream::new(input, expected, &wire, clock, target.is_live());
    stream.set_may_pause(is_pausing);
    stream.set_name(target.to_string());
    match stream.read_head() {
        Err(WireEnd::Reset(why)) => Err(OpenError::local(anyhow!("cannot read {target}: {why}"))),
        // The session meets the same end at its first read.
        Ok(()) | Err(WireEnd::Closed | WireEnd::Expired | WireEnd::Stopped) => Ok(stream),
    }
}

fn of_problem(problem: Problem) -> OpenError {
    OpenError { kind: OpenErrorKind::Local, problem, retry_after: None }
}
