//! Where the boxes are.

use super::identity::BOXES;

/// Boxes side by side.
pub(super) const COLUMNS: usize = 36;
/// Rows of boxes.
pub(super) const ROWS: usize = BOXES / COLUMNS;

/// The boxes of the strip in a picture of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Pixels that a box is wide and high: a multiple of 8.
    pub side: u16,
}

impl Grid {
    /// The smallest picture with a strip: so many pixels per line, and so many lines.
    pub const SMALLEST: (u16, u16) = (COLUMNS as u16 * 8, ROWS as u16 * 16);

    /// The strip of a picture with these pixels per line and lines: the largest that fits into the width and takes at
    /// most half of the height. `None` if the picture is smaller than [`Grid::SMALLEST`].
    pub fn new(width: u16, height: u16) -> Option<Self> {
        let boxes = (width / Self::SMALLEST.0).min(height / Self::SMALLEST.1);
        (boxes > 0).then_some(Self { side: boxes * 8 })
    }

    /// Pixels that the strip is wide.
    pub fn width(self) -> u16 {
        self.side * COLUMNS as u16
    }

    /// Lines of the strip.
    pub fn height(self) -> u16 {
        self.side * ROWS as u16
    }

    /// For each box, row by row, its left and upper pixel.
    pub fn places(self) -> impl Iterator<Item = (u16, u16)> {
        (0..BOXES).map(move |n| ((n % COLUMNS) as u16 * self.side, (n / COLUMNS) as u16 * self.side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_grow_with_the_picture() {
        let side = |width, height| Grid::new(width, height).map(|grid| grid.side);
        assert_eq!([side(287, 240), side(288, 63)], [None, None]);
        assert_eq!([side(288, 64), side(320, 240), side(640, 480)], [Some(8), Some(8), Some(16)]);
        assert_eq!([side(1920, 1080), side(3840, 2160), side(3840, 120)], [Some(48), Some(104), Some(8)]);
        assert_eq!(side(65535, 65535), Some(1816));
    }

    #[test]
    fn the_boxes_fill_the_strip() {
        let grid = Grid::new(640, 480).unwrap();
        assert_eq!((grid.width(), grid.height()), (576, 64));
        let places: std::vec::Vec<_> = grid.places().collect();
        assert_eq!((places[0], places[1], places[36], places[143]), ((0, 0), (16, 0), (0, 16), (560, 48)));
    }
}
