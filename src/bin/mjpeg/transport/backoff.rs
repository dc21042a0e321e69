//! The pauses between tries: exponential, with jitter.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The longest pause that a server may ask for (`Retry-After`). Its clock may be wrong by years.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// The shortest pause behind a failure, also if the first pause is zero.
const SHORTEST: Duration = Duration::from_millis(100);

/// The pauses between tries. Each is twice as long as the one before, up to a limit, and shortened by up to a quarter at
/// random: cameras that lost their power together, or recorders that lost one camera, do not all come back at once.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    random: u64,
}

impl Backoff {
    /// Pauses from `first` to `longest`, or always `first` if that is longer.
    pub fn new(first: Duration, longest: Duration) -> Self {
        // The keys of `RandomState` are random.
        Self::seeded(first, longest, RandomState::new().hash_one(0))
    }

    fn seeded(first: Duration, longest: Duration, random: u64) -> Self {
        Self { first, longest: longest.max(first), next: first, random }
    }

    /// The next pause; at least as long as the server `asked`, within reason.
    pub fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let pause = self.next.mul_f64(1.0 - self.fraction() / 4.0);
        self.next = self.next.saturating_mul(2).clamp(SHORTEST, self.longest.max(SHORTEST));
        pause.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// The next pause is the first one again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// A number from 0 up to 1 (SplitMix64).
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_up_to_the_longest_one_and_differ_between_recorders() {
        let mut seen = Vec::new();
        for seed in 0..100 {
            let mut backoff = Backoff::seeded(SECOND, 30 * SECOND, seed);
            let pauses: Vec<Duration> = (0..8).map(|_| backoff.pause(None)).collect();
            for (pause, full) in pauses.iter().zip([1, 2, 4, 8, 16, 30, 30, 30]) {
                let full = SECOND * full;
                assert!(*pause <= full && *pause >= full * 3 / 4, "{pause:?} of {full:?}");
            }
            seen.push(pauses[0]);
            backoff.reset();
            assert!(backoff.pause(None) <= SECOND);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 100);
        assert!(seen[99] - seen[0] > SECOND / 5, "{seen:?}");
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause_within_reason() {
        let mut backoff = Backoff::seeded(SECOND, 30 * SECOND, 1);
        assert_eq!(backoff.pause(Some(7 * SECOND)), 7 * SECOND);
        assert_eq!(backoff.pause(Some(86_400 * SECOND)), LONGEST_ASKED);
        assert!(backoff.pause(Some(Duration::ZERO)) >= 3 * SECOND);
    }

    #[test]
    fn a_first_pause_above_the_longest_one_stays() {
        let mut backoff = Backoff::seeded(60 * SECOND, 30 * SECOND, 1);
        for _ in 0..9 {
            assert!((45 * SECOND..=60 * SECOND).contains(&backoff.pause(None)));
        }
        let mut backoff = Backoff::seeded(Duration::ZERO, 30 * SECOND, 1);
        assert_eq!(backoff.pause(None), Duration::ZERO);
        assert!(backoff.pause(None) >= SHORTEST * 3 / 4);
    }
}
