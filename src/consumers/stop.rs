//! How a reader leaves its loop.

use super::cause::Cause;

/// A byte count that never comes: a frame that needs it is shown when the stream is closed.
pub(super) const NEVER: usize = usize::MAX;

/// Why a reading step has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It waits for more bytes, for this reason.
    Waits(Cause),
    /// It met something it cannot go on with, with the first `read` bytes read.
    Dies { cause: Cause, read: usize },
    /// It read a close-delimiter, with the first `read` bytes read.
    Ends { read: usize },
    /// The program crashes.
    Crashes(Cause),
}

pub(super) type Step<T> = Result<T, Stop>;

pub(super) fn dies<T>(cause: Cause, read: usize) -> Step<T> {
    Err(Stop::Dies { cause, read })
}
