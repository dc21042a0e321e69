//! The figures of a stream, and how far those of another check of it may be from them.

use std::time::Duration;

use mjpeg::stats::{Batches, Lateness, MeanGap, Timing};
use serde::{Deserialize, Serialize};

use crate::long_gaps::{Gaps, LongGaps};
use crate::output;

/// How many standard errors two means may be apart. In a normal distribution, one of three million is further away; the errors
/// are those of about ten batches, whose spread is itself a guess.
const ERRORS: f64 = 5.0;
/// The same for the logarithm of the jitter, and for that of the mean lateness, whose error is known best.
const JITTER_ERRORS: f64 = 4.0;
const LATE_ERRORS: f64 = 3.3;
/// How many times the error of the baseline that of a check counts. A stream that loses frames has a large one, which must not hide
/// the loss.
const MOST_ERROR: f64 = 1.5;
/// The least tolerance of the mean gap, of the mean size, and of jitter and lateness, as a part of it. The schedule that lateness is
/// measured against has an error too, which is larger if hardly a frame is on time.
const LEAST_GAP: f64 = 0.01;
const LEAST_BYTES: f64 = 0.1;
const LEAST_JITTER: f64 = 0.25;
/// The tolerance where too few frames came to measure a spread.
const UNKNOWN: f64 = 0.25;
/// The least tolerance of jitter and lateness.
const LEAST_JITTER_MS: f64 = 2.0;
/// From the first frame to the last, at least: what comes in less was sent at once, and its gaps are those of the network and of this
/// program's reads.
const LEAST_SPAN_MS: f64 = 100.0;

/// Collects the gaps and the sizes of a stream.
#[derive(Debug, Default)]
pub struct Steadiness {
    mean_gap: MeanGap,
    gaps: Gaps,
    /// Distances of the gaps from the mean of those before.
    distances: Batches,
    lateness: Lateness,
    bytes: Batches,
    last: Option<Duration>,
}

/// The figures of one check. Unknown ones are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Parts that were read.
    pub parts: u64,
    /// The mean gap by a regression over the arrival times, and its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_mean_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_mean_error_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_gaps: Option<LongGaps>,
    /// All gaps. A file has the longest only.
    #[serde(skip)]
    pub gaps: Gaps,
    /// The mean distance of the gaps from their median, and its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_error_ms: Option<f64>,
    /// How late the frames are in the mean against a steady schedule that none is ahead of, and its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lateness_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lateness_error_ms: Option<f64>,
    /// The mean size of a part's body, and its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_mean_error: Option<f64>,
}

impl Steadiness {
    /// Takes a part.
    pub fn push(&mut self, arrival: Option<Duration>, bytes: u64) {
        self.bytes.push(bytes as f64);
        if let Some((arrival, last)) = arrival.zip(self.last) {
            let gap = arrival.saturating_sub(last);
            self.gaps.push(gap);
            let gap = gap.as_secs_f64() * 1000.0;
            if let Some(mean) = self.mean_gap.mean() {
                self.distances.push((gap - mean).abs());
            }
            self.mean_gap.push(gap);
            self.lateness.push(gap);
        }
        self.last = arrival;
    }

    /// What comes next makes no gap: nobody watched before it.
    pub fn interrupt(&mut self) {
        self.last = None;
    }

    /// The figures.
    pub fn figures(&self, timing: Option<&Timing>) -> Figures {
        let mean_gap = timing.map(|_| &self.mean_gap);
        let distances = timing.map(|_| &self.distances);
        let lateness = timing.map(|_| &self.lateness);
        Figures {
            parts: self.bytes.count(),
            gap_mean_ms: mean_gap.and_then(MeanGap::mean).map(output::rounded),
            gap_mean_error_ms: mean_gap.and_then(MeanGap::error).map(output::rounded),
            gap_p99_ms: timing.map(|timing| output::ms(timing.gap_p99)),
            long_gaps: timing.map(|_| LongGaps::of(&self.gaps)),
            gaps: self.gaps.clone(),
            jitter_ms: timing.map(|timing| output::ms(timing.jitter)),
            jitter_error_ms: distances.and_then(Batches::error).map(output::rounded),
            lateness_ms: lateness.and_then(Lateness::mean).map(output::rounded),
            lateness_error_ms: lateness.and_then(Lateness::error).map(output::rounded),
            bytes_mean: self.bytes.mean().map(output::rounded),
            bytes_mean_error: self.bytes.error().map(output::rounded),
        }
    }
}

impl Figures {
    /// Whether the frames came over a time that shows the rate of the camera.
    pub fn has_rate(&self) -> bool {
        let gaps = self.parts.saturating_sub(1) as f64;
        self.gap_mean_ms.is_some_and(|gap| gap * gaps >= LEAST_SPAN_MS)
    }

    /// How far the mean gap of `now` may be from this one, if nothing has changed.
    pub fn gap_mean_tolerance(&self, now: &Self) -> f64 {
        let mean = self.gap_mean_ms.unwrap_or(0.0);
        let Some((then, now)) = self.gap_mean_error_ms.zip(now.gap_mean_error_ms) else {
            return UNKNOWN * mean;
        };
        (ERRORS * then.hypot(now.min(MOST_ERROR * then))).max(LEAST_GAP * mean)
    }

    /// The same for the jitter.
    pub fn jitter_tolerance(&self, now: &Self) -> f64 {
        let mean = self.jitter_ms.unwrap_or(0.0);
        let errors = relative(self.jitter_ms, self.jitter_error_ms)
            .zip(relative(now.jitter_ms, now.jitter_error_ms))
            .map(|(then, now)| then.hypot(now));
        logarithmic(mean, errors.map(|error| JITTER_ERRORS * error))
    }

    /// Whether there is a mean lateness that can be compared: where delays add up, there is none.
    pub fn has_lateness(&self) -> bool {
        self.lateness_ms.and(self.lateness_error_ms).is_some()
    }

    /// The same for the mean lateness.
    pub fn lateness_tolerance(&self, now: &Self) -> f64 {
        // That of exponential delays is the least: a smaller one was measured by chance, or makes no difference.
        let error = |of: &Self| {
            let error = relative(of.lateness_ms, of.lateness_error_ms)?;
            Some(error.max(1.0 / (of.parts.max(1) as f64).sqrt()))
        };
        let errors = error(self).zip(error(now)).map(|(then, now)| then.hypot(now));
        logarithmic(self.lateness_ms.unwrap_or(0.0), errors.map(|error| LATE_ERRORS * error))
    }

    /// The same for the mean size.
    pub fn bytes_tolerance(&self, now: &Self) -> f64 {
        let mean = self.bytes_mean.unwrap_or(0.0);
        let Some(error) = self.bytes_mean_error else { return UNKNOWN * mean };
        // The variance of a mean goes with the number of its values.
        let both = (1.0 + self.parts as f64 / now.parts.max(1) as f64).sqrt();
        (ERRORS * error * both).max(LEAST_BYTES * mean)
    }
}

/// The error of a mean as a part of it.
fn relative(mean: Option<f64>, error: Option<f64>) -> Option<f64> {
    Some(error? / mean?.max(f64::MIN_POSITIVE))
}

/// How far a mean may be above `mean`, if its logarithm may be so far.
fn logarithmic(mean: f64, logarithm: Option<f64>) -> f64 {
    let factor = logarithm.map_or(UNKNOWN, |it| it.exp() - 1.0);
    (factor.min(f64::MAX) * mean).max(LEAST_JITTER * mean).max(LEAST_JITTER_MS)
}
