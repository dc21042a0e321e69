//! Waits until frames are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::schedule::Schedule;
use crate::clock::Clock;
use crate::signal::Stop;

/// The longest sleep between two checks whether the run should end.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// Whether a run should end early: after a signal, or when one of its rows has failed.
#[derive(Debug, Clone)]
pub struct Halt {
    stop: Stop,
    failed: Arc<AtomicBool>,
}

impl Halt {
    /// Is set when `stop` has a signal.
    pub fn new(stop: &Stop) -> Self {
        Self { stop: stop.clone(), failed: Arc::default() }
    }

    /// Sets it, because a row has failed.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    /// Whether the run should end.
    pub fn is_set(&self) -> bool {
        self.stop.signal().is_some() || self.failed.load(Ordering::SeqCst)
    }
}

/// The result of waiting for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The frame is due.
    Due,
    /// The measurement ends before the frame.
    Over,
}

/// A schedule that has started.
#[derive(Debug, Clone)]
pub struct FrameTimer {
    clock: Clock,
    /// When frame 0 is due, on the clock.
    start: Duration,
    schedule: Schedule,
    halt: Halt,
}

impl FrameTimer {
    /// Starts the schedule: frame 0 is due now.
    pub fn start(clock: &Clock, schedule: Schedule, halt: &Halt) -> Self {
        Self { start: clock.now(), clock: clock.clone(), schedule, halt: halt.clone() }
    }

    /// When frame 0 was due, on the clock.
    pub fn started(&self) -> Duration {
        self.start
    }

    /// Blocks until frame `frame` is due, or until the measurement ends.
    pub fn wait(&self, frame: u64) -> Wait {
        if frame < self.schedule.frames_due() {
            self.sleep_until(self.schedule.due(frame))
        } else {
            self.finish();
            Wait::Over
        }
    }

    /// Blocks until the measurement ends.
    pub fn finish(&self) {
        self.sleep_until(self.schedule.duration());
    }

    /// How many frames become due.
    pub fn frames_due(&self) -> u64 {
        self.schedule.frames_due()
    }

    /// When the measurement ends, on the clock.
    pub fn end(&self) -> Duration {
        self.start + self.schedule.duration()
    }

    /// Sleeps until `at`, from the start; `Over` if the run should end earlier.
    fn sleep_until(&self, at: Duration) -> Wait {
        loop {
            if self.halt.is_set() {
                return Wait::Over;
            }
            let left = (self.start + at).saturating_sub(self.clock.now());
            if left.is_zero() {
                return Wait::Due;
            }
            self.clock.advance(left.min(LONGEST_SLEEP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_due_at_absolute_times_until_the_end() {
        let clock = Clock::simulated();
        clock.advance(Duration::from_secs(7));
        let schedule = Schedule::new(10.0, Duration::from_millis(250));
        let timer = FrameTimer::start(&clock, schedule, &Halt::new(&Stop::default()));
        assert_eq!(timer.wait(1), Wait::Due);
        assert_eq!(clock.now(), Duration::from_millis(7100));
        // A late reader does not wait: the frame is due already.
        clock.advance(Duration::from_millis(130));
        assert_eq!(timer.wait(2), Wait::Due);
        assert_eq!(clock.now(), Duration::from_millis(7230));
        assert_eq!(timer.wait(3), Wait::Over);
        assert_eq!(clock.now(), Duration::from_millis(7250));
    }

    #[test]
    fn a_failed_row_ends_the_wait_at_once() {
        let clock = Clock::simulated();
        let halt = Halt::new(&Stop::default());
        let timer = FrameTimer::start(&clock, Schedule::new(1.0, Duration::from_secs(60)), &halt);
        halt.fail();
        assert_eq!(timer.wait(30), Wait::Over);
        assert_eq!(clock.now(), Duration::ZERO);
    }
}
