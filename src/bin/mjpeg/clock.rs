//! The only place that reads the system clocks.
//!
//! Code that paces or measures takes a [`Clock`], so that tests can simulate an hour of stream quickly, with
//! the same result each time.

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic and wall-clock time. Clones share the same time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The clocks of the system.
    Real {
        /// Zero of the monotonic time.
        start: Instant,
    },
    /// Time that passes only in [`Clock::advance`], in nanoseconds.
    #[cfg(test)]
    Simulated {
        /// The monotonic time.
        nanos: Arc<AtomicU64>,
        /// How far the wall clock was set forward.
        set_forward: Arc<AtomicU64>,
    },
}

impl Clock {
    /// The clocks of the system. Monotonic time starts at zero now.
    pub fn real() -> Self {
        Self::Real { start: Instant::now() }
    }

    /// A simulated clock that starts at zero.
    #[cfg(test)]
    pub fn simulated() -> Self {
        Self::Simulated { nanos: Arc::default(), set_forward: Arc::default() }
    }

    /// Monotonic time since the clock was made.
    pub fn now(&self) -> Duration {
        match self {
            Self::Real { start } => start.elapsed(),
            #[cfg(test)]
            Self::Simulated { nanos, .. } => Duration::from_nanos(nanos.load(Ordering::SeqCst)),
        }
    }

    /// The monotonic time of the system, which all processes share. A simulated one started 5 s before the clock.
    pub fn system(&self) -> Duration {
        match self {
            Self::Real { .. } => {
                let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
                Duration::try_from(time).unwrap_or_default()
            }
            #[cfg(test)]
            Self::Simulated { .. } => Duration::from_secs(5) + self.now(),
        }
    }

    /// The processor time of this process.
    pub fn process(&self) -> Duration {
        match self {
            Self::Real { .. } => {
                let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
                Duration::try_from(time).unwrap_or_default()
            }
            #[cfg(test)]
            Self::Simulated { .. } => Duration::ZERO,
        }
    }

    /// Wall-clock time since 1970-01-01 UTC. A simulated clock starts at 2026-01-01.
    pub fn unix(&self) -> Duration {
        match self {
            Self::Real { .. } => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            #[cfg(test)]
            Self::Simulated { set_forward, .. } => {
                let set_forward = Duration::from_nanos(set_forward.load(Ordering::SeqCst));
                Duration::from_secs(1_767_225_600) + set_forward + self.now()
            }
        }
    }

    /// Advances the time by `by`. A real clock sleeps.
    pub fn advance(&self, by: Duration) {
        match self {
            Self::Real { .. } => std::thread::sleep(by),
            #[cfg(test)]
            Self::Simulated { nanos, .. } => {
                nanos.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
            }
        }
    }

    /// Sets a simulated wall clock forward. The monotonic time stays.
    #[cfg(test)]
    pub fn set_forward(&self, by: Duration) {
        if let Self::Simulated { set_forward, .. } = self {
            set_forward.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }
}

/// A time since 1970-01-01 UTC as RFC 3339 has it, with milliseconds: the form in all messages and files.
pub fn time_of_day(unix: Duration) -> String {
    // The last second that the format has.
    let latest = Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(UNIX_EPOCH + unix.min(latest)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_passes_only_in_advance() {
        let clock = Clock::simulated();
        let other = clock.clone();
        assert_eq!(clock.now(), Duration::ZERO);
        other.advance(Duration::from_millis(40));
        assert_eq!(clock.now(), Duration::from_millis(40));
    }

    #[test]
    fn every_time_has_a_text_of_the_same_length() {
        assert_eq!(time_of_day(Duration::from_millis(1_767_225_600_040)), "2026-01-01T00:00:00.040Z");
        assert_eq!(time_of_day(Duration::MAX).len(), time_of_day(Duration::ZERO).len());
    }
}
