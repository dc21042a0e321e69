//! Limits the rate of a live source.

use std::time::Duration;

use crate::value::Rate;

/// Says when the next frame of a live source may be sent. A frame that must wait stays with the source, where a newer
/// one replaces it.
#[derive(Debug, Default)]
pub struct RateLimit {
    /// The shortest time between two frames; zero means no limit.
    interval: Duration,
    /// When the last frame was sent.
    last: Option<Duration>,
    /// Whether to ask the source again as soon as the next frame may be sent.
    asks_again: bool,
}

impl RateLimit {
    /// A limit to this rate; without one, no limit.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { interval: rate.map_or(Duration::ZERO, |rate| rate.span(1)), ..Self::default() }
    }

    /// The shortest time between two frames; zero means no limit.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether a frame may be sent now. If not, [`RateLimit::due`] says when to ask again.
    pub fn allows(&mut self, now: Duration) -> bool {
        let allowed = self.next().is_none_or(|next| now >= next);
        self.asks_again = !allowed;
        allowed
    }

    /// When to ask the source again.
    pub fn due(&self) -> Option<Duration> {
        self.next().filter(|_| self.asks_again)
    }

    /// Notes that a frame is sent. The source may have more, or its end, which it has reported already.
    pub fn sent(&mut self, now: Duration) {
        self.last = Some(now);
        self.asks_again = !self.interval.is_zero();
    }

    fn next(&self) -> Option<Duration> {
        self.last.map(|last| last + self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_at_least_one_interval_apart() {
        let ms = Duration::from_millis;
        let mut limit = RateLimit::new(Some("2".parse().unwrap()));
        let mut sent = Vec::new();
        // A source with 30 frames per second.
        for n in 0..100 {
            let now = ms(n * 33);
            if limit.due().is_some_and(|due| due <= now) || limit.allows(now) {
                assert!(limit.allows(now));
                limit.sent(now);
                sent.push(now);
            }
        }
        assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= ms(500)), "{sent:?}");
        assert_eq!(sent.len(), 7);
    }

    #[test]
    fn a_frame_that_waits_has_a_time() {
        let second = Duration::from_secs(1);
        let mut limit = RateLimit::new(Some("1".parse().unwrap()));
        assert!(limit.allows(second) && limit.due().is_none());
        limit.sent(second);
        assert_eq!(limit.due(), Some(2 * second), "the source may have a frame that it reported before");
        assert!(limit.allows(2 * second) && limit.due().is_none());
        limit.sent(2 * second);
        assert!(!limit.allows(2 * second + second / 2));
        assert_eq!(limit.due(), Some(3 * second));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let mut limit = RateLimit::new(None);
        for _ in 0..3 {
            assert!(limit.allows(Duration::ZERO) && limit.due().is_none());
            limit.sent(Duration::ZERO);
        }
    }
}
