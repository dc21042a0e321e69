//! How long a round of a recording is.

use std::time::Duration;

/// The gap between rounds of a recording with one frame only.
const LONE_GAP: Duration = Duration::from_millis(100);
/// The shortest gap between rounds: a recording without time must not turn without end.
const SHORTEST_GAP: Duration = Duration::from_millis(1);

/// The time from the first of `count` frames to the first one of the next round: behind the last frame is the mean gap of
/// the others. Times of a foreign file may be of any size.
pub(super) fn round_length(first: Duration, last: Duration, count: u32) -> Duration {
    let time = last.saturating_sub(first);
    let gap = match count {
        0 | 1 => LONE_GAP,
        count => (time / (count - 1)).max(SHORTEST_GAP),
    };
    time.saturating_add(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_the_last_frame_is_the_mean_gap() {
        let ms = Duration::from_millis;
        for (first, last, count, length) in
            [(5, 5, 1, 100), (0, 0, 3, 1), (100, 400, 4, 400), (0, 1000, 2, 2000)]
        {
            assert_eq!(round_length(ms(first), ms(last), count), ms(length));
        }
        assert_eq!(round_length(Duration::ZERO, Duration::MAX, 2), Duration::MAX);
    }
}
