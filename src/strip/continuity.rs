//! Which frames of a source are missing, came twice, or came in another order.

use alloc::collections::BTreeMap;
use core::mem;
use core::ops::RangeInclusive;

use super::identity::Identity;

/// Most ranges of missing frames that are known; when there are more, the oldest is lost for good.
const MOST_RANGES: usize = 1 << 12;

/// Follows the numbers of frames. A frame that is missing is lost until it comes, out of order.
///
/// ```
/// use mjpeg::strip::{Continuity, Identity, Place};
///
/// let frame = |number| Identity { time_us: 0, number, source: 7 };
/// let mut numbers = Continuity::default();
/// assert_eq!(numbers.push(&frame(1)), Place::First);
/// assert_eq!(numbers.push(&frame(2)), Place::Next);
/// assert_eq!(numbers.push(&frame(2)), Place::Doubled);
/// assert_eq!(numbers.push(&frame(6)), Place::Behind(3..=5));
/// assert_eq!(numbers.push(&frame(4)), Place::Reordered);
/// assert_eq!((numbers.lost(), numbers.doubled(), numbers.reordered()), (2, 1, 1));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Continuity {
    source: Option<Source>,
    /// Nobody watched since the last frame.
    is_interrupted: bool,
    frames: u64,
    doubled: u64,
    reordered: u64,
    sources: u64,
    /// Frames that earlier sources lost, and those of ranges that are not known any more.
    lost_for_good: u64,
    /// Frames that may still come: the first and the last of each range, by the count from the source's first frame.
    missing: BTreeMap<i64, i64>,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    id: u16,
    /// The number of its first frame here.
    first: u32,
    /// The newest frame, counted from the first.
    newest: i64,
}

/// Where a frame comes in the order of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is the first frame of its source here, or behind an interruption.
    First,
    /// It follows the newest frame.
    Next,
    /// It follows the newest frame, and the frames with these numbers are missing. The range wraps around if the first
    /// number is larger than the last one.
    Behind(RangeInclusive<u32>),
    /// It came before.
    Doubled,
    /// It comes behind a later one.
    Reordered,
}

impl Continuity {
    /// Takes the next frame. A frame of another source starts a new count.
    pub fn push(&mut self, frame: &Identity) -> Place {
        self.frames += 1;
        let is_interrupted = mem::take(&mut self.is_interrupted);
        let Some(source) = self.source.as_mut().filter(|source| source.id == frame.source) else {
            self.lost_for_good = self.lost();
            self.missing.clear();
            self.sources += 1;
            self.source = Some(Source { id: frame.source, first: frame.number, newest: 0 });
            return Place::First;
        };
        // Numbers wrap around, so only the distance to the newest one counts.
        let newest = source.first.wrapping_add(source.newest as u32);
        let distance = i64::from(frame.number.wrapping_sub(newest) as i32);
        let at = source.newest + distance;
        if distance > 0 {
            let first_missing = source.newest + 1;
            source.newest = at;
            if is_interrupted {
                return Place::First;
            }
            if distance == 1 {
                return Place::Next;
            }
            self.miss(first_missing, at - 1);
            return Place::Behind(newest.wrapping_add(1)..=frame.number.wrapping_sub(1));
        }
        if self.fill(at) || at < 0 {
            self.reordered += 1;
            return Place::Reordered;
        }
        self.doubled += 1;
        Place::Doubled
    }

    /// Nobody watched between the last frame and the next one: frames between them are not missing.
    ///
    /// ```
    /// use mjpeg::strip::{Continuity, Identity, Place};
    ///
    /// let frame = |number| Identity { time_us: 0, number, source: 7 };
    /// let mut numbers = Continuity::default();
    /// numbers.push(&frame(1));
    /// numbers.interrupt();
    /// assert_eq!(numbers.push(&frame(60)), Place::First);
    /// assert_eq!(numbers.push(&frame(62)), Place::Behind(61..=61));
    /// assert_eq!((numbers.lost(), numbers.sources()), (1, 1));
    /// ```
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    fn miss(&mut self, first: i64, last: i64) {
        self.missing.insert(first, last);
        if self.missing.len() > MOST_RANGES
            && let Some((first, last)) = self.missing.pop_first()
        {
            self.lost_for_good += last.abs_diff(first) + 1;
        }
    }

