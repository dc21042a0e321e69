//! What the arrival of the bytes says about the server: whether frames leave whole, in blocks of a size, or without their ends.

use std::time::Duration;

use super::trace::{End, Part, Read};
use crate::bench::verdict::Verdict;

/// Reads that are closer together than this belong together, whatever the rate of the frames is.
const TOGETHER: Duration = Duration::from_millis(2);
/// The smallest block: common divisors below it are chance.
const SMALLEST_BLOCK: u64 = 512;
/// Sends that show a block size.
const PROOF: usize = 4;
/// A frame has at least so many pieces, if it comes in pieces.
const PIECES: u64 = 8;
/// The most numbers of bytes that are tried as a block.
const CANDIDATES: usize = 2000;
/// The share of sends that must agree.
const MOST: f64 = 0.8;

/// How the server sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sending {
    /// Each send ends with a part.
    Whole,
    /// Sends are multiples of this many bytes, across parts.
    Blocks {
        /// The block.
        bytes: u64,
    },
    /// Sends end inside a part: this many bytes of a frame wait for the next send (median).
    Tails {
        /// Bytes that wait.
        bytes: u64,
    },
    /// Each frame comes in many small pieces of this many bytes (median), over time.
    Pieces {
        /// Bytes of a piece.
        bytes: u64,
    },
    /// Too few sends to say.
    Unknown,
}

/// The result of looking at a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Bytes that came together.
    pub sends: usize,
    /// How the server sends.
    pub sending: Sending,
    /// Frames that are completed by one send, on average over the sends that complete any.
    pub frames_per_send: f64,
    /// The share of frames whose last bytes came later than the others.
    pub torn: f64,
    /// The time between two frames.
    pub interval: Duration,
}

/// Bytes that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send {
    start: u64,
    end: u64,
}

/// Groups reads into sends. `interval`: the time between two frames.
pub fn sends(reads: &[Read], interval: Duration) -> Vec<Send> {
    let pause = TOGETHER.max(interval / 8);
    let mut sends: Vec<Send> = Vec::new();
    let mut last = None;
    for read in reads {
        let start = sends.last().map_or(0, |send| send.end);
        match (last, sends.last_mut()) {
            (Some(at), Some(send)) if read.at.saturating_sub(at) < pause => send.end = read.end,
            _ => sends.push(Send { start, end: read.end }),
        }
        last = Some(read.at);
    }
    sends
}

impl Shape {
    /// Looks at the reads, the frames and the sizes of the chunks. `interval`: the time between two frames.
    pub fn of(reads: &[Read], parts: &[Part], chunks: &[u64], interval: Duration) -> Self {
        let sends = sends(reads, interval);
        // The first send has the start of the stream, and the last one may be cut by the end of the measurement.
        let inner = sends.get(1..sends.len().saturating_sub(1)).unwrap_or_default();
        let completed = |send: &Send| {
            parts.iter().filter(|part| (send.start..send.end).contains(&(part.end - 1))).count()
        };
        let counts: Vec<usize> = inner.iter().map(completed).filter(|&count| count > 0).collect();
        let frames_per_send = match counts.len() {
            0 => 0.0,
            n => counts.iter().sum::<usize>() as f64 / n as f64,
        };
        let tails: Vec<u64> = inner.iter().filter_map(|send| tail(send, parts)).collect();
        let whole = inner.len() - tails.len();
        let torn = parts.iter().filter(|part| is_torn(part, &sends)).count();
        // Pieces may be closer together than the sends of a slow stream.
        let sending = if let Some(bytes) = pieces(&self::sends(reads, Duration::ZERO), parts) {
            Sending::Pieces { bytes }
        } else if inner.len() < PROOF {
            block_of_chunks(chunks, parts).map_or(Sending::Unknown, |bytes| Sending::Blocks { bytes })
        } else if whole as f64 >= MOST * inner.len() as f64 {
            Sending::Whole
        } else if let Some(bytes) = block_of_chunks(chunks, parts).or_else(|| block_of_sends(inner, parts)) {
            Sending::Blocks { bytes }
        } else {
            let mut tails = tails;
            tails.sort_unstable();
            Sending::Tails { bytes: tails.get(tails.len() / 2).copied().unwrap_or(0) }
        };
        let torn = if parts.is_empty() { 0.0 } else { torn as f64 / parts.len() as f64 };
        Self { sends: sends.len(), sending, frames_per_send, torn, interval }
    }
}

