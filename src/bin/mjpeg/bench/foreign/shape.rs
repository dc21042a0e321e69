//! What the arrival of the bytes says about the server: whether frames leave whole, in blocks of a size, or without their ends.

use std::time::Duration;

use mjpeg::stats::Batches;

use super::block::{self, MOST, PROOF, SMALLEST};
use super::send::{Send, flow, pause, sends};
use super::trace::{Part, Read};

/// With at least this share of the time in which bytes come, pauses are chance.
pub const FLOWS: f64 = 0.5;
/// A frame has at least so many pieces, if it comes in pieces.
const PIECES: u64 = 8;

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
    /// Sends end inside a part: this many bytes of a frame wait for the next frame (median).
    Tails {
        /// Bytes that wait.
        bytes: u64,
    },
    /// Each frame comes in pieces of this many bytes (median), over time, and is complete before the next one.
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
    /// Frames that are completed by one send, of the sends that complete any.
    pub frames_per_send: Batches,
    /// The share of frames whose last bytes came later than the others.
    pub torn: f64,
    /// The share of the time in which bytes came without a pause.
    pub flow: f64,
    /// The time between two frames.
    pub interval: Duration,
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
        let mut frames_per_send = Batches::default();
        let counts = inner.iter().map(completed).filter(|&count| count > 0);
        counts.for_each(|count| frames_per_send.push(count as f64));
        let mut tails: Vec<u64> = inner.iter().filter_map(|send| tail(send, parts)).collect();
        let mut sizes: Vec<u64> = inner.iter().map(|send| send.end - send.start).collect();
        let whole = inner.len() - tails.len();
        let flow = flow(reads, interval);
        let torn = parts.iter().filter(|part| is_torn(part, &sends)).count();
        // Pieces may be closer together than the sends of a slow stream.
        let sending = if let Some(bytes) = pieces(&super::send::sends(reads, Duration::ZERO), parts) {
            Sending::Pieces { bytes }
        } else if inner.len() < PROOF || flow >= FLOWS && whole * 2 < inner.len() {
            block::of_chunks(chunks, parts).map_or(Sending::Unknown, |bytes| Sending::Blocks { bytes })
        } else if whole as f64 >= MOST * inner.len() as f64 {
            Sending::Whole
        } else if let Some(bytes) = block::of_chunks(chunks, parts).or_else(|| block::of_sends(&sizes, parts))
        {
            Sending::Blocks { bytes }
        } else if wait_for_the_next(&sends, parts) {
            Sending::Tails { bytes: median(&mut tails) }
        } else {
            Sending::Pieces { bytes: median(&mut sizes) }
        };
        let torn = if parts.is_empty() { 0.0 } else { torn as f64 / parts.len() as f64 };
        Self { sends: sends.len(), sending, frames_per_send, torn, flow, interval }
    }

    /// Frames that are completed by one send, on average.
    pub fn at_once(&self) -> f64 {
        self.frames_per_send.mean().unwrap_or(0.0)
    }
}

/// Whether more sends are needed to say how the server sends, and may still come: `now` is the time.
pub fn is_too_short(
    reads: &[Read],
    parts: &[Part],
    chunks: &[u64],
    interval: Duration,
    now: Duration,
) -> bool {
    let shape = Shape::of(reads, parts, chunks, interval);
    // Bytes without a pause do not show it, however long they come.
    if shape.sending != Sending::Unknown || shape.flow >= FLOWS {
        return false;
    }
    let pause = pause(interval);
    let gaps = reads.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at));
    let longest = gaps.filter(|gap| *gap >= pause).max();
    let silence = reads.last().map_or(Duration::ZERO, |last| now.saturating_sub(last.at));
    longest.is_none_or(|longest| silence <= longest * 2 + interval)
}

/// The size of the pieces of a stream that drips: far smaller than its parts, or than a block if no part came.
fn pieces(sends: &[Send], parts: &[Part]) -> Option<u64> {
    let mut sizes: Vec<u64> = sends.iter().map(|send| send.end - send.start).collect();
    sizes.sort_unstable();
    let median = *sizes.get(sizes.len() / 2)?;
    let smallest = parts.iter().map(|part| part.end - part.start).min().unwrap_or(u64::MAX);
    (sizes.len() > PROOF * 2 && median < SMALLEST && median.saturating_mul(PIECES) <= smallest)
        .then_some(median)
}

