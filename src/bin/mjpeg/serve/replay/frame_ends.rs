//! Where the frames of a capture end: what a scan has found, for all viewers.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most ends that are kept, of 8 bytes each. The frames behind them are not counted.
const MOST: usize = 4 << 20;

/// The ends so far. The thread of the scan adds them, that of the reader looks them up.
#[derive(Debug, Default)]
pub struct FrameEnds(Mutex<Ends>);

#[derive(Debug, Default)]
struct Ends {
    /// Offsets of the capture behind the last byte of each frame, which rise.
    offsets: Vec<u64>,
    is_complete: bool,
}

impl FrameEnds {
    /// A frame ends at this offset of the capture, which is behind the one before.
    pub fn push(&self, end: u64) {
        let mut ends = self.ends();
        if ends.offsets.len() == MOST {
            ends.is_complete = true;
        } else if ends.offsets.last().is_none_or(|last| *last < end) {
            ends.offsets.push(end);
        }
    }

    /// There are no more.
    pub fn complete(&self) {
        self.ends().is_complete = true;
    }

    /// Calls `each` with the ends of the frames whose last byte is in `range`. `false`: they are not known yet.
    pub fn end_in(&self, range: &Range<u64>, mut each: impl FnMut(u64)) -> bool {
        let ends = self.ends();
        if !ends.is_complete && ends.offsets.last().is_none_or(|last| *last < range.end) {
            return false;
        }
        let first = ends.offsets.partition_point(|end| *end <= range.start);
        ends.offsets[first..].iter().take_while(|end| **end <= range.end).for_each(|end| each(*end));
        true
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        // Nothing panics while it holds the lock; if it did, the ends would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends_in(ends: &FrameEnds, range: Range<u64>) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        ends.end_in(&range, |end| found.push(end)).then_some(found)
    }

    #[test]
    fn ends_are_known_up_to_the_last_one_until_the_scan_is_complete() {
        let ends = FrameEnds::default();
        assert_eq!(ends_in(&ends, 0..1), None);
        [10, 20, 20, 30].into_iter().for_each(|end| ends.push(end));
        assert_eq!(ends_in(&ends, 0..9), Some(vec![]));
        assert_eq!(ends_in(&ends, 9..20), Some(vec![10, 20]));
        assert_eq!(ends_in(&ends, 10..30), Some(vec![20, 30]));
        assert_eq!(ends_in(&ends, 20..31), None);
        ends.complete();
        assert_eq!(ends_in(&ends, 20..99), Some(vec![30]));
    }
}
