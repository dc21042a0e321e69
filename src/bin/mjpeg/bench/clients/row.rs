//! The figures of one row: a number of viewers at once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::missed::Missed;
use super::tally::Tally;
use crate::bench::obstacle::Obstacle;
use crate::bench::silence;
use crate::bench::times::percentile;

/// What was measured with one number of viewers.
#[derive(Debug)]
pub struct Measured {
    /// Viewers at once.
    pub clients: u64,
    /// Viewers that came; more than `clients` with `--churn`.
    pub arrivals: u64,
    /// What they received.
    pub tally: Tally,
    /// The end of the window.
    pub until: Duration,
    /// Its length.
    pub window: Duration,
    /// Whether the library's reader read the streams.
    pub has_no_lengths: bool,
    /// Parts larger than a viewer may hold.
    pub too_large: u64,
    /// The server, with `--pid`, and how much of its processor time is chance, as a share of it.
    pub server: Option<Server>,
    pub server_noise: Option<f64>,
    /// Processor time of this process in the window.
    pub client_cpu: Duration,
}

/// The process of the server in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Server {
    /// Processor time.
    pub cpu: Duration,
    /// The largest resident memory.
    pub rss_bytes: u64,
    /// Descriptors at the end of the window.
    pub descriptors: Option<u64>,
    /// Threads at the end of the window.
    pub threads: u64,
}

/// Percentiles of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The largest.
    pub max: Duration,
}

/// One row of the report. A figure that is not known is `None`.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Viewers at once.
    pub clients: u64,
    /// Viewers that came.
    pub arrivals: u64,
    /// Viewers that had a frame.
    pub served: u64,
    /// Viewers whose stream ended before the row.
    pub cut: u64,
    /// Why viewers had no stream or lost it.
    pub reasons: BTreeMap<String, u64>,
    /// Frames in the window.
    pub frames: u64,
    /// Frames per second of the median viewer.
    pub fps_p50: Option<f64>,
    /// Frames per second of the slowest viewer.
    pub fps_min: Option<f64>,
    /// The median gap.
    pub gap_p50: Option<Duration>,
    /// The 99th percentile of the gaps.
    pub gap_p99: Option<Duration>,
    /// The longest time without a frame.
    pub gap_max: Option<Duration>,
    /// The 99th percentile of the gaps, with one for each frame that was due.
    pub wait_p99: Option<Duration>,
    /// From opening to the first frame.
    pub first_frame: Option<Spread>,
    /// Millions of bytes per second.
    pub mb_per_s: f64,
    /// Frames that were due.
    pub frames_due: Option<u64>,
    /// Frames that were due and did not come.
    pub frames_lost: Option<u64>,
    /// Their bytes, if they have the mean size.
    pub bytes_lost: Option<u64>,
    /// The age of frames that carry a time, at their last byte.
    pub age: Option<Spread>,
    /// Parts larger than a viewer may hold.
    pub too_large: u64,
    /// Whether the library's reader read the streams.
    pub has_no_lengths: bool,
    /// The server, and how much of its processor time is chance, as a share of it.
    pub server: Option<Server>,
    pub server_noise: Option<f64>,
    /// Cores that this process used.
    pub client_cores: f64,
    /// The length of the window.
    pub window: Duration,
    /// Thresholds that were missed.
    pub missed: Vec<Missed>,
}

impl Measured {
    /// The median of the viewers' rates.
    pub fn fps_p50(&self) -> Option<f64> {
        let rates = self.tally.rates(self.until);
        rates.get(rates.len().checked_sub(1)? / 2).copied()
    }

    /// The stall of viewers, if there is one: it lasts to the end of the window, or has lasted for `patience`.
    pub fn stall(&self, patience: Duration) -> Option<Obstacle> {
        let (gaps, until) = (&self.tally.gaps, self.until);
        // All viewers, for nearly all of a short window: nothing was measured.
        let most = self.window.mul_f64(0.9);
        let left = self.tally.served().saturating_sub(self.tally.cut());
        let is_silent = left > 0 && self.tally.stalled(until, most) == left;
        let gap = |percent| percentile(gaps, percent).unwrap_or_default();
        let limit = silence::limit(gap(100.0), gap(50.0)).min(patience);
        let limit = if is_silent { most.min(limit) } else { limit };
        let viewers = self.tally.stalled(until, limit);
        if viewers > 0 {
            return Some(Obstacle::stall(viewers, limit));
        }
        let (viewers, gap) = self.tally.paused(patience)?;
        Some(Obstacle::pause(viewers, gap))
    }

