//! How a run ends: the only place that makes a process status.
//!
//! Scripts rely on these numbers. `README.md` lists them; `tests/cli/` has a test for each.

use std::cmp::Ordering;
use std::fmt;
use std::process::ExitCode;

use crate::problem::Problem;

/// The statuses a script can tell apart. The higher one wins when several apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Did what was asked; also a run without a goal ended by SIGINT, SIGTERM or SIGHUP.
    Done = 0,
    /// Ran to its end, and the result is negative.
    No = 1,
    /// The stream could not be obtained: name, connect, TLS, auth or HTTP status.
    Unreachable = 3,
    /// Answered, but no part could be recovered from the answer.
    NotAStream = 4,
    /// No byte or no complete part within the idle limit, reset, or cut in the middle of a part.
    Stalled = 5,
    /// Our side: cannot bind, open, read or write, disk full, bad input file.
    Local = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// The states of a service in Nagios and Icinga, which are exit statuses of their own world. The highest number is not the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Service {
    /// All is well.
    Ok = 0,
    /// People should look at it.
    Warning = 1,
    /// It does not work.
    Critical = 2,
    /// It is not known whether it works.
    Unknown = 3,
}

impl Service {
    /// The word at the start of the line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// From good to bad: what is broken for sure is worse than what is not known.
    fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Critical => 3,
        }
    }
}

impl PartialOrd for Service {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Service {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// How a subcommand ended when it could print its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a status.
    Exit(Exit),
    /// By this signal, with the goal unfinished. The process dies by the signal, so that a shell sees it.
    Signal(i32),
    /// With the state of a service.
    Service(Service),
    /// With the exit status of another program, which ran in our place.
    Foreign(u8),
}

/// Why a subcommand could not go on: the status, the message, and the cure if we know it.
///
/// A [`Problem`] becomes a failure of our side; other errors have no conversion.
#[derive(Debug)]
pub struct Failure {
    /// The status the process ends with.
    pub exit: Exit,
    /// What was tried and why it failed, outermost first. `None` ends the process without a message.
    pub cause: Option<anyhow::Error>,
    /// What to do next, if we know.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a message (an `anyhow` error keeps its chain of contexts).
    pub fn new(exit: Exit, cause: impl Into<anyhow::Error>) -> Self {
        Self { exit, cause: Some(cause.into()), hint: None }
    }

    /// A failure of our side: files, sockets to bind, the disk.
    pub fn local(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Local, cause)
    }

    /// The reader of standard output has closed it: nothing is left to do, and no message is due.
    pub fn pipe_closed() -> Self {
        Self { exit: Exit::Done, cause: None, hint: None }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { exit: Exit::Local, cause: Some(problem.cause), hint: problem.hint }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{cause:#}"),
            None => f.write_str("standard output was closed"),
        }
    }
}

/// Ends the process the way `outcome` says.
///
/// For a signal the default action is restored and the signal raised again: a shell then reports
/// `128 + signal` and stops its loop; it does not do so for a plain status.
pub fn end(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Exit(exit) => exit.into(),
        Outcome::Service(service) => (service as u8).into(),
        Outcome::Foreign(status) => status.into(),
        Outcome::Signal(signal) => {
            // Returns only for signals whose default action is not to end the process.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            ExitCode::from(128u8.wrapping_add(signal as u8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_status_wins() {
        assert_eq!(Exit::No.max(Exit::Stalled), Exit::Stalled);
        assert_eq!([Exit::Unreachable, Exit::Done, Exit::No].into_iter().max(), Some(Exit::Unreachable));
    }

    #[test]
    fn a_failure_prints_its_whole_chain_on_one_line() {
        let io = std::io::Error::other("disk on fire");
        let failure = Failure::local(anyhow::Error::new(io).context("cannot write out/frame-000001.jpg"));
        assert_eq!(failure.to_string(), "cannot write out/frame-000001.jpg: disk on fire");
    }
}
