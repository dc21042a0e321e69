//! The strip of a picture that was scaled.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::grid::{COLUMNS, ROWS};
use super::identity::{BOXES, Identity};

/// The difference of brightness that black and white must have at least.
const LEAST_CONTRAST: i32 = 48;

/// The factor between two sizes of boxes that are tried. The last box is then looked for at most a sixth of its side away
/// from its place.
const STEP: f32 = 1.0 + 1.0 / (3 * COLUMNS) as f32;

/// The heights of a box beside its width that are tried if the picture was not scaled evenly. Rows are few, so a coarse
/// look is enough.
const RATIOS: [f32; 14] =
    [0.5, 0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375, 1.0625, 1.125, 1.25, 1.375, 1.5, 1.75];

/// Finds the strips of pictures from their pixels, at any scale at which a box has at least three pixels.
///
/// The scale of the picture before is tried first, and all scales only if the strip is not found there.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    /// The width and height of a box in the picture before.
    last: Option<(f32, f32)>,
}

/// The grey pixels of a picture, row by row.
#[derive(Debug, Clone, Copy)]
struct Pixels<'p> {
    grey: &'p [u8],
    width: usize,
    height: usize,
}

impl Finder {
    /// A finder.
    pub fn new() -> Self {
        Self::default()
    }

    /// The identity of a picture of so many pixels per line, which has these grey pixels, row by row. `None` if there is
    /// no strip.
    pub fn find(&mut self, grey: &[u8], width: usize) -> Option<Identity> {
        let pixels = Pixels { grey, width, height: grey.len().checked_div(width)? };
        if let Some((x, y)) = self.last
            && let Some(identity) = pixels.identity(x, y)
        {
            return Some(identity);
        }
        // Drawn at full size, a box took between 1/72 and 1/36 of the width, or less in a picture of little height.
        let widths = sizes(pixels.width as f32 / COLUMNS as f32, pixels.width as f32 / (2 * COLUMNS) as f32);
        let scaled_evenly = widths.clone().map(|x| (x, x));
        let unevenly = widths.flat_map(|x| RATIOS.map(|ratio| (x, x * ratio)));
        let sums = Sums::new(pixels);
        let (x, y, identity) =
            scaled_evenly.chain(unevenly).find_map(|(x, y)| Some((x, y, sums.identity(x, y)?)))?;
        self.last = Some((x, y));
        Some(identity)
    }
}

/// The sizes to try, from the largest to the smallest.
fn sizes(largest: f32, smallest: f32) -> impl Iterator<Item = f32> + Clone {
    core::iter::successors(Some(largest), |size| Some(size / STEP))
        .take_while(move |&size| size * STEP >= smallest && size >= 3.0)
}

impl Pixels<'_> {
    /// The identity in boxes of this width and height.
    fn identity(self, x: f32, y: f32) -> Option<Identity> {
        let sum = |columns: &Range<usize>, rows: &Range<usize>| {
            let mut sum = 0_u32;
            for row in rows.clone() {
                let line = self.grey.get(row * self.width..)?.get(columns.clone())?;
                sum = line.iter().fold(sum, |sum, &pixel| sum.wrapping_add(u32::from(pixel)));
            }
            Some(sum)
        };
        identity((self.width, self.height), (x, y), sum)
    }
}

/// The sums of the pixels above and left of each pixel, modulo 2^32: with them, the pixels of any box are added up by
/// three additions, so that many sizes can be tried.
#[derive(Debug)]
struct Sums {
    sums: Vec<u32>,
    width: usize,
    height: usize,
}

impl Sums {
    /// Those of the lines that a strip may take.
    fn new(pixels: Pixels<'_>) -> Self {
        let Pixels { grey, width, height } = pixels;
        let most = RATIOS[RATIOS.len() - 1] * (ROWS * width) as f32 / COLUMNS as f32;
        let lines = height.min(most as usize + ROWS);
        let mut sums = vec![0_u32; (width + 1) * (lines + 1)];
        for (line, pixels) in grey.chunks_exact(width).take(lines).enumerate() {
            let (above, below) = sums.split_at_mut((line + 1) * (width + 1));
            let above = &above[line * (width + 1)..];
            let mut sum = 0_u32;
            for (n, &pixel) in pixels.iter().enumerate() {
                sum = sum.wrapping_add(u32::from(pixel));
                below[n + 1] = above[n + 1].wrapping_add(sum);
            }
        }
        Self { sums, width, height }
    }

    /// The identity in boxes of this width and height.
    fn identity(&self, x: f32, y: f32) -> Option<Identity> {
        let sum = |columns: &Range<usize>, rows: &Range<usize>| {
            let of = |row: usize| {
                let line = self.sums.get(row * (self.width + 1)..)?;
                Some(line.get(columns.end)?.wrapping_sub(*line.get(columns.start)?))
            };
            Some(of(rows.end)?.wrapping_sub(of(rows.start)?))
        };
        identity((self.width, self.height), (x, y), sum)
    }
}

