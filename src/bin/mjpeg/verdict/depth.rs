//! Which pictures have their entropy-coded data read.

use std::time::Duration;

/// The walk of a live stream may fall this far behind.
const LONGEST_DEBT: Duration = Duration::from_secs(1);

/// Which pictures have their entropy-coded data read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All of a file; of a live stream as many as its time allows.
    Auto,
    /// All.
    Deep,
    /// None.
    Shallow,
}

/// Decides for each picture of one stream.
#[derive(Debug)]
pub struct Walks {
    depth: Depth,
    is_live: bool,
    /// The time that the walks took, less the time that was spent waiting for bytes since: how far this
    /// process may be behind the stream.
    debt: Duration,
    longest: Duration,
    /// When the last event had been judged.
    judged: Option<Duration>,
}

impl Walks {
    /// For a stream of which nothing has been read.
    pub fn new(depth: Depth, is_live: bool) -> Self {
        Self { depth, is_live, debt: Duration::ZERO, longest: Duration::ZERO, judged: None }
    }

    /// Whether to read the picture that is to be judged at `now`.
    pub fn next(&mut self, now: Duration) -> bool {
        let waited = self.judged.map_or(Duration::ZERO, |judged| now.saturating_sub(judged));
        self.debt = self.debt.saturating_sub(waited);
        match self.depth {
            Depth::Deep => true,
            Depth::Shallow => false,
            Depth::Auto => !self.is_live || self.debt + self.longest <= LONGEST_DEBT,
        }
    }

    /// The picture has been judged at `now`; [`Walks::next`] was called at `before`.
    pub fn judged(&mut self, before: Duration, now: Duration) {
        let time = now.saturating_sub(before);
        self.debt += time;
        self.longest = self.longest.max(time.min(LONGEST_DEBT));
        self.judged = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks of `walk` ms for a picture each `gap` ms: the pictures that are read, and the largest delay.
    fn simulated(depth: Depth, is_live: bool, gap: u64, walk: u64) -> (usize, Duration) {
        let ms = Duration::from_millis;
        let mut walks = Walks::new(depth, is_live);
        let (mut now, mut count, mut behind) = (Duration::ZERO, 0, Duration::ZERO);
        for picture in 0..200 {
            let arrival = ms(picture * gap);
            now = now.max(arrival);
            behind = behind.max(now - arrival);
            let before = now;
            if walks.next(before) {
                count += 1;
                now += ms(walk);
            }
            walks.judged(before, now);
        }
        (count, behind)
    }

    #[test]
    fn every_picture_is_read_while_the_walk_keeps_up() {
        assert_eq!(simulated(Depth::Auto, true, 33, 20).0, 200);
        assert_eq!(simulated(Depth::Shallow, true, 33, 20).0, 0);
        assert_eq!(simulated(Depth::Deep, true, 33, 100).0, 200);
        assert_eq!(simulated(Depth::Auto, false, 33, 100).0, 200);
    }

    #[test]
    fn a_live_stream_is_never_more_than_a_second_ahead_of_the_walk() {
        let (count, behind) = simulated(Depth::Auto, true, 33, 100);
        assert!(behind <= Duration::from_secs(1), "{behind:?}");
        // 200 pictures in 6.6 s leave room for 66 walks of 100 ms.
        assert!((60..80).contains(&count), "{count}");
    }
}
