//! Why no stream could be opened.

use std::fmt;
use std::time::Duration;

use crate::problem::Problem;

/// Why a target gave no stream: what kind of obstacle, the cause in words, and the cure if we know it.
#[derive(Debug)]
pub struct OpenError {
    /// What kind of obstacle.
    pub kind: OpenErrorKind,
    /// The cause, with the target.
    pub problem: Problem,
    /// How long to wait before the next try, if the server says so (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// The kinds of obstacles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenErrorKind {
    /// Our side: a file or standard input that cannot be read.
    Local,
    /// The target is not a URL that can be requested.
    Url,
    /// The proxy cannot be used, or refuses.
    Proxy,
    /// The host name has no address.
    Name,
    /// No connection, or none in time.
    Connect,
    /// The TLS handshake failed, or one side does not speak TLS.
    Tls,
    /// The server answered with this HTTP status.
    Status(u16),
    /// The server answered with status 401 to a request with a password, or with an Authorization of `--header`.
    Password,
    /// A redirection that leads to nothing, or too many of them.
    Redirection,
    /// The answer starts like HTTP, but its status line cannot be read.
    Head,
    /// Connected, but no response head came in time.
    Silent,
    /// The connection ended before a response head.
    Closed,
    /// The connection was reset before a response head.
    Reset,
    /// A signal came first.
    Signal,
}

impl OpenError {
    /// An error without a hint.
    pub fn new(kind: OpenErrorKind, cause: impl Into<anyhow::Error>) -> Self {
        Self { kind, problem: Problem::new(cause), retry_after: None }
    }

    /// An error of our side.
    pub fn local(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(OpenErrorKind::Local, cause)
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.problem = self.problem.hint(hint);
        self
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}