    /// A frame came after all. Returns whether it was missing.
    fn fill(&mut self, at: i64) -> bool {
        let range = self.missing.range(..=at).next_back().map(|(&first, &last)| (first, last));
        let Some((first, last)) = range.filter(|&(_, last)| at <= last) else { return false };
        self.missing.remove(&first);
        if first < at {
            self.missing.insert(first, at - 1);
        }
        if at < last {
            self.missing.insert(at + 1, last);
        }
        true
    }

    /// The frames that came.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The frames that did not come, although later ones of the same source did.
    pub fn lost(&self) -> u64 {
        let missing = self.missing.iter().map(|(first, last)| last.abs_diff(*first) + 1);
        self.lost_for_good + missing.sum::<u64>()
    }

    /// The frames that came again.
    pub fn doubled(&self) -> u64 {
        self.doubled
    }

    /// The frames that came behind a later one.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// The sources, one after the other: 1 unless the source started again or was exchanged.
    pub fn sources(&self) -> u64 {
        self.sources
    }

    /// The numbers of the missing frames of the last source, as far as they are known.
    pub fn missing(&self) -> impl Iterator<Item = RangeInclusive<u32>> + '_ {
        let first = self.source.map_or(0, |source| source.first);
        let number = move |at: i64| first.wrapping_add(at as u32);
        self.missing.iter().map(move |(&first, &last)| number(first)..=number(last))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::vec;
    use std::vec::Vec;

    use super::*;

    fn frame(source: u16, number: u32) -> Identity {
        Identity { time_us: 0, number, source }
    }

    fn all(numbers: &[u32]) -> (Continuity, Vec<Place>) {
        let mut continuity = Continuity::default();
        let places = numbers.iter().map(|&number| continuity.push(&frame(1, number))).collect();
        (continuity, places)
    }

    #[test]
    fn a_frame_is_missing_until_it_comes() {
        let (continuity, places) = all(&[10, 15, 12, 12, 9]);
        use Place::{Behind, Doubled, First, Reordered};
        assert_eq!(places, [First, Behind(11..=14), Reordered, Doubled, Reordered]);
        assert_eq!(continuity.missing().collect::<Vec<_>>(), [11..=11, 13..=14]);
        assert_eq!((continuity.frames(), continuity.lost()), (5, 3));
    }

    #[test]
    fn numbers_wrap_around() {
        let (continuity, places) = all(&[u32::MAX - 1, u32::MAX, 2, 0]);
        assert_eq!(places, [Place::First, Place::Next, Place::Behind(0..=1), Place::Reordered]);
        assert_eq!(continuity.missing().collect::<Vec<_>>(), [1..=1]);
    }

    #[test]
    fn another_source_begins_anew() {
        let mut continuity = Continuity::default();
        let places: Vec<_> = [(1, 5), (1, 7), (2, 1), (2, 2)]
            .map(|(source, number)| continuity.push(&frame(source, number)))
            .into();
        assert_eq!(places, [Place::First, Place::Behind(6..=6), Place::First, Place::Next]);
        assert_eq!((continuity.lost(), continuity.sources()), (1, 2));
    }

    #[test]
    fn memory_is_bounded_and_the_count_stays_right() {
        let numbers: Vec<u32> = (0..20_000).map(|n| n * 2).collect();
        let (continuity, _) = all(&numbers);
        assert_eq!((continuity.lost(), continuity.missing().count()), (19_999, MOST_RANGES));
    }

    /// A naive oracle over sets.
    #[test]
    fn the_counts_are_those_of_sets() {
        let mut state = 3_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for _ in 0..200 {
            let mut numbers = vec![1000];
            for _ in 0..100 {
                let newest = *numbers.iter().max().unwrap();
                numbers.push(match random(4) {
                    0 => newest + random(5),
                    1 => newest.saturating_sub(random(20)).max(1000),
                    _ => newest + 1,
                });
            }
            let (continuity, _) = all(&numbers);
            let came: HashSet<u32> = numbers.iter().copied().collect();
            let range = 1000..=*numbers.iter().max().unwrap();
            assert_eq!(continuity.lost(), range.filter(|n| !came.contains(n)).count() as u64);
            assert_eq!(continuity.doubled(), (numbers.len() - came.len()) as u64);
        }
    }
}