/// The size of the pieces of a stream that drips: far smaller than its parts, or than a block if no part came.
fn pieces(sends: &[Send], parts: &[Part]) -> Option<u64> {
    let mut sizes: Vec<u64> = sends.iter().map(|send| send.end - send.start).collect();
    sizes.sort_unstable();
    let median = *sizes.get(sizes.len() / 2)?;
    let smallest = parts.iter().map(|part| part.end - part.start).min().unwrap_or(u64::MAX);
    (sizes.len() > PROOF * 2 && median < SMALLEST_BLOCK && median.saturating_mul(PIECES) <= smallest)
        .then_some(median)
}

/// The bytes that are missing of the frame in which a send ends.
fn tail(send: &Send, parts: &[Part]) -> Option<u64> {
    let part = parts.iter().find(|part| part.start < send.end && send.end < part.end)?;
    Some(part.end - send.end)
}

/// Whether more than one send has bytes of a frame.
fn is_torn(part: &Part, sends: &[Send]) -> bool {
    sends.iter().any(|send| part.start < send.end && send.end < part.end)
}

/// The size of the chunks, if it is the same for most of them and not that of the parts.
fn block_of_chunks(chunks: &[u64], parts: &[Part]) -> Option<u64> {
    let (&size, rest) = chunks.split_last().map(|(_, rest)| rest)?.split_first()?;
    let same = rest.iter().filter(|&&other| other == size).count() + 1;
    let is_same = chunks.len() > PROOF && same as f64 >= MOST * (chunks.len() - 1) as f64;
    // Equal pictures, each a chunk.
    let is_part = chunks.len().abs_diff(parts.len()) <= 1;
    (is_same && !is_part && size >= SMALLEST_BLOCK).then_some(size)
}

/// The greatest number of bytes of which the sends are multiples. On a busy machine the bytes of one send may be read with a pause
/// between them, which makes two of it.
fn block_of_sends(sends: &[Send], parts: &[Part]) -> Option<u64> {
    let sizes: Vec<u64> = sends.iter().map(|send| send.end - send.start).collect();
    let divisors = sizes.windows(2).map(|pair| gcd(pair[0], pair[1]));
    let mut candidates: Vec<u64> =
        divisors.chain(sizes.iter().copied()).filter(|&it| it > 0).take(CANDIDATES).collect();
    candidates.extend(sizes.iter().copied().reduce(gcd));
    candidates.sort_unstable();
    candidates.dedup();
    let block = candidates.into_iter().rev().find(|&block| is_block(&sizes, block))?;
    // Parts of one size: any server that sends one at a time sends multiples of it.
    let pitch = parts.windows(2).map(|pair| pair[1].start - pair[0].start).reduce(gcd);
    let is_part = pitch.is_some_and(|pitch| pitch >= SMALLEST_BLOCK && block % pitch == 0);
    (block >= SMALLEST_BLOCK && !is_part).then_some(block)
}

