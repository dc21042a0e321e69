//! How long a stream may be silent at the end of a measurement before it counts as stopped.

use std::time::Duration;

/// Shorter silences are those of a busy machine.
const LEAST: Duration = Duration::from_secs(2);

/// A stream with this largest and this usual gap that is silent for longer has stopped: a machine that was busy before may be busy
/// again, and bursts may come further apart.
pub fn limit(largest: Duration, usual: Duration) -> Duration {
    LEAST.max(largest.saturating_mul(2).saturating_add(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_an_end_if_it_is_long_and_longer_than_all_gaps() {
        let ms = Duration::from_millis;
        assert_eq!(limit(ms(40), ms(33)), ms(2000));
        // Bursts 3.8 s apart.
        assert_eq!(limit(ms(3800), ms(0)), ms(7600));
    }
}
