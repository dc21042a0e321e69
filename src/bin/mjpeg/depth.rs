//! Which pictures have their entropy-coded data read.

use std::time::Duration;

use clap::Args;

/// A picture of a live stream is read if this process is less than this behind the stream. A walk takes much less
/// than the rest of a second, so that the process never falls a second behind.
const LONGEST_DELAY: Duration = Duration::from_millis(500);

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

/// The options of a command that judges streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
#[group(skip)]
pub struct DepthOptions {
    /// Read the entropy-coded data of every picture, even if that falls behind a live stream. By default all pictures
    /// of a file are read, and as many of a live stream as its time allows
    #[arg(long, conflicts_with = "shallow")]
    pub deep: bool,
    /// Read the entropy-coded data of no picture: lost segments, mixed frames and flipped bits are not found, black and still
    /// pictures neither
    #[arg(long)]
    pub shallow: bool,
}

impl DepthOptions {
    /// The depth.
    pub fn depth(self) -> Depth {
        match (self.deep, self.shallow) {
            (true, _) => Depth::Deep,
            (_, true) => Depth::Shallow,
            _ => Depth::Auto,
        }
    }
}

/// Decides for each picture of one stream.
#[derive(Debug)]
pub struct Walks {
    depth: Depth,
    is_live: bool,
    /// The shortest time so far from an arrival to its judgement. Arrivals count from the first byte, so only
    /// the difference to it means something.
    shortest: Option<Duration>,
}

impl Walks {
    /// For a stream of which nothing has been read.
    pub fn new(depth: Depth, is_live: bool) -> Self {
        Self { depth, is_live, shortest: None }
    }

    /// Whether to read the picture that came at `arrival` and is to be judged at `now`.
    pub fn next(&mut self, now: Duration, arrival: Option<Duration>) -> bool {
        let delay = now.saturating_sub(arrival.unwrap_or(now));
        let shortest = self.shortest.map_or(delay, |shortest| shortest.min(delay));
        self.shortest = Some(shortest);
        match self.depth {
            Depth::Deep => true,
            Depth::Shallow => false,
            Depth::Auto => !self.is_live || delay - shortest <= LONGEST_DELAY,
        }
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
            // The clock started a minute before the stream.
            if walks.next(now + Duration::from_secs(60), Some(arrival)) {
                count += 1;
                now += ms(walk);
            }
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
        // A pause of this process is made up for.
        let mut walks = Walks::new(Depth::Auto, true);
        let at = |ms: u64| Duration::from_millis(ms);
        let reads: Vec<bool> = [(0, 1), (30, 1501), (60, 1502), (1520, 1530), (1560, 1570)]
            .into_iter()
            .map(|(arrival, now)| walks.next(at(now), Some(at(arrival))))
            .collect();
        assert_eq!(reads, [true, false, false, true, true]);
    }
}
