//! What one picture shows.

use super::colour::Colour;
use super::concealment::Concealment;
use super::level::eighths;
use crate::jpeg::{BlockMeans, ScanMeans};

/// A block whose mean is below this has almost no brighter pixels: a tenth of the range, as for FFmpeg's
/// `blackdetect` (`pixel_black_th` 0.10 of 255, rounded).
const BLACK: i32 = eighths(25.5);
/// A block whose mean is above this is white.
const WHITE: i32 = eighths(245.0);
/// This share of the blocks must be black: `picture_black_ratio_th` of `blackdetect`.
const BLACK_PERCENT: usize = 98;
/// Of an over-exposed picture, more is still visible: its shadows.
const WHITE_PERCENT: usize = 80;
/// This share of the blocks of a flat picture is near its mean; a clock in a corner does not count.
const FLAT_PERCENT: usize = 98;
/// How near, in eighths of a grey level.
const FLAT: i32 = 8 * 8;
/// One of so many MCUs that are kept is looked at first. Most pictures are none of all this, which shows there.
const SAMPLE: usize = 13;
/// So many blocks of the sample may be different from what all allow: small pictures have few.
const SAMPLE_MARGIN: usize = 4;
/// More entropy-coded data, on average for each block, is texture, whatever the means are.
const FLAT_BITS: usize = 24;

/// What one picture shows.
///
/// ```
/// use mjpeg::check::{Colour, Look};
/// use mjpeg::jpeg::Checker;
///
/// let mut checker = Checker::new().with_sampled_means(Look::MCUS);
/// checker.check(include_bytes!("../../../fixtures/jpeg/420.jpg"));
/// let look = Look::of(checker.means().unwrap(), Colour::Luminance);
/// assert_eq!(look, Look::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Look {
    /// At least 98 % of it is black.
    pub is_black: bool,
    /// At least 80 % of it is white.
    pub is_overexposed: bool,
    /// It has one brightness and no texture, and is neither black nor over-exposed.
    pub is_flat: bool,
    /// Its lower part has the colour of lost data.
    pub concealment: Option<Concealment>,
}

impl Look {
    /// The means of so many MCUs are enough to tell what a picture shows, and whether it changes:
    /// [`Checker::with_sampled_means`](crate::jpeg::Checker::with_sampled_means).
    pub const MCUS: usize = 1024;

    /// By the means of the blocks. Of colours without luminance nothing is known.
    pub fn of(means: &BlockMeans, colour: Colour) -> Self {
        let Some((scan, luminance)) = luminance(means).filter(|_| colour == Colour::Luminance) else {
            return Self::default();
        };
        let mut look = Self {
            is_black: luminance.has_share(&scan, BLACK_PERCENT, |level| level < BLACK),
            is_overexposed: luminance.has_share(&scan, WHITE_PERCENT, |level| level > WHITE),
            ..Self::default()
        };
        let has_texture = means.entropy_coded_bytes() * 8 > means.all_blocks() * FLAT_BITS;
        if !look.is_black && !look.is_overexposed && !has_texture {
            let middle = luminance.mean(&scan, SAMPLE);
            let is_near = |level: i32| (level - middle).abs() <= FLAT;
            look.is_flat = luminance.has_share(&scan, FLAT_PERCENT, is_near);
        }
        look.concealment = Concealment::of(means).filter(|_| !look.is_flat);
        look
    }
}

/// The blocks of luminance in the MCUs of a scan: the first ones.
struct Luminance {
    blocks: usize,
    scale: i32,
}

fn luminance(means: &BlockMeans) -> Option<(ScanMeans<'_>, Luminance)> {
    means.scans().find_map(|scan| {
        let blocks = scan.blocks();
        let first = blocks.first().filter(|block| block.component == 0)?;
        let count = blocks.iter().take_while(|block| block.component == 0).count();
        Some((scan, Luminance { blocks: count, scale: first.scale.into() }))
    })
}

impl Luminance {
    /// The mean of one of `step` MCUs.
    fn mean(&self, scan: &ScanMeans<'_>, step: usize) -> i32 {
        let (mut sum, mut count) = (0_i64, 0);
        for mcu in scan.mcus().step_by(step) {
            sum += mcu[..self.blocks].iter().map(|&level| i64::from(level)).sum::<i64>();
            count += self.blocks as i64;
        }
        (sum * i64::from(self.scale) / count.max(1)) as i32
    }

    /// Whether this share of the blocks fulfils a condition: first in a sample, which may miss it by twice as much.
    fn has_share(&self, scan: &ScanMeans<'_>, percent: usize, fulfils: impl Fn(i32) -> bool) -> bool {
        let others = |step| {
            let (mut others, mut count) = (0, 0);
            for mcu in scan.mcus().step_by(step) {
                let levels = mcu[..self.blocks].iter();
                others += levels.filter(|&&level| !fulfils(i32::from(level) * self.scale)).count();
                count += self.blocks;
            }
            (others, count)
        };
        let (in_sample, sample) = others(SAMPLE);
        if in_sample > SAMPLE_MARGIN + 2 * sample * (100 - percent) / 100 {
            return false;
        }
        let (others, count) = others(1);
        others * 100 <= count * (100 - percent)
    }
}
