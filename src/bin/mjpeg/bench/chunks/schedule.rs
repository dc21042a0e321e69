//! The times at which frames are due.

use std::time::Duration;

/// Frames at a constant rate for a limited time. Frame `i`, counted from 0, is due `i / fps` after the start. The times are
/// absolute, so delays do not add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    fps: f64,
    duration: Duration,
}

impl Schedule {
    /// `fps` frames per second for `duration`. `fps` must be positive.
    pub fn new(fps: f64, duration: Duration) -> Self {
        Self { fps, duration }
    }

    /// Frames per second.
    pub fn fps(&self) -> f64 {
        self.fps
    }

    /// How long the measurement lasts.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The time between two frames.
    pub fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.fps)
    }

    /// When frame `frame` is due, from the start.
    pub fn due(&self, frame: u64) -> Duration {
        Duration::from_secs_f64(frame as f64 / self.fps)
    }

    /// How many frames are due before the measurement ends.
    pub fn frames_due(&self) -> u64 {
        // 0.7 s x 30 fps is 20.999999999999996 in binary: do not count a millionth of a frame.
        (self.duration.as_secs_f64() * self.fps - 1e-6).ceil().max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_due_counts_those_before_the_end() {
        for (fps, duration_ms, frames) in [
            (30.0, 4000, 120),
            (30.0, 700, 21),
            (60.0, 500, 30),
            (0.5, 1000, 1),
            (30.0, 1, 1),
            (12.5, 1000, 13),
        ] {
            let schedule = Schedule::new(fps, Duration::from_millis(duration_ms));
            assert_eq!(schedule.frames_due(), frames, "{fps} fps for {duration_ms} ms");
            assert!(schedule.due(frames - 1) < schedule.duration());
        }
    }
}
