//! What a module of the program cannot do, and the cure if we know it. It carries no exit status:
//! the subcommand that gives up chooses that (`exit.rs`).

use std::fmt;

/// A cause, outermost context first, and a hint.
#[derive(Debug)]
pub struct Problem {
    /// What was tried and why it failed.
    pub cause: anyhow::Error,
    /// What to do next, if we know.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a cause (an `anyhow` error keeps its chain of contexts).
    pub fn new(cause: impl Into<anyhow::Error>) -> Self {
        Self { cause: cause.into(), hint: None }
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    fn from(cause: E) -> Self {
        Self::new(cause)
    }
}

/// The whole chain of causes on one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.cause)
    }
}
