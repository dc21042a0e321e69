//! The time in which a stream was read.

use core::time::Duration;

/// When the stream was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watch {
    /// When the first byte came, since 1970-01-01 UTC.
    pub began: Option<Duration>,
    /// From the request to the first byte.
    pub waited: Duration,
    /// The time of arrival that the window began at.
    pub since: Duration,
    /// From the first byte to the end, if arrival times mean something.
    pub watched: Option<Duration>,
}