/// Whether most sends are multiples of `block`, and each of the others makes one with the next.
fn is_block(sizes: &[u64], block: u64) -> bool {
    let (mut whole, mut rest) = (0, 0);
    for (index, size) in sizes.iter().enumerate() {
        if rest == 0 && size % block == 0 {
            whole += 1;
            continue;
        }
        let is_second = rest != 0;
        rest = (rest + size % block) % block;
        if is_second && rest != 0 && index + 1 < sizes.len() {
            return false;
        }
    }
    whole as f64 >= MOST * sizes.len() as f64
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
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
    // Gaps are whole intervals, except for scheduling delays: 2.95 intervals count as three.
    let three = interval * 3 - interval / 20;
    let longest = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or(first);
    let silence = length.saturating_sub(last);
    if end.is_some() || (silence >= three && silence > longest.max(first) + interval) {
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

    /// Parts of these lengths, of which 40 bytes are head and line end, and the reads of a server that cuts them into blocks:
    /// a block leaves when it is full, and parts are made every 100 ms. Without a block size each part is a read.
    fn scripted(lengths: &[u64], block: Option<u64>) -> (Vec<Read>, Vec<Part>) {
        let (mut reads, mut parts, mut offset, mut sent) = (Vec::new(), Vec::new(), 0, 0);
        for (number, len) in lengths.iter().cycle().take(60).enumerate() {
            let at = ms(number as u64 * 100);
            parts.push(Part { start: offset + 38, end: offset + len - 2, at, stamp: None });
            offset += len;
            let end = block.map_or(offset, |block| offset / block * block);
            if end > sent {
                reads.push(Read { at, end });
                sent = end;
            }
        }
        (reads, parts)
    }

    #[test]
    fn blocks_whole_parts_and_tails_are_told_apart() {
        let lengths = [5_011, 4_700, 6_301, 5_555];
        for (block, expected) in [
            (None, Sending::Whole),
            (Some(1024), Sending::Blocks { bytes: 1024 }),
            (Some(4096), Sending::Blocks { bytes: 4096 }),
            (Some(16_384), Sending::Blocks { bytes: 16_384 }),
        ] {
            let (reads, parts) = scripted(&lengths, block);
            let shape = Shape::of(&reads, &parts, &[], ms(100));
            assert_eq!(shape.sending, expected, "{block:?}");
            assert_eq!(shape.torn > 0.2, block.is_some(), "{block:?}");
        }
        // Most sends of parts that are nearly alike have one size; the others are one block longer.
        let (reads, parts) = scripted(&[45_300, 45_400], Some(4096));
        assert_eq!(Shape::of(&reads, &parts, &[], ms(100)).sending, Sending::Blocks { bytes: 4096 });
        // A busy machine reads a block in two pieces.
        let (mut reads, parts) = scripted(&lengths, Some(16_384));
        let Read { at, end } = reads[3];
        reads.insert(3, Read { at: at - ms(50), end: end - 3072 });
        assert_eq!(Shape::of(&reads, &parts, &[], ms(100)).sending, Sending::Blocks { bytes: 16_384 });
        // The last 700 bytes of each part wait.
        let (mut reads, parts) = scripted(&lengths, None);
        reads.iter_mut().for_each(|read| read.end -= 700);
        let shape = Shape::of(&reads, &parts, &[], ms(100));
        assert_eq!(shape.sending, Sending::Tails { bytes: 698 });
        // So do those of parts of one size.
        let (mut reads, parts) = scripted(&[5_011], None);
        reads.iter_mut().for_each(|read| read.end -= 700);
        assert_eq!(Shape::of(&reads, &parts, &[], ms(100)).sending, Sending::Tails { bytes: 698 });
        // Equal parts are no blocks.
        let (reads, parts) = scripted(&[4096], None);
        assert_eq!(Shape::of(&reads, &parts, &[4096; 60], ms(100)).sending, Sending::Whole);
        // Chunks of one size show the block even if they come too seldom.
        assert_eq!(
            Shape::of(&reads[..2], &parts, &[65_536; 20], ms(100)).sending,
            Sending::Blocks { bytes: 65_536 }
        );
    }

    #[test]
    fn large_blocks_complete_several_frames() {
        let (reads, parts) = scripted(&[5_011, 4_700, 6_301, 5_555], Some(16_384));
        let shape = Shape::of(&reads, &parts, &[], ms(100));
        assert!((2.5..3.5).contains(&shape.frames_per_send), "{shape:?}");
    }

    #[test]
    fn the_word_is_that_of_the_times() {
        let steady: Vec<Duration> = (0..40).map(|n| ms(n * 100)).collect();
        let of = |times: &[Duration], end, is_late| verdict(times, end, ms(4000), ms(100), is_late);
        assert_eq!(of(&steady, None, false), Verdict::Streams);
        assert_eq!(of(&steady, None, true), Verdict::Late);
        assert_eq!(of(&steady[..15], None, false), Verdict::Ends);
        assert_eq!(of(&steady, Some((ms(3900), End::Framed)), false), Verdict::Ends);
        assert_eq!(of(&[], None, false), Verdict::Nothing);
        let bursts: Vec<Duration> = (0..40).map(|n| ms(n / 4 * 400)).collect();
        assert_eq!(of(&bursts, None, false), Verdict::Bursts);
    }
}