/// The identity in boxes of this width and height, in a picture of this width and height. `sum` adds up the pixels of
/// some columns and rows.
fn identity(
    (width, height): (usize, usize),
    (x, y): (f32, f32),
    sum: impl Fn(&Range<usize>, &Range<usize>) -> Option<u32>,
) -> Option<Identity> {
    if x * COLUMNS as f32 > width as f32 + 0.5 || y * ROWS as f32 > height as f32 + 0.5 {
        return None;
    }
    let columns: [_; COLUMNS] = core::array::from_fn(|n| middle(n, x));
    let rows: [_; ROWS] = core::array::from_fn(|n| middle(n, y));
    let mut light = [0; BOXES];
    for (n, light) in light.iter_mut().enumerate() {
        let (columns, rows) = (&columns[n % COLUMNS], &rows[n / COLUMNS]);
        *light = (sum(columns, rows)? / (columns.len() * rows.len()) as u32) as i32;
    }
    Identity::of_light(&light, LEAST_CONTRAST)
}

/// The pixels in the middle of the box with this number in its row or column.
fn middle(n: usize, length: f32) -> Range<usize> {
    let start = n as f32 * length;
    let first = (start + length * 0.3) as usize;
    first..((start + length * 0.7) as usize).max(first) + 1
}

#[cfg(test)]
mod tests {
    use super::super::Grid;
    use super::*;

    const IDENTITY: Identity = Identity { time_us: 1_767_225_600_123_456, number: 4711, source: 42 };

    /// A picture with a strip over grey noise.
    fn drawn(width: usize, height: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let mut grey: Vec<_> = (0..width * height).map(|_| noise()).collect();
        let grid = Grid::new(width as u16, height as u16).unwrap();
        for ((x, y), is_white) in grid.places().zip(IDENTITY.boxes()) {
            for line in 0..usize::from(grid.side) {
                let at = (usize::from(y) + line) * width + usize::from(x);
                grey[at..at + usize::from(grid.side)].fill(if is_white { 235 } else { 16 });
            }
        }
        grey
    }

    /// The picture at another size: each pixel is the mean of those that it covers.
    fn scaled(grey: &[u8], (width, height): (usize, usize), (wide, high): (usize, usize)) -> Vec<u8> {
        let covered = |n: usize, from: usize, to: usize| n * from / to..((n + 1) * from).div_ceil(to);
        let mean = |x: usize, y: usize| {
            let (columns, rows) = (covered(x, width, wide), covered(y, height, high));
            let sum: usize = rows
                .clone()
                .flat_map(|y| columns.clone().map(move |x| usize::from(grey[y * width + x])))
                .sum();
            (sum / (columns.len() * rows.len())) as u8
        };
        (0..wide * high).map(|n| mean(n % wide, n / wide)).collect()
    }

    #[test]
    fn a_strip_is_found_at_any_scale() {
        for (width, height) in [(320, 240), (640, 480), (575, 400), (1280, 720)] {
            let grey = drawn(width, height);
            for percent in [100, 83, 71, 55, 40, 133] {
                let size = (width * percent / 100, height * percent / 100);
                let small = scaled(&grey, (width, height), size);
                let found = Finder::new().find(&small, size.0);
                assert_eq!(found, Some(IDENTITY), "{width}x{height} at {percent} %");
            }
        }
    }

    #[test]
    fn sums_say_what_the_pixels_say() {
        let (width, height) = (400, 300);
        let grey = scaled(&drawn(640, 480), (640, 480), (width, height));
        let pixels = Pixels { grey: &grey, width, height };
        let sums = Sums::new(pixels);
        let mut found = 0;
        for x in sizes(12.0, 3.0) {
            for y in RATIOS.map(|ratio| ratio * x).into_iter().chain([x, x * 40.0]) {
                assert_eq!(sums.identity(x, y), pixels.identity(x, y), "{x} {y}");
                found += u32::from(sums.identity(x, y).is_some());
            }
        }
        assert!(found > 0);
    }

    #[test]
    fn a_strip_is_found_if_the_picture_was_scaled_unevenly() {
        let grey = drawn(640, 480);
        let mut finder = Finder::new();
        for size in [(640, 360), (480, 480), (320, 400)] {
            let small = scaled(&grey, (640, 480), size);
            assert_eq!(finder.find(&small, size.0), Some(IDENTITY), "{size:?}");
            // And again, at once.
            assert_eq!(finder.find(&small, size.0), Some(IDENTITY), "{size:?}");
        }
    }

    #[test]
    fn pictures_without_a_strip_have_no_identity() {
        let mut finder = Finder::new();
        let mut grey = drawn(640, 480);
        // One box is lost.
        grey.chunks_exact_mut(640).take(16).for_each(|line| line[32..48].fill(126));
        assert_eq!(finder.find(&grey, 640), None);
        for (grey, width) in
            [(vec![], 0), (vec![], 640), (vec![0; 100], 100), (vec![255; 640 * 480], 640), (vec![9; 3], 1)]
        {
            assert_eq!(finder.find(&grey, width), None);
        }
    }
}