    /// The figures, where frames are due at this rate.
    pub fn row(&self, due_fps: Option<f64>) -> Row {
        let (tally, until) = (&self.tally, self.until);
        // Viewers that got no second frame have a rate of zero: nothing is due then.
        let due_fps = due_fps.filter(|fps| *fps > 0.0);
        let seconds = self.window.as_secs_f64().max(1e-9);
        let loss = due_fps.filter(|_| tally.served() > 0).map(|fps| tally.due_and_lost(fps, until));
        let lost_bytes = |lost: u64| Some((lost as f64 * tally.mean_frame_bytes()?) as u64);
        let wait = due_fps.map(|fps| tally.gaps_of_due_frames(Duration::from_secs_f64(1.0 / fps), until));
        Row {
            clients: self.clients,
            arrivals: self.arrivals,
            served: tally.served(),
            cut: tally.cut(),
            reasons: tally.reasons.clone(),
            frames: tally.frames(),
            fps_p50: self.fps_p50(),
            fps_min: tally.rates(until).first().copied(),
            gap_p50: percentile(&tally.gaps, 50.0),
            gap_p99: percentile(&tally.gaps, 99.0),
            gap_max: tally.gap_max(until),
            wait_p99: wait.and_then(|wait| percentile(&wait, 99.0)),
            first_frame: Spread::of(&tally.first_frames),
            mb_per_s: tally.received() as f64 / seconds / 1e6,
            frames_due: loss.map(|(due, _)| due),
            frames_lost: loss.map(|(_, lost)| lost),
            bytes_lost: loss.and_then(|(_, lost)| if lost == 0 { Some(0) } else { lost_bytes(lost) }),
            age: Spread::of(&tally.ages),
            too_large: self.too_large,
            has_no_lengths: self.has_no_lengths,
            server: self.server,
            server_noise: self.server_noise,
            client_cores: self.client_cpu.as_secs_f64() / seconds,
            window: self.window,
            missed: Vec::new(),
        }
    }
}

impl Row {
    /// Lost frames in percent of those that were due.
    pub fn loss_percent(&self) -> Option<f64> {
        let due = self.frames_due.filter(|&due| due > 0)?;
        Some(self.frames_lost? as f64 * 100.0 / due as f64)
    }

    /// Viewers that had a frame, in percent of those that came.
    pub fn served_percent(&self) -> f64 {
        self.served as f64 * 100.0 / self.arrivals.max(1) as f64
    }

    /// Viewers whose stream ended, in percent of those that came.
    pub fn cut_percent(&self) -> f64 {
        self.cut as f64 * 100.0 / self.arrivals.max(1) as f64
    }

    /// Whether a viewer had no stream or lost it. With `--churn`, some leave before their first frame.
    pub fn has_unserved(&self) -> bool {
        !self.reasons.is_empty() || (self.arrivals == self.clients && self.served < self.arrivals)
    }

    /// Cores that the server used.
    pub fn server_cores(&self) -> Option<f64> {
        Some(self.server?.cpu.as_secs_f64() / self.window.as_secs_f64().max(1e-9))
    }

    /// The server's processor time for each frame that arrived, in microseconds.
    pub fn us_per_frame(&self) -> Option<f64> {
        let frames = Some(self.frames).filter(|&frames| frames > 0)?;
        Some(self.server?.cpu.as_secs_f64() * 1e6 / frames as f64)
    }
}

impl Spread {
    fn of(histogram: &hdrhistogram::Histogram<u64>) -> Option<Self> {
        Some(Self {
            p50: percentile(histogram, 50.0)?,
            p99: percentile(histogram, 99.0)?,
            max: percentile(histogram, 100.0)?,
        })
    }
}
