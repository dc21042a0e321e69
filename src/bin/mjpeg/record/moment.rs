//! When something was written, by two clocks.

use std::time::Duration;

use crate::clock::Clock;

/// A moment. The clock of the wall may be set while a recording runs: on many small machines it starts in 1970, and is right
/// once there is a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970-01-01 UTC, by the clock of the wall: for names.
    pub unix: Duration,
    /// The same by a clock that started with the recording and was never set: for ages.
    pub steady: Duration,
}

/// Makes moments.
#[derive(Debug, Clone)]
pub struct Moments {
    clock: Clock,
    /// What the clock of the wall was ahead of the other one at the start.
    ahead: Duration,
}

impl Moments {
    /// The recording starts now.
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), ahead: clock.unix().saturating_sub(clock.now()) }
    }

    /// This moment.
    pub fn now(&self) -> Moment {
        Moment { unix: self.clock.unix(), steady: self.ahead + self.clock.now() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_do_not_change_when_the_clock_of_the_wall_is_set() {
        let clock = Clock::simulated();
        let moments = Moments::new(&clock);
        let first = moments.now();
        assert_eq!(first.unix, first.steady);
        clock.set_forward(Duration::from_secs(86_400));
        clock.advance(Duration::from_secs(2));
        let second = moments.now();
        assert_eq!(second.steady - first.steady, Duration::from_secs(2));
        assert_eq!(second.unix - first.unix, Duration::from_secs(86_402));
    }
}
