//! Which good frames are written.

use std::time::Duration;

use crate::value::Rate;

/// The rules of the command line.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Good frames at the start that are left out.
    pub skip: u64,
    /// Every Nth good frame behind those, at least 1.
    pub every: u64,
    /// At most this many frames per second.
    pub rate: Option<Rate>,
    /// What to do with a frame that is byte for byte the last written one.
    pub repeats: Repeats,
}

/// What to do with repeated frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// They are written.
    Write,
    /// They are counted only (`--on-change`).
    Count,
}

/// What happens to a good frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It is written.
    Write,
    /// It is left out by `--skip`, `--every` or `--fps`.
    LeaveOut,
    /// It is the last written frame again.
    Repeated,
}

/// The rules with what they must remember.
#[derive(Debug)]
pub struct Selection {
    rules: Rules,
    /// Good frames of this connection so far.
    good: u64,
    /// The number of the interval of `--fps` in which the last frame was written.
    slot: Option<u64>,
    last: Option<Vec<u8>>,
}

impl Selection {
    /// A selection that has seen nothing.
    pub fn new(rules: Rules) -> Self {
        Self { rules, good: 0, slot: None, last: None }
    }

    /// The stream was opened again: the camera warms up again.
    pub fn restart(&mut self) {
        self.good = 0;
    }

    /// Decides about the next good frame, which came `arrival` after the first byte of the stream.
    pub fn choose(&mut self, jpeg: &[u8], arrival: Option<Duration>) -> Choice {
        let number = self.good;
        self.good += 1;
        let is_nth = number.checked_sub(self.rules.skip).is_some_and(|n| n.is_multiple_of(self.rules.every));
        let slot = self.rules.rate.zip(arrival).map(|(rate, at)| (at.as_secs_f64() * rate.fps()) as u64);
        if !is_nth || slot.is_some() && slot == self.slot {
            return Choice::LeaveOut;
        }
        if self.rules.repeats == Repeats::Count {
            let last = self.last.get_or_insert_default();
            if !last.is_empty() && last == jpeg {
                return Choice::Repeated;
            }
            last.clear();
            last.extend_from_slice(jpeg);
        }
        self.slot = slot;
        Choice::Write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Rules = Rules { skip: 0, every: 1, rate: None, repeats: Repeats::Write };

    /// The numbers of the frames that are written. Frame n comes at n x 100 ms with the content `jpegs[n]`.
    fn written(rules: Rules, jpegs: &[u8]) -> Vec<usize> {
        let mut selection = Selection::new(rules);
        let is_written = |(n, jpeg): (usize, &u8)| {
            let arrival = Duration::from_millis(100 * n as u64 + 1);
            (selection.choose(&[*jpeg], Some(arrival)) == Choice::Write).then_some(n)
        };
        jpegs.iter().enumerate().filter_map(is_written).collect()
    }

    #[test]
    fn frames_are_skipped_then_thinned_then_compared() {
        let different: Vec<u8> = (0..10).collect();
        assert_eq!(written(ALL, &different).len(), 10);
        assert_eq!(written(Rules { skip: 3, every: 4, ..ALL }, &different), [3, 7]);
        let rate = |fps: &str| Rules { rate: Some(fps.parse().unwrap()), ..ALL };
        assert_eq!(written(rate("5"), &different), [0, 2, 4, 6, 8]);
        assert_eq!(written(rate("4"), &different), [0, 3, 5, 8]);
        assert_eq!(written(rate("100"), &different).len(), 10);
        let on_change = Rules { repeats: Repeats::Count, ..ALL };
        assert_eq!(written(on_change, b"aaabbac"), [0, 3, 5, 6]);
        let mut selection = Selection::new(Rules { skip: 2, ..ALL });
        let mut choices =
            || (0..3).map(|_| selection.choose(b"x", None) == Choice::Write).collect::<Vec<_>>();
        assert_eq!(choices(), [false, false, true]);
        assert_eq!(choices(), [true; 3]);
        selection.restart();
        let again: Vec<_> = (0..3).map(|_| selection.choose(b"x", None) == Choice::Write).collect();
        assert_eq!(again, [false, false, true]);
        // A frame that is left out does not count as the last one.
        assert_eq!(written(Rules { every: 2, ..on_change }, b"abacb"), [0, 4]);
    }
}
