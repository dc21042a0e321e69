//! When viewers come and go.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::str::FromStr;
use std::time::Duration;

use crate::value;

/// Viewers per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp(f64);

impl FromStr for Ramp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        match value::number(number) {
            Some(rate) if (0.01..=10_000.0).contains(&rate) => Ok(Self(rate)),
            _ => Err("expected viewers per second between 0.01 and 10000, such as 10/s".into()),
        }
    }
}

/// The pattern of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pattern {
    /// How fast viewers come; all at once without it.
    pub ramp: Option<Ramp>,
    /// How long a viewer stays, on average; to the end without it.
    pub churn: Option<Duration>,
}

impl Pattern {
    /// From the first viewer to the last one of `clients`.
    pub fn opening(&self, clients: u64) -> Duration {
        self.ramp.map_or(Duration::ZERO, |Ramp(rate)| {
            Duration::from_secs_f64(clients.saturating_sub(1) as f64 / rate)
        })
    }

    /// When viewer `number`, counted from 0, comes: after the first one.
    fn due(&self, number: u64) -> Duration {
        self.opening(number + 1)
    }
}

/// The arrivals and departures of one row. Each of its places has one viewer at a time.
#[derive(Debug)]
pub struct Arrivals {
    pattern: Pattern,
    clients: u64,
    start: Duration,
    opened: u64,
    departures: BinaryHeap<Reverse<(Duration, u64)>>,
    random: u64,
}

impl Arrivals {
    /// `clients` viewers from `start` on.
    pub fn new(pattern: Pattern, clients: u64, start: Duration) -> Self {
        Self { pattern, clients, start, opened: 0, departures: BinaryHeap::new(), random: 0x6d6a_7065_6700 }
    }

    /// The next place that gets its first viewer, if it is due.
    pub fn arrival(&mut self, now: Duration) -> Option<u64> {
        let place = self.opened;
        if place == self.clients || self.start + self.pattern.due(place) > now {
            return None;
        }
        self.opened += 1;
        self.stay(place, now);
        Some(place)
    }

    /// The next place whose viewer leaves and is followed by another one, if it is due.
    pub fn change(&mut self, now: Duration) -> Option<u64> {
        let &Reverse((at, place)) = self.departures.peek()?;
        if at > now {
            return None;
        }
        self.departures.pop();
        self.stay(place, now);
        Some(place)
    }

    /// Whether all places have had a viewer.
    pub fn is_full(&self) -> bool {
        self.opened == self.clients
    }

    /// When the next viewer comes or goes.
    pub fn next(&self) -> Option<Duration> {
        let arrival = (!self.is_full()).then(|| self.start + self.pattern.due(self.opened));
        let departure = self.departures.peek().map(|Reverse((at, _))| *at);
        arrival.into_iter().chain(departure).min()
    }

    /// A viewer has come: it stays for half to one and a half times the mean, so that viewers do not leave together.
    fn stay(&mut self, place: u64, now: Duration) {
        let Some(mean) = self.pattern.churn else { return };
        // The generator of Steele, Lea and Flood (SplitMix64). Each run has the same pattern.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        self.departures.push(Reverse((now + mean.mul_f64(0.5 + part), place)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_come_at_the_rate_or_all_at_once() {
        let pattern = Pattern { ramp: Some("10/s".parse().unwrap()), churn: None };
        let start = Duration::from_secs(5);
        let mut arrivals = Arrivals::new(pattern, 3, start);
        assert_eq!(arrivals.arrival(start), Some(0));
        assert_eq!((arrivals.arrival(start), arrivals.next()), (None, Some(Duration::from_millis(5100))));
        assert_eq!(arrivals.arrival(start + Duration::from_millis(200)), Some(1));
        assert_eq!(arrivals.arrival(start + Duration::from_millis(200)), Some(2));
        assert!(arrivals.is_full() && arrivals.next().is_none());
        let mut all = Arrivals::new(Pattern { ramp: None, churn: None }, 3, start);
        assert_eq!([all.arrival(start), all.arrival(start), all.arrival(start)], [Some(0), Some(1), Some(2)]);
        for text in ["0", "-1/s", "inf", "10/m", "", "1e9"] {
            assert!(text.parse::<Ramp>().is_err(), "{text}");
        }
    }

    #[test]
    fn viewers_leave_after_half_to_one_and_a_half_times_the_mean() {
        let mean = Duration::from_secs(2);
        let mut arrivals = Arrivals::new(Pattern { ramp: None, churn: Some(mean) }, 50, Duration::ZERO);
        while arrivals.arrival(Duration::ZERO).is_some() {}
        let (mut changes, mut now) = (0, Duration::ZERO);
        while now < Duration::from_secs(100) {
            now = arrivals.next().unwrap();
            assert!(arrivals.change(now).is_some() && arrivals.change(Duration::ZERO).is_none());
            changes += 1;
        }
        // 50 places for 100 s, 2 s each.
        assert!((2400..2600).contains(&changes), "{changes}");
    }
}
