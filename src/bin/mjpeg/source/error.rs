//! Errors of sources.

use std::fmt;

use crate::problem::Problem;

/// A problem and its kind. The subcommand chooses the exit status from the kind.
#[derive(Debug)]
pub struct Error {
    /// What kind of problem it is.
    pub kind: Kind,
    /// The cause and the hint.
    pub problem: Problem,
}

/// The kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A stream could not be opened.
    Unreachable,
    /// The target answered, but it is not a stream.
    NotAStream,
    /// The stream stalled or broke off before the first frame.
    Stalled,
    /// A local cause: files, threads, arguments.
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
