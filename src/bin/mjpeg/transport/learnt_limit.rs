//! The idle limit of a camera whose rate is not known: it grows while the camera may be slow.

use std::time::Duration;

use super::end::End;

/// Good parts in a row that show how fast a camera is. The first one often comes at once, whatever the rate is.
const ENOUGH: u64 = 3;

/// How long the next stream of a camera may be without a good part.
///
/// A silent camera may be slow or may hang, which look alike. So each stream that stalls doubles the limit, unless it has shown
/// that the camera is fast: the limit is then twice its longest gap. A limit that fits stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearntLimit {
    least: Duration,
    most: Duration,
    limit: Duration,
}

impl LearntLimit {
    /// A limit that is `least`, and grows up to `most`.
    pub fn new(least: Duration, most: Duration) -> Self {
        Self { least, most: most.max(least), limit: least }
    }

    /// The limit now.
    pub fn limit(self) -> Duration {
        self.limit
    }

    /// A stream ended like this, after so many good parts. `longest`: the longest gap before one of them.
    pub fn ended(&mut self, end: &End, good: u64, longest: Duration) {
        if good >= ENOUGH {
            self.limit = longest.saturating_mul(2).clamp(self.least, self.most);
        } else if *end == End::Stalled {
            self.limit = self.limit.saturating_mul(2).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(ends: &[(End, u64, u32)]) -> u64 {
        let mut learnt = LearntLimit::new(10 * SECOND, 60 * SECOND);
        ends.iter().for_each(|(end, good, longest)| learnt.ended(end, *good, SECOND * *longest));
        learnt.limit().as_secs()
    }

    #[test]
    fn the_limit_grows_with_each_stall_of_a_camera_that_may_be_slow() {
        let stall = || (End::Stalled, 1, 0);
        assert_eq!(after(&[]), 10);
        assert_eq!(after(&[stall()]), 20);
        assert_eq!(after(&[stall(), (End::Stalled, 0, 0), stall(), stall()]), 60);
        // Other ends say nothing about its rate.
        assert_eq!(
            after(&[(End::Closed, 1, 0), (End::Reset("gone".into()), 0, 0), (End::Rejected(3), 0, 0)]),
            10
        );
    }

    #[test]
    fn a_stream_with_some_parts_says_what_the_limit_is() {
        // A slow camera that hangs, and one that is fast again.
        assert_eq!(after(&[(End::Stalled, 1, 0), (End::Stalled, 9, 15)]), 30);
        assert_eq!(after(&[(End::Stalled, 1, 0), (End::Closed, 9, 1)]), 10);
        // A fast camera that hangs again and again is asked again soon.
        assert_eq!(after(&[(End::Stalled, 900, 1), (End::Stalled, 900, 1), (End::Stalled, 900, 1)]), 10);
        let mut patient = LearntLimit::new(90 * SECOND, 60 * SECOND);
        patient.ended(&End::Stalled, 1, SECOND);
        assert_eq!(patient.limit(), 90 * SECOND);
    }
}
