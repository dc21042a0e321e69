//! The timeline of one stream, measured or predicted: when its frames were complete, and when it ended.

use std::time::Duration;

use super::schedule::Schedule;
use crate::bench::verdict::Verdict;

/// What a client receives of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The time from the request to the start, when frame 0 is due.
    pub requested_before: Duration,
    /// When each frame was complete, in order, from the start.
    pub arrivals: Vec<Duration>,
    /// When the response ended, from the start; `None` if the measurement ended first.
    pub over: Option<Duration>,
}

/// The figures of a timeline. A figure that needs more frames than the timeline has is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The behaviour of the stream.
    pub verdict: Verdict,
    /// Complete frames.
    pub frames: u64,
    /// From the request to the first complete frame.
    pub first_frame: Option<Duration>,
    /// Between the ends of consecutive frames.
    pub gap: Option<Spread>,
    /// From the time a frame was due to its last byte.
    pub latency: Option<Spread>,
}

/// Nearest-rank percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The largest.
    pub max: Duration,
}

impl Timeline {
    /// The figures of a stream with this schedule.
    pub fn figures(&self, schedule: &Schedule) -> Figures {
        let gap = Spread::of(self.arrivals.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect());
        let latencies = (0..).zip(&self.arrivals).map(|(frame, at)| at.saturating_sub(schedule.due(frame)));
        let latency = Spread::of(latencies.collect());
        Figures {
            verdict: self.verdict(schedule, gap, latency),
            frames: self.arrivals.len() as u64,
            first_frame: self.arrivals.first().map(|&at| at + self.requested_before),
            gap,
            latency,
        }
    }

    fn verdict(&self, schedule: &Schedule, gap: Option<Spread>, latency: Option<Spread>) -> Verdict {
        let (Some(&first), Some(&last), Some(latency)) =
            (self.arrivals.first(), self.arrivals.last(), latency)
        else {
            return Verdict::Nothing;
        };
        let interval = schedule.interval();
        // Gaps are whole intervals, except for scheduling delays: 2.95 intervals count as three.
        let three = interval * 3 - interval / 10;
        let longest_wait = gap.map_or(first, |gap| gap.max.max(first));
        let silence = schedule.duration().saturating_sub(last);
        if (self.arrivals.len() as u64) < schedule.frames_due()
            // A stream in bursts is silent for the same time between two bursts.
            && (self.over.is_some() || (silence >= three && silence > longest_wait + interval))
        {
            Verdict::Ends
        } else if gap.is_some_and(|gap| gap.max >= three) {
            Verdict::Bursts
        } else if latency.p50 >= interval / 2 {
            Verdict::Late
        } else {
            Verdict::Streams
        }
    }
}

impl Spread {
    /// The percentiles of `values`; `None` when there are none.
    fn of(mut values: Vec<Duration>) -> Option<Self> {
        values.sort_unstable();
        let rank =
            |percent: usize| values.get((values.len() * percent).div_ceil(100).checked_sub(1)?).copied();
        Some(Self { p50: rank(50)?, p99: rank(99)?, max: rank(100)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn percentiles_are_nearest_rank() {
        let spread = Spread::of((1..=10).rev().map(MS).collect()).unwrap();
        assert_eq!((spread.p50, spread.p99, spread.max), (MS(5), MS(10), MS(10)));
        assert_eq!(Spread::of(vec![MS(7)]), Some(Spread { p50: MS(7), p99: MS(7), max: MS(7) }));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn verdicts_of_one_second_at_ten_frames_per_second() {
        let schedule = Schedule::new(10.0, MS(1000));
        let table: [(&str, &[u64], Option<u64>, Verdict); 9] = [
            ("on time", &[0, 100, 200, 300, 400, 500, 600, 700, 800, 900], None, Verdict::Streams),
            ("one frame held back", &[100, 200, 300, 400, 500, 600, 700, 800, 900], None, Verdict::Late),
            ("no frame", &[], None, Verdict::Nothing),
            ("over, and no frame", &[], Some(20), Verdict::Nothing),
            ("over after two", &[0, 100], Some(100), Verdict::Ends),
            ("silent after two", &[0, 100], None, Verdict::Ends),
            (
                "over with the last frame due",
                &[0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
                Some(900),
                Verdict::Streams,
            ),
            ("three at a time", &[300, 300, 300, 600, 600, 600, 900, 900, 900], None, Verdict::Bursts),
            ("one burst, silent before the next", &[500, 500, 500, 500, 500], None, Verdict::Late),
        ];
        for (name, arrivals, over, verdict) in table {
            let arrivals = arrivals.iter().copied().map(MS).collect();
            let timeline = Timeline { requested_before: MS(1), arrivals, over: over.map(MS) };
            assert_eq!(timeline.figures(&schedule).verdict, verdict, "{name}");
        }
    }

    #[test]
    fn figures_that_need_more_frames_are_absent() {
        let schedule = Schedule::new(10.0, MS(1000));
        let timeline = Timeline { requested_before: MS(2), arrivals: vec![MS(3)], over: Some(MS(4)) };
        let figures = timeline.figures(&schedule);
        assert_eq!(figures.first_frame, Some(MS(5)), "from the request");
        assert_eq!(figures.latency.map(|latency| latency.p50), Some(MS(3)), "from when it was due");
        assert_eq!((figures.gap, figures.frames), (None, 1));
    }
}
