//! Waiting for frames.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::schedule::Schedule;
use crate::clock::Clock;
use crate::signal::Stop;

/// The longest sleep between two looks at whether the run should end.
const NAP: Duration = Duration::from_millis(50);

/// Whether a run should end early: a signal asked, or one of its rows failed.
#[derive(Debug, Clone)]
pub struct Halt {
    stop: Stop,
    failed: Arc<AtomicBool>,
}

impl Halt {
    /// Ends with `stop`.
    pub fn new(stop: &Stop) -> Self {
        Self { stop: stop.clone(), failed: Arc::default() }
    }

    /// Says that a row has failed.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    /// Whether to end.
    pub fn asked(&self) -> bool {
        self.stop.signal().is_some() || self.failed.load(Ordering::SeqCst)
    }
}

/// What waiting for a frame came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The frame is due.
    Due,
    /// The measurement is over before it.
    Over,
}

/// A schedule that runs.
#[derive(Debug, Clone)]
pub struct Pace {
    clock: Clock,
    /// When frame 0 is due, on the clock.
    start: Duration,
    schedule: Schedule,
    halt: Halt,
}

impl Pace {
    /// Frame 0 is due now.
    pub fn start(clock: &Clock, schedule: Schedule, halt: &Halt) -> Self {
        Self { start: clock.now(), clock: clock.clone(), schedule, halt: halt.clone() }
    }

    /// When frame 0 was due, on the clock.
    pub fn started(&self) -> Duration {
        self.start
    }

    /// Blocks until frame `frame` is due, or the measurement is over.
    pub fn wait(&self, frame: u64) -> Wait {
        if frame < self.schedule.frames_due() {
            self.sleep_until(self.schedule.due(frame))
        } else {
            self.finish();
            Wait::Over
        }
    }

    /// Blocks until the measurement is over.
    pub fn finish(&self) {
        self.sleep_until(self.schedule.duration());
    }

    /// When the measurement is over, on the clock.
    pub fn end(&self) -> Duration {
        self.start + self.schedule.duration()
    }

    /// Sleeps until `at`, from the start; `Over` when the run should end before.
    fn sleep_until(&self, at: Duration) -> Wait {
        loop {
            if self.halt.asked() {
                return Wait::Over;
            }
            let left = (self.start + at).saturating_sub(self.clock.now());
            if left.is_zero() {
                return Wait::Due;
            }
            self.clock.advance(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_due_by_the_absolute_clock_until_the_end() {
        let clock = Clock::simulated();
        clock.advance(Duration::from_secs(7));
        let schedule = Schedule::new(10.0, Duration::from_millis(250));
        let pace = Pace::start(&clock, schedule, &Halt::new(&Stop::default()));
        assert_eq!(pace.wait(1), Wait::Due);
        assert_eq!(clock.now(), Duration::from_millis(7100));
        // A late reader catches up: the frame is due already.
        clock.advance(Duration::from_millis(130));
        assert_eq!(pace.wait(2), Wait::Due);
        assert_eq!(clock.now(), Duration::from_millis(7230));
        assert_eq!(pace.wait(3), Wait::Over);
        assert_eq!(clock.now(), Duration::from_millis(7250));
    }

    #[test]
    fn a_failed_row_ends_the_wait_at_once() {
        let clock = Clock::simulated();
        let halt = Halt::new(&Stop::default());
        let pace = Pace::start(&clock, Schedule::new(1.0, Duration::from_secs(60)), &halt);
        halt.fail();
        assert_eq!(pace.wait(30), Wait::Over);
        assert_eq!(clock.now(), Duration::ZERO);
    }
}
