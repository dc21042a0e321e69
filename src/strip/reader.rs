//! The strip of a picture that has the size at which it was drawn.

use super::grid::Grid;
use super::identity::{BOXES, Identity};
use crate::jpeg::{RowMeans, TopRows};

/// Eight times the difference of brightness that black and white must have at least.
const LEAST_CONTRAST: i32 = 8 * 48;

/// Reads the strips of JPEG pictures, from the DC coefficients of their first lines.
///
/// It keeps its buffers: for a stream, one for all frames.
#[derive(Debug, Default)]
pub struct Reader {
    top: TopRows,
    /// The lines of the strip in the picture before.
    lines: u16,
}

impl Reader {
    /// A reader.
    pub fn new() -> Self {
        Self::default()
    }

    /// The identity of a picture. `None` if it has no strip, if the strip is damaged, or if the picture was scaled.
    pub fn read(&mut self, jpeg: &[u8]) -> Option<Identity> {
        // The size is known only then; pictures of a stream have the same size.
        let rows = self.top.read(jpeg, self.lines)?;
        let grid = Grid::new(rows.width, rows.height)?;
        if grid.height() > self.lines {
            self.lines = grid.height();
            return identity(&self.top.read(jpeg, self.lines)?, grid);
        }
        self.lines = grid.height();
        identity(&rows, grid)
    }
}

fn identity(rows: &RowMeans<'_>, grid: Grid) -> Option<Identity> {
    let side = u32::from(grid.side);
    // Boxes of whole blocks only.
    if side % rows.block_width != 0 || side % rows.block_height != 0 {
        return None;
    }
    let (wide, high) = ((side / rows.block_width) as usize, (side / rows.block_height) as usize);
    let mut light = [0; BOXES];
    for (light, (x, y)) in light.iter_mut().zip(grid.places()) {
        let column = (u32::from(x) / rows.block_width) as usize;
        let row = (u32::from(y) / rows.block_height) as usize;
        let blocks =
            (row..row + high).flat_map(|row| (column..column + wide).map(move |column| (column, row)));
        let mut sum = 0;
        for (column, row) in blocks {
            sum += rows.mean(column, row)?;
        }
        *light = sum / (wide * high).max(1) as i32;
    }
    Identity::of_light(&light, LEAST_CONTRAST)
}
