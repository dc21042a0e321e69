//! From a target to an open stream.

use std::io::{self, Read};
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::response::Expected;

use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::pattern::PatternReader;
use super::stream::Stream;
use super::target::Target;
use super::wire::{Wire, WireEnd, WiredReader};
use super::{http, local, retry};
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
    wire.set_deadline(Some(clock.now() + patience));
    let (input, expected): (Box<dyn Read>, _) = match target {
        Target::Url(url) => {
            let wait = options.wait.unwrap_or_default();
            return retry::until(wait, clock, stop, || http::open(url, options, patience, &wire, clock));
        }
        Target::File(path) => {
            (Box::new(WiredReader::new(local::open_file(path).map_err(of_problem)?, &wire)), Expected::Saved)
        }
        Target::Stdin => (Box::new(WiredReader::new(io::stdin(), &wire)), Expected::Saved),
        Target::Test(size) => (Box::new(PatternReader::new(size).map_err(of_problem)?), Expected::Response),
    };
    let mut stream = Stream::new(input, expected, &wire, clock, target.is_live());
    stream.set_may_pause(target.is_pipe());
    match stream.read_head() {
        Err(WireEnd::Reset(why)) => Err(OpenError::local(anyhow!("cannot read {target}: {why}"))),
        // The session meets the same end at its first read.
        Ok(()) | Err(WireEnd::Closed | WireEnd::Expired | WireEnd::Stopped) => Ok(stream),
    }
}

fn of_problem(problem: Problem) -> OpenError {
    OpenError { kind: OpenErrorKind::Local, problem, retry_after: None }
}
