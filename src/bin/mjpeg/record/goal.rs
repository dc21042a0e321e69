//! When a recording is complete.

use std::time::Duration;

/// The goals of a run. The first goal that is reached ends the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goal {
    /// Good frames.
    pub frames: Option<u64>,
    /// Time since the request.
    pub duration: Option<Duration>,
    /// Bytes of good frames.
    pub bytes: Option<u64>,
}

impl Goal {
    /// Whether `frames` good frames with `bytes` bytes in all reach it.
    pub fn is_reached(&self, frames: u64, bytes: u64) -> bool {
        self.frames.is_some_and(|goal| frames >= goal) || self.bytes.is_some_and(|goal| bytes >= goal)
    }

    /// Whether a goal is set.
    pub fn is_set(&self) -> bool {
        self.frames.is_some() || self.duration.is_some() || self.bytes.is_some()
    }
}
