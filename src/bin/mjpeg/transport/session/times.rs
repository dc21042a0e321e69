//! When the bytes of a session came.

use std::time::Duration;

use super::Session;
use crate::transport::recorded::Recorded;

impl Session {
    /// Whether the stream has arrival times.
    pub fn is_live(&self) -> bool {
        self.stream.is_live()
    }

    /// Whether it is known when its bytes came: it is live, or a capture with its times beside it.
    pub fn has_times(&self) -> bool {
        self.is_live() || self.stream.recorded().is_some()
    }

    /// The time now, on the scale of the arrivals; in a capture that of its last bytes.
    pub fn now(&self) -> Duration {
        self.stream.recorded().map_or_else(|| self.clock.now(), Recorded::last)
    }

    /// From the first byte of the body until now; `None` for a stream without times.
    pub fn watched(&self) -> Option<Duration> {
        let first = self.stream.arrivals.first()?;
        Some(self.now().saturating_sub(first))
    }

    /// When the first byte of the body came, since 1970-01-01 UTC; `None` for a stream that is not live.
    pub fn began(&self) -> Option<Duration> {
        let watched = self.watched().filter(|_| self.is_live())?;
        Some(self.clock.unix().saturating_sub(watched))
    }

    /// From the request to the first byte of the body; `None` for a stream that is not live.
    pub fn first_byte(&self) -> Option<Duration> {
        let first = self.stream.arrivals.first().filter(|_| self.is_live())?;
        Some(first.saturating_sub(self.started))
    }
}
