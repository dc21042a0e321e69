//! The health of a stream: how old its newest frame is, and how many frames it has a second.

use std::collections::VecDeque;
use std::time::Duration;

use super::frame_source::Pace;

/// Number of recent frames whose times are kept.
const RECENT: usize = 64;

/// The times at which recent frames were published. Bounded, and allocated only once. A frame that is sent again is
/// not a frame here.
#[derive(Debug)]
pub struct Health {
    times: VecDeque<Duration>,
    newest: Option<Duration>,
    /// When the source started after a pause.
    started: Option<Duration>,
}

impl Health {
    /// Starts without times.
    pub fn new() -> Self {
        Self { times: VecDeque::with_capacity(RECENT), newest: None, started: None }
    }

    /// Records that a frame was published.
    pub fn push(&mut self, now: Duration) {
        self.newest = Some(now);
        if self.times.len() == RECENT {
            self.times.pop_front();
        }
        self.times.push_back(now);
    }

    /// Records that the source starts after a pause: the times before it do not count for the rate, and its first frame
    /// has as much time as the others.
    pub fn restart(&mut self, now: Duration) {
        self.times.clear();
        self.started = Some(now);
    }

    /// Frames per second; `None` before the second frame and when no frame came for three intervals.
    pub fn fps(&self, now: Duration) -> Option<f64> {
        let (first, last) = (*self.times.front()?, *self.times.back()?);
        let gaps = u32::try_from(self.times.len() - 1).ok().filter(|gaps| *gaps > 0)?;
        let gap = (last - first) / gaps;
        let playing = now.saturating_sub(last) <= gap * 3;
        (playing && !gap.is_zero()).then(|| 1.0 / gap.as_secs_f64())
    }

    /// How long ago the newest frame was published.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.newest.map(|newest| now.saturating_sub(newest))
    }

    /// Whether frames arrive on time. A live source must produce one within `patience`. A paced source that is
    /// running may also take three intervals, if that is longer; a paused one is always healthy.
    pub fn is_good(&self, pace: Pace, now: Duration, patience: Duration) -> bool {
        match (pace, self.age(now)) {
            (Pace::Scheduled { rate, running: true }, Some(age)) => age < patience.max(rate.span(3)),
            (Pace::Scheduled { .. }, _) => true,
            (Pace::Live { running: false, .. }, _) => true,
            (Pace::Live { highest, .. }, _) => {
                let longest = highest.map_or(patience, |rate| patience.max(rate.span(3)));
                let since = self.newest.max(self.started);
                since.is_some_and(|since| now.saturating_sub(since) < longest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_measured_over_the_last_64_frames() {
        let mut health = Health::new();
        let ms = Duration::from_millis;
        assert_eq!(health.fps(ms(0)), None);
        // A slow start, then 25 frames per second.
        health.push(ms(0));
        assert_eq!(health.fps(ms(0)), None);
        for n in 0..RECENT as u64 {
            health.push(ms(10_000 + 40 * n));
        }
        let last = 10_000 + 40 * (RECENT as u64 - 1);
        assert_eq!(health.fps(ms(last)), Some(25.0));
        assert_eq!(health.fps(ms(last + 120)), Some(25.0));
        assert_eq!(health.fps(ms(last + 121)), None);
        health.restart(ms(0));
        assert_eq!(health.fps(ms(last)), None);
    }

    #[test]
    fn a_source_is_healthy_while_it_is_paused_or_on_time() {
        const LIVE: Pace = Pace::Live { highest: None, running: true };
        const IDLE: Pace = Pace::Live { highest: None, running: false };
        let s = Duration::from_secs;
        let pace = |running| Pace::Scheduled { rate: "0.1".parse().unwrap(), running };
        let mut health = Health::new();
        assert!(health.is_good(pace(true), s(0), s(10)) && !health.is_good(LIVE, s(0), s(10)));
        health.push(s(1));
        for (now, live, running) in [(s(10), true, true), (s(11), false, true), (s(31), false, false)] {
            assert_eq!(health.is_good(LIVE, now, s(10)), live, "{now:?}");
            assert_eq!(health.is_good(pace(true), now, s(10)), running, "{now:?}");
            assert!(health.is_good(pace(false), now, s(10)) && health.is_good(IDLE, now, s(10)));
        }
        health.restart(s(100));
        assert!(health.is_good(LIVE, s(109), s(10)) && !health.is_good(LIVE, s(110), s(10)));
    }
}
