//! The only place that asks for the time.
//!
//! Everything that is paced or measured takes a [`Clock`], so that tests can run an hour of
//! stream in a moment and get the same numbers each time.

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of monotonic and of wall-clock time; clones share it.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's own clocks.
    Real {
        /// Where monotonic time starts to count.
        start: Instant,
    },
    /// Time that passes only when told to; nanoseconds.
    #[cfg(test)]
    Simulated(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clocks; monotonic time counts from now.
    pub fn real() -> Self {
        Self::Real { start: Instant::now() }
    }

    /// A clock that stands at zero until [`Clock::advance`] moves it.
    #[cfg(test)]
    pub fn simulated() -> Self {
        Self::Simulated(Arc::default())
    }

    /// Monotonic time since the clock was made.
    pub fn now(&self) -> Duration {
        match self {
            Self::Real { start } => start.elapsed(),
            #[cfg(test)]
            Self::Simulated(nanos) => Duration::from_nanos(nanos.load(Ordering::SeqCst)),
        }
    }

    /// Wall-clock time since 1970-01-01 UTC. A simulated clock starts at 2026-01-01.
    pub fn unix(&self) -> Duration {
        match self {
            Self::Real { .. } => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            #[cfg(test)]
            Self::Simulated(_) => Duration::from_secs(1_767_225_600) + self.now(),
        }
    }

    /// Lets `by` pass. On a real clock this sleeps.
    pub fn advance(&self, by: Duration) {
        match self {
            Self::Real { .. } => std::thread::sleep(by),
            #[cfg(test)]
            Self::Simulated(nanos) => {
                nanos.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_passes_only_when_told() {
        let clock = Clock::simulated();
        let other = clock.clone();
        assert_eq!(clock.now(), Duration::ZERO);
        other.advance(Duration::from_millis(40));
        assert_eq!(clock.now(), Duration::from_millis(40));
    }
}
