//! What an obstacle or the end of a stream means for the exit status of a subcommand.

use crate::exit::{Exit, Failure};
use crate::transport::{End, OpenError, OpenErrorKind};

impl From<OpenErrorKind> for Exit {
    fn from(kind: OpenErrorKind) -> Self {
        match kind {
            OpenErrorKind::Local => Self::Local,
            OpenErrorKind::Url
            | OpenErrorKind::Proxy
            | OpenErrorKind::Name
            | OpenErrorKind::Connect
            | OpenErrorKind::Tls
            | OpenErrorKind::Status(_)
            | OpenErrorKind::Password
            | OpenErrorKind::Redirection
            | OpenErrorKind::Head => Self::Unreachable,
            OpenErrorKind::Silent | OpenErrorKind::Closed | OpenErrorKind::Reset | OpenErrorKind::Signal => {
                Self::Stalled
            }
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self { exit: error.kind.into(), cause: Some(error.problem.cause), hint: error.problem.hint }
    }
}

/// The word in JSON for a target that has no stream, or whose stream failed; `None` for a status that is no failure.
pub fn word(exit: Exit) -> Option<&'static str> {
    match exit {
        Exit::Done | Exit::No => None,
        Exit::Unreachable => Some("unreachable"),
        Exit::NotAStream => Some("not_a_stream"),
        Exit::Stalled => Some("stalled"),
        Exit::Local => Some("error"),
    }
}

/// The status for a stream that failed; `None` for an end that is no failure.
pub fn of_end(end: &End, is_live: bool) -> Option<Exit> {
    match end {
        End::NotAStream(_) => Some(Exit::NotAStream),
        // The higher status counts.
        End::Gone { last, kind, .. } => of_end(last, is_live).max(Some((*kind).into())),
        end => end.is_failure(is_live).then_some(Exit::Stalled),
    }
}