/// Whether most of the frames that are torn are torn once, and their last bytes come together with bytes of the next one. A slow link
/// and a busy machine tear them anywhere.
fn wait_for_the_next(sends: &[Send], parts: &[Part]) -> bool {
    let (mut torn, mut once, mut waits) = (0, 0, 0);
    for pair in parts.windows(2) {
        let (part, next) = (&pair[0], &pair[1]);
        let cuts = sends.iter().filter(|send| part.start < send.end && send.end < part.end).count();
        let with_its_end = sends.iter().find(|send| (send.start..send.end).contains(&(part.end - 1)));
        torn += usize::from(cuts > 0);
        once += usize::from(cuts == 1);
        waits += usize::from(cuts > 0 && with_its_end.is_some_and(|send| send.end > next.start));
    }
    once as f64 >= MOST * torn as f64 && waits * 2 >= torn
}

fn median(bytes: &mut [u64]) -> u64 {
    bytes.sort_unstable();
    bytes.get(bytes.len() / 2).copied().unwrap_or(0)
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
        // Halves of each part, 40 ms apart: nothing waits for the next part.
        let (whole, parts) = scripted(&lengths, None);
        let halves: Vec<Read> = whole
            .iter()
            .flat_map(|read| {
                [Read { end: read.end - 2000, ..*read }, Read { at: read.at + ms(40), end: read.end }]
            })
            .collect();
        assert!(matches!(Shape::of(&halves, &parts, &[], ms(100)).sending, Sending::Pieces { .. }));
        // A link that is as slow as the stream, and pauses now and then.
        let link: Vec<Read> =
            (1..300).map(|n| Read { at: ms(n * 20 + n * n % 17), end: n * 1000 + n * n % 700 }).collect();
        assert!(matches!(Shape::of(&link, &parts, &[], ms(100)).sending, Sending::Pieces { .. }));
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
    fn bytes_that_come_without_a_pause_do_not_show_how_they_are_sent() {
        let (_, parts) = scripted(&[5_011, 4_700, 6_301, 5_555], None);
        let reads: Vec<Read> = (0..6000).map(|n| Read { at: ms(n), end: (n + 1) * 54 }).collect();
        let shape = Shape::of(&reads, &parts, &[], ms(100));
        assert!(shape.sending == Sending::Unknown && shape.flow > 0.99, "{shape:?}");
        let (reads, parts) = scripted(&[5_011], None);
        assert_eq!(Shape::of(&reads, &parts, &[], ms(100)).flow, 0.0);
    }

    #[test]
    fn a_few_sends_are_too_few_unless_the_stream_has_stopped_or_flows() {
        // 11 kB at 10 fps fill blocks of 256 KiB once in 2.4 s.
        let (reads, parts) = scripted(&[11_011, 10_700, 11_301], Some(1 << 18));
        let of = |reads: &[Read], now| is_too_short(reads, &parts, &[], ms(100), ms(now));
        assert_eq!(reads.len(), 2, "in 6 s");
        assert!(of(&reads[..1], 4000) && of(&reads[..1], 20_000) && of(&reads, 6000));
        let silent = reads[1].at.as_millis() as u64 + 6000;
        assert!(!of(&reads, silent), "no block for twice the time of one");
        let (whole, _) = scripted(&[11_011, 10_700, 11_301], None);
        assert!(of(&whole[..4], 400) && !of(&whole[..8], 800));
        let flowing: Vec<Read> = (0..4000).map(|n| Read { at: ms(n), end: (n + 1) * 54 }).collect();
        assert!(!of(&flowing, 4000));
        // Chunks of one size say it although they come together.
        assert!(!is_too_short(&reads[..1], &parts, &[65_536; 20], ms(100), ms(4000)));
    }

    #[test]
    fn large_blocks_complete_several_frames() {
        let (reads, parts) = scripted(&[5_011, 4_700, 6_301, 5_555], Some(16_384));
        let shape = Shape::of(&reads, &parts, &[], ms(100));
        assert!((2.5..3.5).contains(&shape.at_once()), "{shape:?}");
    }
}
