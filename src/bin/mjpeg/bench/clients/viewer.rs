//! What one viewer receives in the window of a row. It knows times that it is given, and no clock.

use std::time::Duration;

use mjpeg::stats::MeanGap;

/// The figures of one viewer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Viewer {
    /// When its connection was opened.
    pub opened: Duration,
    /// Its first frame.
    pub first: Option<Duration>,
    /// Its last frame.
    pub last: Option<Duration>,
    /// Frames in the window.
    pub frames: u64,
    /// Bytes in the window.
    pub bytes: u64,
    /// The longest gap between two of its frames in the window.
    pub gap_max: Duration,
    /// Its gaps in the window, in milliseconds.
    pub gaps: MeanGap,
    /// When it ended or was closed.
    pub over: Option<Duration>,
    /// Whether the run has closed it, and not the server.
    pub has_left: bool,
}

/// A window of time in which frames count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its start.
    pub start: Duration,
    /// Its end.
    pub end: Duration,
}

impl Viewer {
    /// A viewer that has received nothing.
    pub fn opened(at: Duration) -> Self {
        Self { opened: at, ..Self::default() }
    }

    /// Counts a frame in the window, which came this long after the one before it.
    pub fn count_frame(&mut self, gap: Option<Duration>) {
        self.frames += 1;
        if let Some(gap) = gap {
            self.gap_max = self.gap_max.max(gap);
            self.gaps.push(gap.as_secs_f64() * 1e3);
        }
    }

    /// From the last frame, or from the start of the window, to its end.
    pub fn open_gap(&self, window: Window, until: Duration) -> Option<Duration> {
        let last = self.last?.max(window.start);
        Some(self.end(until).saturating_sub(last))
    }

    /// How long it was there in the window, from its first frame on.
    pub fn present(&self, window: Window, until: Duration) -> Option<Duration> {
        let start = self.first?.max(window.start);
        Some(self.end(until).saturating_sub(start))
    }

    fn end(&self, until: Duration) -> Duration {
        self.over.unwrap_or(until).min(until)
    }
}

impl Window {
    /// Whether a time is in it.
    pub fn has(&self, at: Duration) -> bool {
        (self.start..self.end).contains(&at)
    }
}
