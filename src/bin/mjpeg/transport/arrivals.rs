//! When each byte came.

use std::collections::VecDeque;
use std::time::Duration;

/// The offset that each read reached, with its time. Entries behind the last event are dropped.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// (bytes of the decoded body that had come, when), both rising.
    reads: VecDeque<(u64, Duration)>,
    first: Option<Duration>,
}

impl Arrivals {
    /// Counts times from `first` of the clock: the first byte of an earlier stream of the same camera.
    pub fn count_from(&mut self, first: Duration) {
        self.first = Some(first);
    }

    /// Notes that at time `at` the first `reached` bytes of the body had come.
    pub fn note(&mut self, reached: u64, at: Duration) {
        self.first.get_or_insert(at);
        match self.reads.back_mut() {
            // A read of chunk framing alone adds no content: no new entry.
            Some(last) if last.0 == reached => {}
            _ => self.reads.push_back((reached, at)),
        }
    }

    /// When the byte before `end` (bytes from the start of the body) came, from the first byte on.
    /// Forgets what came before it.
    pub fn of_byte_before(&mut self, end: u64) -> Option<Duration> {
        while self.reads.len() > 1 && self.reads.front().is_some_and(|&(reached, _)| reached < end) {
            self.reads.pop_front();
        }
        let (_, at) = self.reads.front().filter(|&&(reached, _)| reached >= end)?;
        Some(at.saturating_sub(self.first?))
    }

    /// The last read: the bytes of the body that had come, and when, from the first byte on.
    pub fn last(&self) -> Option<(u64, Duration)> {
        let &(reached, at) = self.reads.back()?;
        Some((reached, at.saturating_sub(self.first?)))
    }

    /// When the first byte came, by the clock.
    pub fn first(&self) -> Option<Duration> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_came_with_the_first_read_that_reached_it() {
        let ms = Duration::from_millis;
        let mut arrivals = Arrivals::default();
        for (reached, at) in [(10, 5), (10, 6), (25, 40), (100, 90)] {
            arrivals.note(reached, ms(at));
        }
        assert_eq!(arrivals.of_byte_before(10), Some(ms(0)));
        assert_eq!(arrivals.of_byte_before(11), Some(ms(35)));
        assert_eq!(arrivals.of_byte_before(25), Some(ms(35)));
        assert_eq!(arrivals.of_byte_before(100), Some(ms(85)));
        assert_eq!(arrivals.of_byte_before(101), None);
    }
}
