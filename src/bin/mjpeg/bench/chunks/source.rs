//! The file-like object that a pump reads: an endless stream whose frames become due one by one.

use super::cell::ReadRule;
use super::frame_timer::{FrameTimer, Wait};
use super::parts::{Parts, Sequence};

/// Reads parts by one rule. Each read blocks until the frames it needs are due.
#[derive(Debug)]
pub struct Source<'a> {
    parts: &'a Parts,
    timer: FrameTimer,
    rule: ReadRule,
    /// The current part.
    number: u64,
    /// Bytes of the current part that were read.
    offset: usize,
}

impl<'a> Source<'a> {
    /// A source at its first byte.
    pub fn new(parts: &'a Parts, timer: FrameTimer, rule: ReadRule) -> Self {
        Self { parts, timer, rule, number: 0, offset: 0 }
    }

    /// The most bytes that a read of `n` bytes can return, or copy before the measurement ends: `frames` are due.
    pub fn longest_read(sequence: &Sequence, rule: ReadRule, n: u64, frames: u64) -> u64 {
        match rule {
            ReadRule::Part => sequence.max(),
            ReadRule::Short => n.min(sequence.max()),
            ReadRule::Fill => n.min(sequence.max().saturating_mul(frames)),
        }
    }

    /// Reads `n` bytes into `out`, which must hold [`Source::longest_read`] bytes. Returns how many were read, or `None` if
    /// the measurement ended first.
    pub fn read(&mut self, n: usize, out: &mut [u8]) -> Option<usize> {
        match self.rule {
            ReadRule::Part => self.read_within(usize::MAX, out),
            ReadRule::Short => self.read_within(n, out),
            ReadRule::Fill => {
                let mut filled = 0;
                while filled < n {
                    filled += self.read_within(n - filled, &mut out[filled..])?;
                }
                Some(filled)
            }
        }
    }

    /// Reads at most `n` bytes of one part.
    fn read_within(&mut self, n: usize, out: &mut [u8]) -> Option<usize> {
        if self.offset == 0 && self.timer.wait(self.number) == Wait::Over {
            return None;
        }
        let rest = &self.parts.bytes(self.number)[self.offset..];
        let len = n.min(rest.len());
        out[..len].copy_from_slice(&rest[..len]);
        self.offset += len;
        if len == rest.len() {
            (self.number, self.offset) = (self.number + 1, 0);
        }
        Some(len)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::frame_timer::Halt;
    use super::super::schedule::Schedule;
    use super::*;
    use crate::clock::Clock;
    use crate::signal::Stop;

    /// Lengths and times (in frames) of the reads of `n(overhead)` bytes. The parts have `overhead` bytes more than their
    /// pictures of 60 and 40 bytes.
    fn reads(rule: ReadRule, n: impl Fn(usize) -> usize) -> Vec<(usize, u32)> {
        let parts = Parts::new(&[vec![1; 60], vec![2; 40]]).unwrap();
        let overhead = parts.bytes(0).len() - 60;
        let n = n(overhead);
        let clock = Clock::simulated();
        let schedule = Schedule::new(1.0, Duration::from_secs(4));
        let mut source =
            Source::new(&parts, FrameTimer::start(&clock, schedule, &Halt::new(&Stop::default())), rule);
        let longest = Source::longest_read(parts.sequence(), rule, n as u64, schedule.frames_due());
        let mut out = vec![0; longest as usize];
        let mut reads = Vec::new();
        while let Some(len) = source.read(n, &mut out) {
            reads.push((len, clock.now().as_secs() as u32));
        }
        assert_eq!(clock.now(), schedule.duration(), "a read that cannot be filled blocks to the end");
        reads
    }

    #[test]
    fn a_read_by_part_returns_one_whole_part_for_any_n() {
        let overhead = reads(ReadRule::Part, |_| 1)[0].0 - 60;
        let expected = [(60 + overhead, 0), (40 + overhead, 1), (60 + overhead, 2), (40 + overhead, 3)];
        assert_eq!(reads(ReadRule::Part, |_| 1), expected);
        assert_eq!(reads(ReadRule::Part, |_| 1 << 20), expected);
    }

    #[test]
    fn a_short_read_is_short_at_the_end_of_each_part() {
        let lengths = reads(ReadRule::Short, |overhead| overhead + 50);
        let overhead = reads(ReadRule::Part, |_| 1)[0].0 - 60;
        let n = overhead + 50;
        assert_eq!(lengths, [(n, 0), (10, 0), (n - 10, 1), (n, 2), (10, 2), (n - 10, 3)]);
    }

    #[test]
    fn a_filling_read_waits_for_the_part_that_fills_it() {
        let overhead = reads(ReadRule::Part, |_| 1)[0].0 - 60;
        let n = overhead + 70;
        // Each of two reads needs the next part. The last part does not fill a third read.
        assert_eq!(reads(ReadRule::Fill, |overhead| overhead + 70)[..2], [(n, 1), (n, 2)]);
    }
}
