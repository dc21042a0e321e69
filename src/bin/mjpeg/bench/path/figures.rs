//! What became of the frames.

use std::time::Duration;

use hdrhistogram::Histogram;
use mjpeg::stats::{FrameTimes, MeanGap};
use mjpeg::strip::{Continuity, Identity, Latencies, Place};

use crate::bench::times;

/// The figures of a stream, part by part.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The order of the numbers.
    pub numbers: Continuity,
    /// When the parts came.
    pub times: FrameTimes,
    /// The gaps between them, for their mean.
    pub gaps: MeanGap,
    /// How old the pictures were when they came.
    pub latencies: Latencies,
    /// The same as a histogram.
    pub histogram: Histogram<u64>,
    /// Seconds since the first byte, with the latency in milliseconds: the first ones.
    pub series: Vec<(f64, f64)>,
    /// The most by which a picture came before its time: the clocks differ by that much at least.
    early: Duration,
    /// Parts whose picture has no strip that can be read.
    pub unreadable: u64,
    /// The number of the first frame, and of the newest.
    pub range: Option<(u32, u32)>,
    /// The numbers of frames that came again, the first ones.
    pub doubled: Vec<u32>,
    /// The numbers of frames that came behind a later one, the first ones.
    pub reordered: Vec<u32>,
    /// The number and the age of each frame: the first ones.
    ages: Vec<(u32, Duration)>,
    /// From the last part to the end.
    open_gap: Duration,
    /// The same, if it is a stall.
    pub stall: Option<Duration>,
}

/// The most frames of the plot, and of those that may be named.
const SERIES: usize = 200_000;
/// The most frames of a kind that are named.
pub const MOST_NAMED: usize = 100;

impl Default for Figures {
    fn default() -> Self {
        Self {
            numbers: Continuity::default(),
            times: FrameTimes::default(),
            gaps: MeanGap::default(),
            latencies: Latencies::default(),
            histogram: times::histogram(),
            series: Vec::new(),
            early: Duration::ZERO,
            unreadable: 0,
            range: None,
            doubled: Vec::new(),
            reordered: Vec::new(),
            ages: Vec::new(),
            open_gap: Duration::ZERO,
            stall: None,
        }
    }
}

impl Figures {
    /// Takes the next part: its identity, when it came since the first byte, and when it came since 1970-01-01 UTC.
    pub fn part(&mut self, identity: Option<&Identity>, arrival: Option<Duration>, at: Option<Duration>) {
        if let Some(arrival) = arrival {
            if let Some(last) = self.times.last() {
                self.gaps.push(arrival.saturating_sub(last).as_secs_f64() * 1e3);
            }
            self.times.push(arrival);
        }
        let Some(identity) = identity else {
            self.unreadable += 1;
            return;
        };
        let number = identity.number;
        match self.numbers.push(identity) {
            Place::Doubled if self.doubled.len() < MOST_NAMED => self.doubled.push(number),
            Place::Reordered if self.reordered.len() < MOST_NAMED => self.reordered.push(number),
            Place::Doubled | Place::Reordered => {}
            Place::First | Place::Next | Place::Behind(_) => {
                self.range = Some((self.range.map_or(number, |(first, _)| first), number));
            }
        }
        let Some(at) = at else { return };
        let Some(age) = self.latencies.push(identity, at) else {
            self.early = self.early.max(Duration::from_micros(identity.time_us).saturating_sub(at));
            return;
        };
        times::record(&mut self.histogram, age);
        if self.ages.len() < SERIES {
            self.ages.push((number, age));
        }
        if let Some(arrival) = arrival.filter(|_| self.series.len() < SERIES) {
            self.series.push((arrival.as_secs_f64(), age.as_secs_f64() * 1e3));
        }
    }

    /// Takes the time from the first byte to the end: a gap that is still open counts.
    pub fn end(&mut self, watched: Option<Duration>) {
        self.open_gap =
            watched.zip(self.times.last()).map_or(Duration::ZERO, |(end, last)| end.saturating_sub(last));
        self.stall = self.stall_at(watched);
    }

    /// The time since the last part, if it is a stall by [`FrameTimes::stall_limit`]. `watched`: since the first byte.
    pub fn stall_at(&self, watched: Option<Duration>) -> Option<Duration> {
        let silence = watched?.saturating_sub(self.times.last()?);
        Some(silence).filter(|silence| *silence > self.times.stall_limit())
    }

    /// The largest gap between two parts, or between the last one and the end.
    pub fn gap_max(&self) -> Option<Duration> {
        Some(self.times.timing(None)?.gap_max.max(self.open_gap))
    }

    /// The numbers of late frames, the first ones: see [`Latencies::limit`].
    pub fn late(&self) -> Vec<u32> {
        let Some(limit) = self.latencies.limit() else { return Vec::new() };
        let late = self.ages.iter().filter(|(_, age)| *age > limit);
        late.map(|(number, _)| *number).take(MOST_NAMED).collect()
    }

    /// How many times late frames came, one or several behind each other.
    pub fn late_groups(&self) -> usize {
        let Some(limit) = self.latencies.limit() else { return 0 };
        let is_late = |it: &(u32, Duration)| it.1 > limit;
        let groups = self.ages.chunk_by(|one, next| is_late(one) == is_late(next));
        groups.filter(|group| is_late(&group[0])).count()
    }

    /// All parts.
    pub fn parts(&self) -> u64 {
        self.frames() + self.unreadable
    }

