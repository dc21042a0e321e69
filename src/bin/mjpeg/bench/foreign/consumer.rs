//! What a consumer sees that reads a stream in blocks: computed from when the bytes came.

use std::time::Duration;

use super::trace::{End, Part, Read};
use super::verdict;
use crate::bench::verdict::Verdict;

/// What a read of n bytes returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Reads {
    /// Exactly n bytes: it waits for them, as `fread` and `BufferedReader.read` do.
    Fill,
    /// What is there, n bytes at most, and a shorter read is taken for the end.
    Short,
}

impl Reads {
    /// The name in text and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Short => "short",
        }
    }
}

/// One row: a consumer with one size of blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What its reads return.
    pub reads: Reads,
    /// The size of its blocks.
    pub block: u64,
    /// What the stream is for it.
    pub verdict: Verdict,
    /// Frames that it sees.
    pub frames: u64,
    /// The largest gap between two of them, or before the first one if that is larger: blocks that hold many frames show it late.
    pub gap_max: Option<Duration>,
    /// The gaps between them.
    pub gaps: Vec<Duration>,
    /// How much later it sees a frame than its last byte came: the median.
    pub delay_p50: Option<Duration>,
}

/// The measurement that a consumer is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// The reads.
    pub reads: &'a [Read],
    /// The frames.
    pub parts: &'a [Part],
    /// How the response ended.
    pub end: Option<(Duration, End)>,
    /// The length of the measurement.
    pub length: Duration,
    /// The time between two frames.
    pub interval: Duration,
}

impl Arrived<'_> {
    /// What a consumer sees.
    pub fn seen(&self, reads: Reads, block: u64) -> Seen {
        let (times, end) = match reads {
            Reads::Fill => (self.filling(block), self.end),
            Reads::Short => self.until_short_read(block),
        };
        let mut delays: Vec<Duration> =
            times.iter().zip(self.parts).map(|(&at, part)| at.saturating_sub(part.at)).collect();
        delays.sort_unstable();
        let delay_p50 = delays.get(delays.len().saturating_sub(1) / 2).copied();
        let is_late = delay_p50.is_some_and(|delay| delay >= self.interval / 2);
        let wait = times.first().zip(self.parts.first()).map(|(first, part)| first.saturating_sub(part.at));
        let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let gap_max = gaps.iter().copied().chain(wait.filter(|wait| !wait.is_zero())).max();
        let verdict = match verdict::verdict(&times, end, self.length, self.interval, is_late) {
            // All at once.
            Verdict::Late if gap_max.is_some_and(|gap| gap >= verdict::burst(self.interval)) => {
                Verdict::Bursts
            }
            verdict => verdict,
        };
        Seen { reads, block, verdict, frames: times.len() as u64, gap_max, gaps, delay_p50 }
    }

    /// A frame is seen when the block with its last byte is full, or when the response ends.
    fn filling(&self, block: u64) -> Vec<Duration> {
        let at_end = self.end.map(|(at, _)| at);
        self.parts
            .iter()
            .map_while(|part| {
                let full = part.end.div_ceil(block).saturating_mul(block);
                let at = self.reads.partition_point(|read| read.end < full);
                self.reads.get(at).map(|read| read.at).or(at_end)
            })
            .collect()
    }

    /// The consumer reads whenever bytes are there. The first read that is shorter than its block is its last one.
    fn until_short_read(&self, block: u64) -> (Vec<Duration>, Option<(Duration, End)>) {
        let mut from = 0;
        for read in self.reads {
            if (read.end - from) % block != 0 {
                let seen = self.parts.iter().take_while(|part| part.end <= read.end);
                return (seen.map(|part| part.at).collect(), Some((read.at, End::Framed)));
            }
            from = read.end;
        }
        (self.parts.iter().map(|part| part.at).collect(), self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_block_is_seen_when_it_is_full_and_a_short_read_ends_the_stream() {
        // Forty parts of 1000 bytes, each whole, every 100 ms.
        let parts: Vec<Part> = (0..40)
            .map(|n| Part { start: n * 1000 + 40, end: n * 1000 + 998, at: ms(n * 100), stamp: None })
            .collect();
        let reads: Vec<Read> = (0..40).map(|n| Read { at: ms(n * 100), end: n * 1000 + 1000 }).collect();
        let arrived =
            Arrived { reads: &reads, parts: &parts, end: None, length: ms(4000), interval: ms(100) };
        let row = |reads, block| {
            let seen = arrived.seen(reads, block);
            (seen.verdict, seen.frames, seen.gap_max.map(|gap| gap.as_millis()))
        };
        // A block that ends with each part, or within its last bytes, delays nothing.
        assert_eq!(row(Reads::Fill, 1000), (Verdict::Streams, 40, Some(100)));
        // The end of most parts waits for the next one.
        assert_eq!(row(Reads::Fill, 999), (Verdict::Late, 39, Some(200)));
        assert_eq!(row(Reads::Fill, 5000), (Verdict::Bursts, 40, Some(500)));
        assert_eq!(row(Reads::Fill, 1 << 20), (Verdict::Nothing, 0, None));
        // One block, in which all frames come at once.
        assert_eq!(row(Reads::Fill, 40_000), (Verdict::Bursts, 40, Some(3900)));
        assert_eq!(row(Reads::Short, 999), (Verdict::Ends, 1, None));
        assert_eq!(row(Reads::Short, 500), (Verdict::Streams, 40, Some(100)));
        assert_eq!(row(Reads::Short, 1 << 20), (Verdict::Ends, 1, None));
    }
}
