//! The verdict on a stream: its word in JSON, and its exit status.

use serde::{Deserialize, Serialize};

use crate::exit::Exit;

/// The verdict on a stream, or on a window of it. In a window the later one counts when several apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// A signal came before the end.
    Interrupted,
}

impl Verdict {
    /// Those that a window can have: a signal ends the watch, not a verdict.
    pub const OF_WINDOWS: [Self; 6] =
        [Self::Pass, Self::Fail, Self::Unreachable, Self::NotAStream, Self::Stalled, Self::Error];

    /// The verdict on a target that gave no stream, or a stream that failed.
    pub fn of(exit: Exit) -> Self {
        match exit {
            Exit::Unreachable => Self::Unreachable,
            Exit::NotAStream => Self::NotAStream,
            Exit::Stalled => Self::Stalled,
            Exit::Done | Exit::No | Exit::Local => Self::Error,
        }
    }

    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unreachable => "unreachable",
            Self::NotAStream => "not_a_stream",
            Self::Stalled => "stalled",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
        }
    }

    /// The word for people.
    pub fn words(self) -> String {
        self.name().replace('_', " ")
    }

    /// Whether people must look at the target.
    pub fn is_alarm(self) -> bool {
        !matches!(self, Self::Pass | Self::Interrupted)
    }

    /// The exit status.
    pub fn exit(self) -> Exit {
        match self {
            // The process dies by the signal.
            Self::Pass | Self::Interrupted => Exit::Done,
            Self::Fail => Exit::No,
            Self::Unreachable => Exit::Unreachable,
            Self::NotAStream => Exit::NotAStream,
            Self::Stalled => Exit::Stalled,
            Self::Error => Exit::Local,
        }
    }
}