    /// The parts with an identity.
    pub fn frames(&self) -> u64 {
        self.numbers.frames()
    }

    /// The thresholds that are missed, in words. An age that is not known is a miss. If the clocks are known to differ, the ages
    /// may be short of that.
    pub fn missed(&self, max_loss: Option<u64>, max_age: Option<Duration>) -> Vec<String> {
        let mut missed = Vec::new();
        if let Some(most) = max_loss.filter(|most| self.numbers.lost() > *most) {
            missed.push(format!("{} lost, at most {most} allowed (--max-loss)", self.numbers.lost()));
        }
        if let Some(most) = max_age {
            missed.extend(self.missed_age(most).map(|why| format!("{why} (--max-age)")));
        }
        missed
    }

    fn missed_age(&self, most: Duration) -> Option<String> {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let Some(oldest) = self.latencies.ages().max() else {
            return Some("no picture has an age: the clocks do not agree".into());
        };
        let clocks = match self.early {
            Duration::ZERO => String::new(),
            early => format!(" by clocks that differ by {:.1} ms or more", ms(early)),
        };
        let (is_missed, oldest, most) = (oldest + self.early > most, ms(oldest), ms(most));
        is_missed.then(|| format!("a picture was {oldest:.1} ms old{clocks}, at most {most:.1} ms allowed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_age_is_from_the_picture_to_its_arrival() {
        let mut figures = Figures::default();
        let day = Duration::from_secs(1_767_225_600);
        for (number, age) in [(1, 20), (2, 30), (4, 25), (3, 90)] {
            let taken = day + ms(100 * number);
            let identity = Identity { time_us: taken.as_micros() as u64, number: number as u32, source: 1 };
            figures.part(Some(&identity), Some(ms(100 * number + age)), Some(taken + ms(age)));
        }
        figures.part(None, Some(ms(600)), Some(day + ms(600)));
        assert_eq!((figures.parts(), figures.frames(), figures.unreadable), (5, 4, 1));
        assert_eq!((figures.numbers.lost(), figures.numbers.reordered()), (0, 1));
        let ages = figures.latencies.ages();
        assert_eq!((ages.percentile(50), ages.max()), (Some(ms(25)), Some(ms(90))));
        assert_eq!(
            (figures.reordered.clone(), figures.doubled.clone(), figures.late()),
            (vec![3], vec![], vec![])
        );
        assert_eq!(figures.missed(Some(0), Some(ms(90))), Vec::<String>::new());
        assert_eq!(figures.missed(None, Some(ms(89))).len(), 1);
    }

    #[test]
    fn a_clock_that_is_behind_gives_no_age() {
        let mut figures = Figures::default();
        let identity = Identity { time_us: 2_000_000, number: 1, source: 1 };
        figures.part(Some(&identity), Some(ms(0)), Some(ms(1999)));
        assert_eq!((figures.latencies.early(), figures.latencies.ages().count()), (1, 0));
    }

    /// The clock of the source is 300 ms ahead.
    #[test]
    fn an_age_that_is_not_known_or_is_short_of_what_the_clocks_differ_by_misses_the_threshold() {
        let day = Duration::from_secs(1_767_225_600);
        let mut figures = Figures::default();
        let mut push = |number: u32, age: u64| {
            let taken = day + ms(100 * u64::from(number));
            let identity = Identity { time_us: (taken + ms(300)).as_micros() as u64, number, source: 1 };
            figures.part(Some(&identity), Some(ms(100 * u64::from(number) + age)), Some(taken + ms(age)));
            figures.clone()
        };
        let all_early = push(1, 20);
        let missed = all_early.missed(None, Some(Duration::from_secs(3600)));
        assert_eq!(missed, ["no picture has an age: the clocks do not agree (--max-age)"]);
        assert_eq!(all_early.missed(Some(0), None), Vec::<String>::new());
        // It is 500 ms old, and seems to be 200 ms old. The first picture shows 280 ms of the difference.
        let some_early = push(2, 500);
        assert_eq!(some_early.missed(None, Some(ms(480))), Vec::<String>::new());
        let missed = some_early.missed(None, Some(ms(479)));
        assert!(missed[0].contains("200.0 ms old by clocks that differ by 280.0 ms or more"), "{missed:?}");
    }

    #[test]
    fn late_and_doubled_frames_are_named_and_a_gap_at_the_end_counts() {
        let mut figures = Figures::default();
        let day = Duration::from_secs(1_767_225_600);
        for (number, age) in [(1, 20), (2, 20), (2, 90), (3, 121), (4, 120)] {
            let taken = day + ms(100 * number);
            let identity = Identity { time_us: taken.as_micros() as u64, number: number as u32, source: 1 };
            figures.part(Some(&identity), Some(ms(100 * number + age)), Some(taken + ms(age)));
        }
        assert_eq!((figures.doubled.clone(), figures.late()), (vec![2], Vec::new()), "the median is 90 ms");
        for number in 5..=8 {
            let taken = day + ms(100 * number);
            let identity = Identity { time_us: taken.as_micros() as u64, number: number as u32, source: 1 };
            figures.part(Some(&identity), Some(ms(100 * number + 20)), Some(taken + ms(20)));
        }
        assert_eq!(figures.late(), [3], "more than 100 ms above the median");
        figures.end(Some(ms(820 + 700)));
        assert_eq!((figures.gap_max(), figures.stall), (Some(ms(700)), None));
        figures.end(Some(ms(820 + 1051)));
        assert_eq!(figures.stall, Some(ms(1051)));
    }
}
