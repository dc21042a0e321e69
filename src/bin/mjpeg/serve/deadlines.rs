//! When to continue with a stream or a connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What continues at a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timed {
    /// The stream with this index.
    Stream(usize),
    /// The connection with this number.
    Connection(usize),
}

/// Deadlines, the earliest first. A deadline that no longer holds stays until it expires: the caller compares it with
/// the state of its stream or connection.
#[derive(Debug, Default)]
pub struct Deadlines {
    heap: BinaryHeap<Reverse<(Duration, Timed)>>,
}

impl Deadlines {
    /// Adds a deadline.
    pub fn push(&mut self, at: Duration, timed: Timed) {
        self.heap.push(Reverse((at, timed)));
    }

    /// The earliest deadline.
    pub fn first(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Removes and returns the earliest deadline, if it has expired.
    pub fn pop(&mut self, now: Duration) -> Option<(Duration, Timed)> {
        let Reverse((at, timed)) = self.heap.peek().copied()?;
        if now < at {
            return None;
        }
        self.heap.pop();
        Some((at, timed))
    }

    /// How many deadlines there are.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Removes the deadlines for which `holds` returns false.
    pub fn retain(&mut self, mut holds: impl FnMut(Duration, Timed) -> bool) {
        self.heap.retain(|Reverse((at, timed))| holds(*at, *timed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_expire_in_order() {
        let ms = Duration::from_millis;
        let mut deadlines = Deadlines::default();
        for (at, timed) in [(30, Timed::Stream(0)), (10, Timed::Connection(7)), (20, Timed::Connection(7))] {
            deadlines.push(ms(at), timed);
        }
        assert_eq!((deadlines.first(), deadlines.pop(ms(9))), (Some(ms(10)), None));
        assert_eq!(deadlines.pop(ms(25)), Some((ms(10), Timed::Connection(7))));
        assert_eq!(deadlines.pop(ms(25)), Some((ms(20), Timed::Connection(7))));
        assert_eq!(deadlines.pop(ms(25)), None);
        deadlines.retain(|_, timed| timed != Timed::Stream(0));
        assert_eq!(deadlines.len(), 0);
    }
}
