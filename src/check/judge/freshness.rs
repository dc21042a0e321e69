//! How old the pictures are when they arrive: their capture time against arrival.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::capture_time::CaptureTime;
use super::findings::{Findings, Place};
use super::ticks::Ticks;
use crate::check::rules::freshness::*;
use crate::multipart::{Part, Timestamp};
use crate::strip::Identity;

/// Most lags that are kept. With more, every second one is dropped.
const SAMPLES: usize = 4096;
/// Fewer distinct capture times show nothing.
const FEWEST: usize = 10;
/// A lag that grows by less than this is jitter.
const GROWTH_US: i64 = 500_000;
/// Pictures this much older than their arrival are late, or the clocks differ.
const OLD_US: i64 = 1_000_000;
/// Clocks that differ by more than this do not show the same time at all.
const FOREIGN_US: i64 = 86_400_000_000;

/// The capture times so far.
#[derive(Debug, Default)]
pub struct Freshness {
    /// The name of the field.
    name: &'static str,
    /// Whether a time means a time of day.
    is_utc: bool,
    last: Option<(Vec<u8>, Timestamp)>,
    /// (arrival since the first byte, the same minus the capture time) in microseconds.
    lags: Vec<(i64, i64)>,
    /// Every so many distinct capture times are kept.
    stride: usize,
    /// Distinct capture times.
    count: usize,
    /// Whether pictures may share a time.
    ticks: Ticks,
    /// Pictures whose capture time is that of another picture before.
    repeated: u64,
    back: u64,
    first_back: Option<(Place, i64)>,
    invalid: Option<(Place, String)>,
    invalid_count: u64,
}

impl Freshness {
    /// Takes the next picture. `is_repeat`: it shows the same as the one before.
    pub fn picture(
        &mut self,
        part: &Part<'_>,
        identity: Option<&Identity>,
        arrival: Option<Duration>,
        is_repeat: bool,
    ) {
        let captured = || identity.map(CaptureTime::of_strip).or_else(|| CaptureTime::of(part));
        let Some((captured, arrival)) = arrival.and_then(|at| Some((captured()?, at))) else {
            return;
        };
        // A frame that comes again has a rule of its own.
        let is_repeat = is_repeat || identity.is_some();
        let place = Place::in_part(part.number, part.spans.head.start);
        let CaptureTime { name, value, time, is_utc } = captured;
        (self.name, self.is_utc) = (name, is_utc);
        let Some(time) = time else {
            self.invalid_count += 1;
            self.invalid.get_or_insert_with(|| (place, String::from_utf8_lossy(&value).into_owned()));
            return;
        };
        let is_same = self.last.as_ref().is_some_and(|(bytes, _)| *bytes == value);
        if !is_same || !is_repeat {
            self.ticks.picture(time.0, arrival);
        }
        if let Some((_, last)) = &self.last {
            if is_same {
                // A picture that is sent again keeps its time.
                self.repeated += u64::from(!is_repeat);
                return;
            }
            if time < *last {
                self.back += 1;
                let by = micros(last.0) - micros(time.0);
                self.first_back.get_or_insert((place, by));
            }
        }
        self.last = Some((value, time));
        self.count += 1;
        self.stride = self.stride.max(1);
        if self.count.is_multiple_of(self.stride) {
            let arrival = micros(arrival);
            self.lags.push((arrival, arrival - micros(time.0)));
        }
        if self.lags.len() == SAMPLES {
            let mut index = 0;
            self.lags.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.stride *= 2;
        }
    }

    /// The capture times of the next window: its first one follows the last one of this window.
    pub fn continued(&mut self) -> Self {
        let (last, ticks) = (self.last.take(), self.ticks.continued());
        Self { name: self.name, is_utc: self.is_utc, last, ticks, ..Self::default() }
    }

    /// Judges the lags. `began`: when the first byte came, since 1970-01-01 UTC.
    pub fn finish(self, began: Option<Duration>, findings: &mut Findings) {
        let name = self.name;
        if let Some((place, value)) = self.invalid {
            let message = format!("{name}: {value}");
            findings.note_times(self.invalid_count, &NOT_CAPTURE_TIME, place, message);
            // A camera may not know the time when it starts. If most values are no times, the others say little.
            if self.invalid_count as usize >= self.count {
                return;
            }
        }
        let is_shared = self.repeated as usize >= FEWEST && self.repeated as usize > self.count;
        if is_shared && !self.ticks.is_clock() {
            let message = format!("{} new pictures have the {name} of the one before", self.repeated);
            findings.note(&NOT_CAPTURE_TIME, Place::STREAM, message);
            return;
        }
        if let Some((place, by)) = self.first_back {
            let message = format!("{name} goes back by {}", length(by));
            findings.note_times(self.back, &CAPTURE_TIME_BACK, place, message);
        }
        if self.lags.len() < FEWEST {
            return;
        }
        // Medians of quarters: one late picture is no trend.
        let quarter = self.lags.len() / 4;
        let (first, last) = (median(&self.lags[..quarter]), median(&self.lags[self.lags.len() - quarter..]));
        let middle = median(&self.lags[quarter..self.lags.len() - quarter]);
        let (start, end) = (self.lags[0].0, self.lags[self.lags.len() - 1].0);
        let overall = began.filter(|_| self.is_utc).map(|began| median(&self.lags) + micros(began));
        if let Some(lag) = overall.filter(|lag| lag.abs() > FOREIGN_US) {
            let message = format!("{name} is {} s away from the time of day", seconds(lag.abs()));
            findings.note(&NOT_CAPTURE_TIME, Place::STREAM, message);
        }
        if last - first > GROWTH_US && middle > first && middle < last {
            // The quarters' medians are three quarters of the time apart.
            let per_second = (last - first) as f64 / (end - start).max(1) as f64 * 4.0 / 3.0;
            let message = format!(
                "the pictures become older: {name} falls behind their arrival by {} s more at the end than at \
                 the start, {per_second:.2} s each second",
                seconds(last - first)
            );
            findings.note(&LAG_GROWS, Place::STREAM, message);
        } else if let Some(lag) = overall.filter(|lag| (OLD_US..=FOREIGN_US).contains(lag)) {
            let message = format!(
                "{name} is {} s before the arrival: the pictures are old, or the clocks differ",
                seconds(lag)
            );
            findings.note(&LAG, Place::STREAM, message);
        }
    }
}

fn median(lags: &[(i64, i64)]) -> i64 {
    let mut lags: Vec<i64> = lags.iter().map(|&(_, lag)| lag).collect();
    lags.sort_unstable();
    // The lower one of two in the middle: of two pictures, one late one is no trend either.
    lags.get(lags.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// A quarter of the range, so that differences do not overflow.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

/// A time that may be too short for [`seconds`].
fn length(micros: i64) -> String {
    match micros {
        100_000.. => format!("{} s", seconds(micros)),
        1000.. => format!("{} ms", micros / 1000),
        _ => format!("{micros} µs"),
    }
}

fn seconds(micros: i64) -> String {
    format!("{:.1}", micros as f64 / 1e6)
}
