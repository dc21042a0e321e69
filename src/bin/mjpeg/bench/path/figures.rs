//! What became of the frames.

use std::time::Duration;

use hdrhistogram::Histogram;
use mjpeg::stats::{Distribution, FrameTimes};
use mjpeg::strip::{Continuity, Identity, Place};

use crate::bench::times;

/// The figures of a stream, part by part.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The order of the numbers.
    pub numbers: Continuity,
    /// When the parts came.
    pub times: FrameTimes,
    /// How old the pictures were when they came.
    pub latencies: Distribution,
    /// The same as a histogram.
    pub histogram: Histogram<u64>,
    /// Seconds since the first byte, with the latency in milliseconds: the first ones.
    pub series: Vec<(f64, f64)>,
    /// Parts whose picture has no strip that can be read.
    pub unreadable: u64,
    /// Pictures that came before they were taken, by the clocks of the two ends.
    pub early: u64,
    /// The number of the first frame, and of the newest.
    pub range: Option<(u32, u32)>,
}

/// The most frames of the plot.
const SERIES: usize = 200_000;

impl Default for Figures {
    fn default() -> Self {
        Self {
            numbers: Continuity::default(),
            times: FrameTimes::default(),
            latencies: Distribution::default(),
            histogram: times::histogram(),
            series: Vec::new(),
            unreadable: 0,
            early: 0,
            range: None,
        }
    }
}

impl Figures {
    /// Takes the next part: its identity, when it came since the first byte, and when it came since 1970-01-01 UTC.
    pub fn part(&mut self, identity: Option<&Identity>, arrival: Option<Duration>, at: Option<Duration>) {
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        let Some(identity) = identity else {
            self.unreadable += 1;
            return;
        };
        let is_newest = matches!(self.numbers.push(identity), Place::First | Place::Next | Place::Behind(_));
        if is_newest {
            self.range = Some((self.range.map_or(identity.number, |(first, _)| first), identity.number));
        }
        if let Some(at) = at {
            match at.checked_sub(Duration::from_micros(identity.time_us)) {
                Some(age) => {
                    self.latencies.push(age);
                    times::record(&mut self.histogram, age);
                    if let Some(arrival) = arrival.filter(|_| self.series.len() < SERIES) {
                        self.series.push((arrival.as_secs_f64(), age.as_secs_f64() * 1e3));
                    }
                }
                None => self.early += 1,
            }
        }
    }

    /// All parts.
    pub fn parts(&self) -> u64 {
        self.frames() + self.unreadable
    }

    /// The parts with an identity.
    pub fn frames(&self) -> u64 {
        self.numbers.frames()
    }

    /// The thresholds that are missed, in words.
    pub fn missed(&self, max_loss: Option<u64>, max_age: Option<Duration>) -> Vec<String> {
        let mut missed = Vec::new();
        if let Some(most) = max_loss.filter(|most| self.numbers.lost() > *most) {
            missed.push(format!("{} lost, at most {most} allowed (--max-loss)", self.numbers.lost()));
        }
        if let Some(most) = max_age
            && let Some(oldest) = self.latencies.max().filter(|oldest| *oldest > most)
        {
            let (oldest, most) = (oldest.as_secs_f64() * 1e3, most.as_secs_f64() * 1e3);
            missed
                .push(format!("a picture was {oldest:.1} ms old, at most {most:.1} ms allowed (--max-age)"));
        }
        missed
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
        assert_eq!((figures.latencies.percentile(50), figures.latencies.max()), (Some(ms(25)), Some(ms(90))));
        assert_eq!(figures.missed(Some(0), Some(ms(90))), Vec::<String>::new());
        assert_eq!(figures.missed(None, Some(ms(89))).len(), 1);
    }

    #[test]
    fn a_clock_that_is_behind_gives_no_age() {
        let mut figures = Figures::default();
        let identity = Identity { time_us: 2_000_000, number: 1, source: 1 };
        figures.part(Some(&identity), Some(ms(0)), Some(ms(1999)));
        assert_eq!((figures.early, figures.latencies.count()), (1, 0));
    }
}
