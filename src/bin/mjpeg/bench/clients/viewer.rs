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
    /// When the first and the last of these gaps ended.
    gaps_ended: Option<(Duration, Duration)>,
    /// When it ended or was closed.
    pub over: Option<Duration>,
    /// Whether the run has closed it, and not the server.
    pub has_left: bool,
}

/// How long a viewer was there in the window, and the intervals between its frames. Its first frame ends no interval, so one that
/// comes in the window begins the time and is not counted.
#[derive(Debug, Clone, Copy)]
pub struct Presence<'a> {
    /// The viewer.
    pub viewer: &'a Viewer,
    /// The time.
    pub time: Duration,
    /// From the start of it to the end of the first interval.
    opening: Duration,
    /// From the end of the last interval to the end of the time.
    closing: Duration,
    /// Whether the viewer came or went in the window.
    is_partial: bool,
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
    pub fn count_frame(&mut self, at: Duration, gap: Option<Duration>) {
        self.frames += 1;
        if let Some(gap) = gap {
            self.gap_max = self.gap_max.max(gap);
            self.gaps.push(gap.as_secs_f64() * 1e3);
            self.gaps_ended = Some((self.gaps_ended.map_or(at, |(first, _)| first), at));
        }
    }

    /// From the last frame, or from the start of the window, to its end.
    pub fn open_gap(&self, window: Window, until: Duration) -> Option<Duration> {
        let last = self.last?.max(window.start);
        Some(self.end(until).saturating_sub(last))
    }

    /// How long it was there in the window, from its first frame on.
    pub fn present(&self, window: Window, until: Duration) -> Option<Presence<'_>> {
        let (first, end) = (self.first?, self.end(until));
        let start = first.max(window.start);
        let time = end.saturating_sub(start);
        let edges = self.gaps_ended.map(|(from, to)| (from.saturating_sub(start), end.saturating_sub(to)));
        let (opening, closing) = edges.unwrap_or((time, Duration::ZERO));
        let is_partial = window.has(first) || end < until;
        Some(Presence { viewer: self, time, opening, closing, is_partial })
    }

    fn end(&self, until: Duration) -> Duration {
        self.over.unwrap_or(until).min(until)
    }
}

impl Presence<'_> {
    /// The intervals that ended in the time.
    pub fn intervals(&self) -> u64 {
        self.viewer.gaps.count()
    }

    /// Frames per second. Coming and going cut an interval each, and a server may send the newest frame at once to a viewer that
    /// comes. In a short time that is much of the rate, so there only whole intervals count; what is beside them counts as far as it
    /// is longer than one.
    pub fn fps(&self) -> f64 {
        let whole = self.intervals().saturating_sub(1);
        if !self.is_partial || whole == 0 {
            return self.intervals() as f64 / self.time.as_secs_f64();
        }
        let length = self.time.saturating_sub(self.opening + self.closing).as_secs_f64();
        let mean = length / whole as f64;
        let beyond = |edge: Duration| (edge.as_secs_f64() - mean).max(0.0);
        whole as f64 / (length + beyond(self.opening) + beyond(self.closing))
    }
}

impl Window {
    /// Whether a time is in it.
    pub fn has(&self, at: Duration) -> bool {
        (self.start..self.end).contains(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::Tally;
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn tally() -> Tally {
        let mut tally = Tally::new();
        tally.begin(Window { start: ms(1000), end: ms(3000) });
        tally
    }

    /// The source has a frame each 100 ms. Viewers come at any moment and stay for 1.4 s.
    #[test]
    fn viewers_that_come_and_go_have_the_rate_of_the_source_and_lose_nothing() {
        for gets_one_at_once in [true, false] {
            let mut tally = tally();
            let mut frames = 0;
            for came in (700..1500).step_by(7) {
                let (viewer, left) = (tally.open(ms(came)), came + 1400);
                let at_once = gets_one_at_once.then_some(came);
                for at in at_once.into_iter().chain((came + 1..left).filter(|at| at % 100 == 3)) {
                    tally.frame(viewer, ms(at), 1000, None);
                    frames += u64::from(at >= 1000);
                }
                tally.leave(viewer, ms(left));
            }
            assert_eq!(tally.frames(), frames, "each frame in the window is one");
            let rates = tally.rates(ms(3000));
            assert!(rates.iter().all(|fps| (fps - 10.0).abs() < 1e-6), "{gets_one_at_once}: {rates:?}");
            let (due, lost) = tally.due_and_lost(10.0, ms(3000));
            assert_eq!(lost, 0, "of {due}");
        }
    }

    /// Five frames are missing: at the beginning, in the middle, at the end.
    #[test]
    fn a_stall_of_a_viewer_that_comes_and_goes_counts_wherever_it_is() {
        for stall in [1600, 1800, 2400] {
            let mut tally = tally();
            let viewer = tally.open(ms(1500));
            for at in (1500..2900).step_by(100).filter(|at| !(stall..stall + 500).contains(at)) {
                tally.frame(viewer, ms(at), 1000, None);
            }
            tally.leave(viewer, ms(2850));
            assert_eq!(tally.due_and_lost(10.0, ms(3000)), (13, 5), "{stall}");
            let fps = tally.rates(ms(3000))[0];
            assert!((5.7..6.2).contains(&fps), "{stall}: {fps}");
        }
    }
}
