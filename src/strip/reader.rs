//! The strip of a picture that has the size at which it was drawn.

use super::grid::{COLUMNS, Grid};
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
    /// The lines of the strip in the picture before; 0 if it had none.
    lines: u16,
}

impl Reader {
    /// A reader.
    pub fn new() -> Self {
        Self::default()
    }

    /// The identity of a picture. `None` if it has no strip, if the strip is damaged, or if the picture was scaled.
    ///
    /// Most pictures without a strip are refused after their first line of blocks.
    pub fn read(&mut self, jpeg: &[u8]) -> Option<Identity> {
        // Pictures of a stream are alike: with a strip in the one before, this one is read at once.
        let rows = self.top.read(jpeg, self.lines)?;
        let grid = Grid::new(rows.width, rows.height)?;
        let identity = if grid.height() <= self.lines {
            identity(&rows, grid)
        } else if may_start(&rows, grid) {
            identity(&self.top.read(jpeg, grid.height())?, grid)
        } else {
            None
        };
        self.lines = if identity.is_some() { grid.height() } else { 0 };
        identity
    }
}

/// Whether the first line of blocks may be the top of a strip: each box in it is clearly dark or clearly bright, or there is
/// little difference between them, as if all were of one kind.
fn may_start(rows: &RowMeans<'_>, grid: Grid) -> bool {
    let side = u32::from(grid.side);
    if side % rows.block_width != 0 || side % rows.block_height != 0 {
        return false;
    }
    let wide = (side / rows.block_width) as usize;
    let mut light = [0; COLUMNS];
    for (box_number, light) in light.iter_mut().enumerate() {
        for column in box_number * wide..(box_number + 1) * wide {
            let Some(mean) = rows.mean(column, 0) else { return false };
            *light += mean;
        }
        *light /= wide.max(1) as i32;
    }
    let (dark, bright) = light.iter().fold((i32::MAX, i32::MIN), |(low, high), &l| (low.min(l), high.max(l)));
    let range = bright - dark;
    // Less is refused here than by all boxes, whose extremes may be others.
    range < LEAST_CONTRAST || light.iter().all(|light| !(9..11).contains(&((light - dark) * 20 / range)))
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
        let mut sum = 0;
        for row in row..row + high {
            for column in column..column + wide {
                sum += rows.mean(column, row)?;
            }
        }
        *light = sum / (wide * high).max(1) as i32;
    }
    Identity::of_light(&light, LEAST_CONTRAST)
}
