//! From a target to an open stream.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::response::Expected;

use super::http::Client;
use super::local::Local;
use super::open_error::{OpenError, OpenErrorKind};
use super::options::Options;
use super::pattern::PatternReader;
use super::recorded::RecordedReader;
use super::retry;
use super::session::LEAST_OF_ANSWER;
use super::stream::Stream;
use super::target::Target;
use super::wire::{Wire, WireEnd};
use super::wired_reader::WiredReader;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;

/// What opens streams of one camera or file, one after the other.
pub trait Opener {
    /// Opens a stream and reads the head of the response. `patience` bounds each wait.
    ///
    /// # Errors
    ///
    /// What kept it from opening, with the target.
    fn open(&mut self, patience: Duration) -> Result<Stream, OpenError>;

    /// There will be many short streams: connections are kept.
    fn keep_connections(&mut self) {}

    /// The caller opens again what is refused (`--reconnect`).
    fn try_again(&mut self) {}

    /// Closes a connection that is kept.
    fn close(&mut self) {}

    /// Whether it reads what this machine has: how long that takes says nothing about the stream.
    fn is_local(&self) -> bool {
        false
    }
}

/// The stack of a request: a TLS handshake needs most.
const REQUEST_STACK_BYTES: usize = 1024 * 1024;

/// The streams of a target.
pub struct Source {
    target: Target,
    options: Options,
    clock: Clock,
    stop: Stop,
    /// Whether the caller tries again.
    tries_again: bool,
    /// Of a URL, from the first request on.
    client: Option<Client>,
}

impl Source {
    /// Opens nothing.
    pub fn new(target: &Target, options: &Options, clock: &Clock, stop: &Stop) -> Self {
        let (clock, stop) = (clock.clone(), stop.clone());
        Self {
            target: target.clone(),
            options: options.clone(),
            clock,
            stop,
            tries_again: false,
            client: None,
        }
    }
}

impl Source {
    /// Opens the first stream: `--wait` may bound tries that fail.
    ///
    /// # Errors
    ///
    /// As [`Opener::open`].
    pub fn open_first(&mut self, patience: Duration) -> Result<Stream, OpenError> {
        let (clock, stop) = (self.clock.clone(), self.stop.clone());
        let wait = self.options.wait.unwrap_or_default();
        retry::until(wait, &clock, &stop, || self.open(patience))
    }
}

impl Opener for Source {
    fn keep_connections(&mut self) {
        self.client.iter_mut().for_each(Client::keep_connections);
    }

    fn try_again(&mut self) {
        self.tries_again = true;
    }

    fn close(&mut self) {
        self.client.iter_mut().for_each(Client::close);
    }

    fn is_local(&self) -> bool {
        !self.target.is_live()
    }

    fn open(&mut self, patience: Duration) -> Result<Stream, OpenError> {
        if !self.options.is_lean {
            return self.open_here(patience);
        }
        // Many threads that only read have small stacks; that of a request is given back.
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("request".into()).stack_size(REQUEST_STACK_BYTES);
            let thread = thread.spawn_scoped(scope, || self.open_here(patience)).map_err(|error| {
                OpenError::local(anyhow::Error::new(error).context("cannot start a thread"))
            })?;
            // A panic goes on where the request was wanted.
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Source {
    fn open_here(&mut self, patience: Duration) -> Result<Stream, OpenError> {
        let (clock, stop) = (&self.clock, &self.stop);
        let wire = Wire::new(clock, stop);
        let now = clock.now();
        // The limit is one for a producer. This machine has a while at least: it may be busy, and a disk may have to start to spin.
        let deadline = now + patience.max(LEAST_OF_ANSWER);
        wire.set_deadline(Some(deadline));
        let local = match &self.target {
            Target::Url(url) => {
                let client = match &mut self.client {
                    Some(client) => client,
                    none => none.insert(Client::new(url, &self.options, clock, stop)?),
                };
                if self.tries_again {
                    client.try_again();
                }
                return client.open(patience);
            }
            Target::Test(size) => {
                let reader = PatternReader::new(size).map_err(of_problem)?;
                let reader = if self.options.is_pattern_paced { reader.paced(clock, stop) } else { reader };
                let stream = Stream::new(Box::new(reader), Expected::Response, &wire, clock, false);
                return with_head(stream, &self.target, MayPause::No);
            }
            Target::File(path) => Local::open(path, &wire, clock, deadline),
            Target::Stdin => Local::stdin(&io::stdin(), &wire, clock, deadline),
        };
        let new = |input: Box<dyn Read + Send>| Stream::new(input, Expected::Saved, &wire, clock, false);
        let (stream, may_pause) = match (local.map_err(of_problem)?, &self.target) {
            (Local::Pipe(file), _) => {
                wire.set_deadline(Some(now + patience));
                (new(Box::new(WiredReader::new(file, &wire))), MayPause::Yes)
            }
            (Local::Disk(file), Target::File(path)) => {
                let file = Box::new(WiredReader::new(file, &wire));
                let opened = RecordedReader::open(path, file, clock, stop, deadline);
                let stream = match opened.map_err(of_problem)? {
                    Ok(reader) => {
                        let times = reader.times();
                        let mut stream = new(Box::new(reader));
                        stream.set_recorded(times);
                        stream
                    }
                    Err(file) => new(file),
                };
                (stream, MayPause::No)
            }
            (Local::Disk(file), _) => (new(Box::new(WiredReader::new(file, &wire))), MayPause::No),
        };
        with_head(stream, &self.target, may_pause)
    }
}

/// Whether bytes of a target on this machine may be long in coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MayPause {
    Yes,
    No,
}

/// The stream of a target on this machine, with its head.
fn with_head(mut stream: Stream, target: &Target, may_pause: MayPause) -> Result<Stream, OpenError> {
    stream.set_may_pause(may_pause == MayPause::Yes);
    stream.provenance.input = Some(target.to_string());
    match stream.read_head() {
        Err(WireEnd::Reset(why)) => Err(OpenError::local(anyhow!("cannot read {target}: {why}"))),
        // The session meets the same end at its first read.
        Ok(()) | Err(WireEnd::Closed | WireEnd::Expired | WireEnd::Stopped) => Ok(stream),
    }
}

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
    Source::new(target, options, clock, stop).open_first(patience)
}

fn of_problem(problem: Problem) -> OpenError {
    OpenError { kind: OpenErrorKind::Local, problem, retry_after: None }
}
