//! Why a source gives no frames.

use std::fmt;

use crate::problem::Problem;

/// A problem and what kind it is, for the subcommand that chooses an exit status.
#[derive(Debug)]
pub struct Error {
    /// What kind of problem it is.
    pub kind: Kind,
    /// The cause and the hint.
    pub problem: Problem,
}

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A stream could not be opened.
    Unreachable,
    /// What was opened is not a stream.
    NotAStream,
    /// The stream stalled, or it broke off, before the first frame.
    Stalled,
    /// Our side: files, threads, arguments.
    Local,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, problem: impl Into<Problem>) -> Self {
        Self { kind, problem: problem.into() }
    }
}

impl<P: Into<Problem>> From<P> for Error {
    fn from(problem: P) -> Self {
        Self::new(Kind::Local, problem)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}
