//! The verdict on one window of a camera, with the words of `check`.

use serde::Serialize;

use crate::exit::Exit;

/// The verdict on one window. The later one counts when several apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No finding that counts.
    Pass,
    /// Findings that count, or no picture.
    Fail,
    /// No response: name, connection, TLS, authentication or HTTP status.
    Unreachable,
    /// A response that is not a stream.
    NotAStream,
    /// Silent, reset, or cut inside a part.
    Stalled,
    /// An error on our side.
    Error,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pass, Self::Fail, Self::Unreachable, Self::NotAStream, Self::Stalled, Self::Error];

    /// The word in JSON, metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unreachable => "unreachable",
            Self::NotAStream => "not_a_stream",
            Self::Stalled => "stalled",
            Self::Error => "error",
        }
    }
}

/// The verdict on a camera without a stream, or whose stream failed.
impl From<Exit> for Verdict {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Unreachable => Self::Unreachable,
            Exit::NotAStream => Self::NotAStream,
            Exit::Stalled => Self::Stalled,
            Exit::Done | Exit::No | Exit::Local => Self::Error,
        }
    }
}
