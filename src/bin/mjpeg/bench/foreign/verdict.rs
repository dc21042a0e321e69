//! The verdict on frames by the times when they came.

use std::time::Duration;

use super::trace::End;
use crate::bench::verdict::Verdict;

/// The shortest gap of bursts. Gaps are whole intervals, except for scheduling delays: 2.95 intervals count as three.
pub fn burst(interval: Duration) -> Duration {
    interval * 3 - interval / 20
}

/// The word for frames that came at these times, in a measurement of this length. `is_late`: at least half of them were.
pub fn verdict(
    times: &[Duration],
    end: Option<(Duration, End)>,
    length: Duration,
    interval: Duration,
    is_late: bool,
) -> Verdict {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Verdict::Nothing };
    let three = burst(interval);
    let longest = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or(first);
    // On a busy machine a stream pauses now and then.
    let silence = length.saturating_sub(last);
    if end.is_some() || (silence >= three && silence > longest.max(first) * 2 + interval) {
        Verdict::Ends
    } else if longest >= three {
        Verdict::Bursts
    } else if is_late {
        Verdict::Late
    } else {
        Verdict::Streams
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn the_word_is_that_of_the_times() {
        let steady: Vec<Duration> = (0..40).map(|n| ms(n * 100)).collect();
        let of = |times: &[Duration], end, is_late| verdict(times, end, ms(4000), ms(100), is_late);
        assert_eq!(of(&steady, None, false), Verdict::Streams);
        assert_eq!(of(&steady, None, true), Verdict::Late);
        assert_eq!(of(&steady[..15], None, false), Verdict::Ends);
        assert_eq!(of(&steady, Some((ms(3900), End::Framed)), false), Verdict::Ends);
        // A pause that came once may come again.
        let paused = [&steady[..10], &[ms(1500)]].concat();
        let of_short = |length| verdict(&paused, None, length, ms(100), false);
        assert_eq!([of_short(ms(2500)), of_short(ms(3500))], [Verdict::Bursts, Verdict::Ends]);
        assert_eq!(of(&[], None, false), Verdict::Nothing);
        let bursts: Vec<Duration> = (0..40).map(|n| ms(n / 4 * 400)).collect();
        assert_eq!(of(&bursts, None, false), Verdict::Bursts);
    }
}
