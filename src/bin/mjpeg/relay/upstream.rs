//! A stream to take pictures from, and how it is opened.

use std::time::Duration;

use anyhow::{Context, anyhow};

use crate::clock::Clock;
use crate::output::Reporter;
use crate::signal::Stop;
use crate::source::error::{Error, Kind};
use crate::threads;
use crate::transport::{self, End, OpenError, OpenErrorKind, Session, Target, Via};

/// An idle time that never ends a stream: standard input may pause for any time.
pub const NO_IDLE_LIMIT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A stream to take pictures from.
#[derive(Debug, Clone)]
pub struct Upstream {
    pub(super) target: Target,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    pub(super) reporter: Reporter,
    pub(super) options: transport::Options,
    /// The name of this relay in the `Via` field of its requests.
    pub(super) pseudonym: String,
}

impl Upstream {
    /// Opens nothing yet.
    pub fn new(target: Target, clock: &Clock, stop: &Stop, reporter: Reporter) -> Self {
        let options = transport::Options::default();
        let pseudonym = String::new();
        Self { target, clock: clock.clone(), stop: stop.clone(), reporter, options, pseudonym }
    }

    /// The same, with options for URLs.
    pub fn with_options(self, options: transport::Options) -> Self {
        Self { options, ..self }
    }

    /// The same, with a name for the `Via` field of its requests.
    pub fn with_pseudonym(self, pseudonym: &str) -> Self {
        let options = transport::Options { via: Some(Via::default()), ..self.options };
        Self { pseudonym: pseudonym.into(), options, ..self }
    }

    /// Sets the `Via` field of the next requests, on behalf of viewers whose requests have passed the relays `names`.
    pub(super) fn set_via(&self, names: &[String]) {
        let entries: Vec<String> =
            names.iter().chain([&self.pseudonym]).map(|name| format!("1.1 {name}")).collect();
        if let Some(via) = &self.options.via {
            via.set(entries.join(", "));
        }
    }

    /// Opens the stream once.
    pub(super) fn session(&self, idle: Duration) -> Result<Session, OpenError> {
        let started = self.clock.now();
        let stream = transport::open(&self.target, &self.options, idle, &self.clock, &self.stop)?;
        Ok(Session::new(stream, &self.clock, idle, started))
    }

    /// The error of a stream that ended like this before its first picture.
    pub(super) fn without_picture(&self, end: &End) -> Error {
        let target = &self.target;
        match end {
            End::NotAStream(error) => {
                Error::new(Kind::NotAStream, anyhow!("{target}: not an MJPEG stream: {error}"))
            }
            // It ended as a stream does, but none of its parts was a picture.
            End::Closed | End::Enough | End::TimeUp => {
                Error::new(Kind::NotAStream, anyhow!("{target}: {end}, and no picture came"))
            }
            End::Truncated
            | End::Unframed(_)
            | End::Reset(_)
            | End::Stalled
            | End::Rejected(_)
            | End::Gone { .. }
            | End::Signal(_) => Error::new(Kind::Stalled, anyhow!("{target}: {end}, and no picture came")),
        }
    }
}

/// The error with the kind that `serve` turns into an exit status.
pub(super) fn open_error(error: OpenError) -> Error {
    let kind = match error.kind {
        OpenErrorKind::Local => Kind::Local,
        OpenErrorKind::Silent | OpenErrorKind::Closed | OpenErrorKind::Reset | OpenErrorKind::Signal => {
            Kind::Stalled
        }
        _ => Kind::Unreachable,
    };
    Error { kind, problem: error.problem }
}

/// The error when the thread ended without a result.
pub fn thread_ended() -> Error {
    anyhow!("the thread of the source ended").into()
}

/// Starts a thread for a source.
pub fn spawn(run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = threads::start("source", 512 * 1024, run);
    thread.context("cannot start a thread for the source")?;
    Ok(())
}
