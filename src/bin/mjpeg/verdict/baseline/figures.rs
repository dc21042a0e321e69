//! The figures of a stream, and how far those of another check of it may be from them.

use std::time::Duration;

use mjpeg::stats::{Batches, Lateness, MeanGap, Timing, percentile_error};
use serde::{Deserialize, Serialize};

use crate::output;

/// How many standard errors two means may be apart. In a normal distribution, one of three million is further away; the errors
/// are those of about ten batches, whose spread is itself a guess.
const ERRORS: f64 = 5.0;
/// The same for the 99th percentile, whose error is known better.
const TAIL_ERRORS: f64 = 3.75;
/// How many errors more in a heavy tail, whose few large gaps come in one check and not in the next.
const HEAVY_ERRORS: f64 = 1.25;
/// The scale of a tail in mean distances from the median: uniform gaps have 0.45, normal ones 0.6, and exponential ones 1. A tail that
/// is not light has a scale of one distance at least: the few gaps in it may show a smaller one by chance.
const LIGHT: f64 = 0.6;
const HEAVY: (f64, f64) = (0.85, 1.15);
/// The least gaps whose tail is known to be heavy, and those of which three are above the 99th percentile.
const TAIL_PARTS: u64 = 200;
/// With fewer, the least scale in mean distances.
const FEW: f64 = 0.8;
const THREE_PARTS: f64 = 300.0;
/// The same for the logarithm of the mean lateness, whose error is known best.
const LATE_ERRORS: f64 = 3.25;
/// The least tolerance of the mean gap, of the mean size, and of jitter and lateness, as a part of it.
const LEAST_GAP: f64 = 0.01;
const LEAST_BYTES: f64 = 0.1;
const LEAST_JITTER: f64 = 0.1;
/// The tolerance where too few frames came to measure a spread.
const UNKNOWN: f64 = 0.25;
/// The least tolerances of the 99th percentile, and of jitter and lateness.
const LEAST_TAIL_MS: f64 = 5.0;
const LEAST_JITTER_MS: f64 = 2.0;

/// Collects the gaps and the sizes of a stream.
#[derive(Debug, Default)]
pub struct Steadiness {
    gaps: MeanGap,
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
    pub gap_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p99_ms: Option<f64>,
    /// The scale of the tail of the gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_tail_ms: Option<f64>,
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
            let gap = arrival.saturating_sub(last).as_secs_f64() * 1000.0;
            if let Some(mean) = self.gaps.mean() {
                self.distances.push((gap - mean).abs());
            }
            self.gaps.push(gap);
            self.lateness.push(gap);
        }
        self.last = arrival;
    }

    /// The figures.
    pub fn figures(&self, timing: Option<&Timing>) -> Figures {
        let gaps = timing.map(|_| &self.gaps);
        let distances = timing.map(|_| &self.distances);
        let lateness = timing.map(|_| &self.lateness);
        Figures {
            parts: self.bytes.count(),
            gap_mean_ms: gaps.and_then(MeanGap::mean).map(output::rounded),
            gap_mean_error_ms: gaps.and_then(MeanGap::error).map(output::rounded),
            gap_p50_ms: timing.map(|timing| output::ms(timing.gap_p50)),
            gap_p99_ms: timing.map(|timing| output::ms(timing.gap_p99)),
            gap_tail_ms: timing.map(|timing| output::ms(timing.gap_tail)),
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
    /// How far the mean gap of a check of `parts` parts may be from this one, if nothing has changed.
    ///
    /// The spread is that of the baseline alone: a stream that has lost frames has a larger one.
    pub fn gap_mean_tolerance(&self, parts: u64) -> f64 {
        let mean = self.gap_mean_ms.unwrap_or(0.0);
        self.tolerance(mean, self.gap_mean_error_ms, LEAST_GAP, parts)
    }

    /// The same for the 99th percentile of the gaps.
    pub fn gap_p99_tolerance(&self, parts: u64) -> f64 {
        let spread = || self.gap_p99_ms.zip(self.gap_p50_ms).map(|(p99, p50)| p99 - p50);
        // A baseline of an earlier version has no tail. In an exponential one, the percentile is ln 50 scales from the median.
        let scale = self.gap_tail_ms.or_else(|| spread().map(|spread| spread / 50.0_f64.ln()));
        let (scale, errors) = self.tail(scale.unwrap_or(0.0));
        let error = |parts: u64| percentile_error(scale, 99, parts.saturating_sub(1));
        (errors * error(self.parts).hypot(error(parts))).max(LEAST_TAIL_MS)
    }

    /// The scale of the tail whose measured one is `scale`, and how many standard errors of it are usual.
    fn tail(&self, scale: f64) -> (f64, f64) {
        let Some(jitter) = self.jitter_ms.filter(|jitter| scale > LIGHT * jitter && *jitter > 0.0) else {
            return (scale, TAIL_ERRORS);
        };
        let weight = scale / jitter;
        let heavy = ((weight - HEAVY.0) / (HEAVY.1 - HEAVY.0)).clamp(0.0, 1.0);
        if self.parts < TAIL_PARTS {
            return (scale.max(FEW * jitter), TAIL_ERRORS);
        }
        let few = (THREE_PARTS / self.parts as f64).min(1.0);
        (jitter.max(scale * weight.max(1.0)), TAIL_ERRORS + HEAVY_ERRORS * heavy * few)
    }

    /// The same for the jitter.
    pub fn jitter_tolerance(&self, parts: u64) -> f64 {
        let tolerance =
            self.tolerance(self.jitter_ms.unwrap_or(0.0), self.jitter_error_ms, LEAST_JITTER, parts);
        tolerance.max(LEAST_JITTER_MS)
    }

    /// The same for the mean lateness; `None` if it cannot be compared.
    pub fn lateness_tolerance(&self, parts: u64) -> Option<f64> {
        let (mean, error) = self.lateness_ms.zip(self.lateness_error_ms)?;
        // That of exponential delays is the least: a smaller one was measured by chance, or makes no difference.
        let relative = (error / mean.max(f64::MIN_POSITIVE)).max(1.0 / (self.parts.max(1) as f64).sqrt());
        let factor = (LATE_ERRORS * relative * self.both(parts)).exp() - 1.0;
        Some((factor * mean).max(LEAST_JITTER * mean).max(LEAST_JITTER_MS))
    }

    /// The same for the mean size.
    pub fn bytes_tolerance(&self, parts: u64) -> f64 {
        self.tolerance(self.bytes_mean.unwrap_or(0.0), self.bytes_mean_error, LEAST_BYTES, parts)
    }

    fn tolerance(&self, mean: f64, error: Option<f64>, least: f64, parts: u64) -> f64 {
        let Some(error) = error else { return UNKNOWN * mean };
        (ERRORS * error * self.both(parts)).max(least * mean)
    }

    /// The error of the distance between a mean of this check and one of a check of `parts` parts, in errors of this one: the
    /// variance of a mean goes with the number of its values.
    fn both(&self, parts: u64) -> f64 {
        (1.0 + self.parts as f64 / parts.max(1) as f64).sqrt()
    }
}
