//! Lost data that a camera or a relay concealed before it encoded the picture.

use core::fmt;

use super::level::eighths;
use crate::jpeg::{BlockMeans, ScanMeans};

/// How far a mean may be from that of the colour, in eighths of a grey level.
const NEAR: i32 = 4 * 8;
/// Less than this share of the height is no lower part.
const SMALLEST_PERCENT: usize = 12;

/// The lower part of a picture that has one colour, without detail: that of samples that a decoder never got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Concealment {
    /// Which one.
    pub colour: LostColour,
    /// How much of the height, in percent.
    pub percent: u8,
}

/// The colours of missing data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostColour {
    /// Missing coefficients: mid-grey, as libjpeg leaves them.
    Grey,
    /// Missing samples: zeros in all components, as a cleared buffer has them.
    Green,
}

/// Levels of Y, Cb and Cr. Zeros that went through RGB come back as (0, 135, 0).
const COLOURS: [(LostColour, [f64; 3]); 3] = [
    (LostColour::Grey, [128.0, 128.0, 128.0]),
    (LostColour::Green, [0.0, 0.0, 0.0]),
    (LostColour::Green, [79.0, 83.0, 72.0]),
];

impl Concealment {
    /// In a picture that has luminance, by its means.
    pub(super) fn of(means: &BlockMeans) -> Option<Self> {
        COLOURS.iter().find_map(|&(colour, levels)| {
            // A picture of one component has no green.
            let has_chrominance =
                means.scans().flat_map(|scan| scan.blocks().iter()).any(|it| it.component > 0);
            if colour == LostColour::Green && !has_chrominance {
                return None;
            }
            let share = |scan: ScanMeans<'_>| last_mcus(&scan, &levels) * 100 / scan.mcus().len().max(1);
            let percent = means.scans().map(share).min().unwrap_or_default();
            let is_lower_part = (SMALLEST_PERCENT..100).contains(&percent) && lacks_detail(means, percent);
            is_lower_part.then_some(Self { colour, percent: percent as u8 })
        })
    }
}

/// The MCUs before the end of the scan that have this colour.
fn last_mcus(scan: &ScanMeans<'_>, levels: &[f64; 3]) -> usize {
    let blocks = scan.blocks();
    let is_lost = |mcu: &&[i16]| {
        mcu.iter().zip(blocks).all(|(&level, block)| {
            let expected = levels.get(usize::from(block.component)).map_or(0, |&level| eighths(level));
            (i32::from(level) * i32::from(block.scale) - expected).abs() <= NEAR
        })
    };
    scan.mcus().rev().take_while(is_lost).count()
}

/// Whether the lower part has no AC coefficients, which the details show for a picture of one scan.
fn lacks_detail(means: &BlockMeans, percent: usize) -> bool {
    let details = means.details();
    let mut scans = means.scans();
    let (Some(scan), None) = (scans.next(), scans.next()) else { return true };
    // Those of a progressive picture come in another order than the MCUs.
    if details.len() != scan.mcus().len() {
        return true;
    }
    // Concealed data that was encoded again rings a little.
    let lower = &details[details.len() - details.len() * percent / 100..];
    lower.iter().filter(|&&detail| detail != 0).count() * 50 <= lower.len()
}

impl fmt::Display for Concealment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colour = match self.colour {
            LostColour::Grey => "grey",
            LostColour::Green => "green",
        };
        write!(f, "the lower {} % of the picture are {colour} without detail", self.percent)
    }
}
