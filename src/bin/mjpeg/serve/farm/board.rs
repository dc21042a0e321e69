//! The board: the pictures that were drawn last, and who waits for which.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::tray::Tray;
use crate::source::picture::Picture;

/// Most pictures on the board.
pub const KEPT: usize = 256;

/// The pictures by the number of their step. Two maps, since the event loop waits while the board changes.
#[derive(Debug, Default)]
pub struct Board {
    pictures: BTreeMap<u64, Option<Picture>>,
    waiting: BTreeMap<u64, Vec<Arc<Tray>>>,
    /// The steps on the board in the order in which they were drawn. Not by their numbers: slow cameras order steps far ahead,
    /// and a clock may be set back.
    drawn: VecDeque<u64>,
}

/// What leaves the board when a picture comes.
#[derive(Debug)]
pub struct Left {
    /// The trays that wait for the picture.
    pub waiting: Vec<Arc<Tray>>,
    /// The picture that was drawn first, if there are too many.
    pub oldest: Option<Picture>,
}

impl Board {
    /// The picture of a step, if it is on the board; `Some(None)` if it could not be drawn.
    pub fn picture(&self, step: u64) -> Option<&Option<Picture>> {
        self.pictures.get(&step)
    }

    /// Those who wait for a step. If there are none, nobody has ordered it.
    pub fn waiting(&mut self, step: u64) -> &mut Vec<Arc<Tray>> {
        self.waiting.entry(step).or_default()
    }

    /// Adds a picture that was drawn.
    pub fn put(&mut self, step: u64, picture: Option<Picture>) -> Left {
        if self.pictures.insert(step, picture).is_none() {
            self.drawn.push_back(step);
        }
        let oldest = if self.drawn.len() > KEPT { self.drawn.pop_front() } else { None };
        let oldest = oldest.and_then(|oldest| self.pictures.remove(&oldest)).flatten();
        Left { waiting: self.waiting.remove(&step).unwrap_or_default(), oldest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_that_was_drawn_first_leaves() {
        let mut board = Board::default();
        // Each step is before the one drawn last, as after a clock was set back.
        let steps = || (0..2 * KEPT as u64).rev();
        for step in steps() {
            board.put(step, None);
            assert!(board.picture(step).is_some(), "{step}");
        }
        let kept: Vec<u64> = steps().filter(|step| board.picture(*step).is_some()).collect();
        assert_eq!(kept, steps().skip(KEPT).collect::<Vec<_>>());
        assert_eq!((board.pictures.len(), board.drawn.len(), board.waiting.len()), (KEPT, KEPT, 0));
    }
}
