//! The first lines of a picture, at an eighth of its size.

use alloc::vec::Vec;

use super::checker::Checker;
use super::damage::{Damage, DamageKind};
use super::layout;
use super::picture::Picture;
use super::plan::{Pass, ScanPlan};
use super::structure::Answer;
use crate::jpeg::frame::FrameHeader;
use crate::jpeg::segment::Segment;

/// Reads the first lines of pictures: the mean of each block of 8 by 8 samples of the first component, which is the
/// luminance in all pictures but those of RGB. It reads no more of the entropy-coded data than it needs, and computes no
/// pixels. What follows these lines may be damaged.
///
/// It keeps its tables and buffers: for a stream, one for all frames.
///
/// ```
/// use mjpeg::jpeg::TopRows;
///
/// let mut top = TopRows::new();
/// let rows = top.read(include_bytes!("../../../fixtures/jpeg/grey.jpg"), 16).unwrap();
/// // Eight times the distance of the mean from mid-grey.
/// assert!(rows.mean(0, 0).unwrap().abs() <= 8 * 128);
/// assert_eq!(rows.mean(0, 2), None);
/// ```
#[derive(Debug)]
pub struct TopRows {
    checker: Checker,
    means: Vec<i16>,
}

/// The means of the blocks in the first lines of a picture.
#[derive(Debug, Clone, Copy)]
pub struct RowMeans<'t> {
    /// The picture's samples per line.
    pub width: u16,
    /// The picture's lines.
    pub height: u16,
    /// Pixels that a block is wide: 8, or a multiple if the component has fewer samples than others.
    pub block_width: u32,
    /// Pixels that a block is high.
    pub block_height: u32,
    wide: usize,
    means: &'t [i16],
}

/// The scan that has the first component, and where its blocks are.
struct Place {
    frame: FrameHeader,
    height: u16,
    /// Blocks of the first component in an MCU: how many side by side, how many rows.
    horizontal: usize,
    vertical: usize,
    mcus_wide: usize,
    /// Pixels that a block is wide and high.
    block: (u32, u32),
}

impl TopRows {
    /// A reader.
    pub fn new() -> Self {
        Self { checker: Checker::new().with_means(), means: Vec::new() }
    }

    /// Reads at least the first `lines` lines of a picture, or all of it if it has fewer. `None` if they are damaged, or
    /// if it is a picture that the [`Checker`] does not read, or of 12 bits.
    pub fn read(&mut self, jpeg: &[u8], lines: u16) -> Option<RowMeans<'_>> {
        let mut place = None;
        self.checker.forget();
        // The walk over the segments ends with the scan that has the first component.
        let _: Answer = Answer::read(jpeg, 0..0, &mut Picture::new(), |picture, segment, plan| {
            let end = Damage { kind: DamageKind::Cut, at: segment.at, scan: None, mcu: None };
            let is_wanted =
                plan.components().first() == Some(&0) && plan.pass != Pass::RefineDc && plan.has_dc_table();
            if !is_wanted || plan.frame.precision != 8 {
                return Err(end);
            }
            let found = Place::new(plan, picture.height);
            let mut plan = *plan;
            let rows = u32::from(lines).div_ceil(found.block.1).div_ceil(found.vertical as u32).max(1);
            let mcus = rows.saturating_mul(found.mcus_wide as u32);
            let whole = plan.layout.mcus;
            let is_partial = mcus < whole;
            plan.layout.mcus = mcus.min(plan.layout.mcus);
            // More data than the first lines need is expected.
            let mut is_read =
                |segment: &Segment<'_>| match self.checker.read_scan(jpeg, picture, segment, &plan) {
                    Ok(None) => true,
                    Err(Damage { kind: DamageKind::Long(_), .. }) => is_partial,
                    Ok(Some(_)) | Err(_) => false,
                };
            // The data is copied before it is read: so much of it holds the first lines of most pictures.
            let share = lines_share(segment.entropy_coded.len(), mcus, whole);
            let is_short = share < segment.entropy_coded.len() && plan.pass == Pass::Sequential;
            let mut start = segment.clone();
            start.entropy_coded.end = start.entropy_coded.start + share;
            if (is_short && is_read(&start)) || is_read(segment) {
                place = Some(found);
            }
            Err(end)
        });
        let place = place?;
        let means = self.checker.means.as_ref().filter(|means| means.is_started())?;
        let scan = means.scans().next()?;
        let scale = i32::from(scan.blocks().first()?.scale);
        let (horizontal, vertical) = (place.horizontal, place.vertical);
        let wide = place.mcus_wide * horizontal;
        self.means.clear();
        let mcus = scan.mcus();
        self.means.resize(mcus.len() / place.mcus_wide.max(1) * vertical * wide, 0);
        // The place of the MCU's first block, counted along: four divisions for each would cost more than the rest.
        let (mut column, mut row) = (0, 0);
        for levels in mcus {
            for (line, levels) in levels.chunks(horizontal.max(1)).take(vertical).enumerate() {
                let at = (row + line) * wide + column;
                for (mean, &level) in self.means.iter_mut().skip(at).zip(levels) {
                    let level = i32::from(level) * scale;
                    *mean = level.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
                }
            }
            column += horizontal;
            if column >= wide {
                (column, row) = (0, row + vertical);
            }
        }
        Some(RowMeans {
            width: place.frame.width,
            height: place.height,
            block_width: place.block.0,
            block_height: place.block.1,
            wide,
            means: &self.means,
        })
    }
}

/// Bytes that hold so many of all MCUs, unless the first ones have twice as much detail as the others.
fn lines_share(bytes: usize, mcus: u32, whole: u32) -> usize {
    let share = bytes as u128 * 2 * u128::from(mcus) / u128::from(whole.max(1)) + 2048;
    usize::try_from(share).unwrap_or(bytes).min(bytes)
}

impl Default for TopRows {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    fn new(plan: &ScanPlan, height: u16) -> Self {
        let (frame, components) = (plan.frame, plan.frame.components());
        let first = components.first().copied().unwrap_or_default();
        let largest =
            |factor: fn(&crate::jpeg::FrameComponent) -> u8| components.iter().map(factor).max().unwrap_or(1);
        // A component with half the samples has blocks that are twice as wide.
        let pixels = |most: u8, own: u8| 8 * u32::from(most) / u32::from(own.max(1));
        let block = (
            pixels(largest(|c| c.horizontal), first.horizontal),
            pixels(largest(|c| c.vertical), first.vertical),
        );
        // T.81 A.2.2: a scan of one component has one block in an MCU.
        let is_alone = plan.components().len() == 1;
        let (horizontal, vertical) = if is_alone { (1, 1) } else { (first.horizontal, first.vertical) };
        let (mcus_wide, _) =
            if is_alone { layout::blocks(&frame, height, 0) } else { layout::mcus(&frame, height) };
        let [horizontal, vertical] = [horizontal, vertical].map(usize::from);
        Self { frame, height, horizontal, vertical, mcus_wide: mcus_wide as usize, block }
    }
}

impl RowMeans<'_> {
    /// Eight times the distance from mid-grey of the mean of the block in this column and row; `None` where no block is.
    #[inline]
    pub fn mean(&self, column: usize, row: usize) -> Option<i32> {
        if column >= self.wide {
            return None;
        }
        self.means.get(row.checked_mul(self.wide)?.checked_add(column)?).map(|&mean| mean.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The means of the luminance of all blocks, as the checker keeps them, row by row.
    fn all(jpeg: &[u8], horizontal: usize, vertical: usize, mcus_wide: usize) -> Vec<Vec<i32>> {
        let mut checker = Checker::new().with_means();
        checker.check(jpeg);
        let scan = checker.means().unwrap().scans().next().unwrap();
        let scale = i32::from(scan.blocks()[0].scale);
        let mcus: Vec<_> = scan.mcus().collect();
        let rows = mcus.len() / mcus_wide * vertical;
        (0..rows)
            .map(|row| {
                let mean = |column: usize| {
                    let mcu = mcus[row / vertical * mcus_wide + column / horizontal];
                    i32::from(mcu[row % vertical * horizontal + column % horizontal]) * scale
                };
                (0..mcus_wide * horizontal).map(mean).collect()
            })
            .collect()
    }

    #[test]
    fn the_first_lines_are_those_of_the_whole_picture() {
        let jpeg: &[u8] = include_bytes!("../../../fixtures/jpeg/420.jpg");
        let mut top = TopRows::new();
        let mcus_wide = usize::from(top.read(jpeg, 1).unwrap().width).div_ceil(16);
        let expected = all(jpeg, 2, 2, mcus_wide);
        for lines in [0, 1, 16, 17, 33, 10_000] {
            let rows = top.read(jpeg, lines).unwrap();
            assert_eq!((rows.block_width, rows.block_height), (8, 8));
            let read = expected.iter().enumerate().take_while(|(row, _)| rows.mean(0, *row).is_some());
            let read: Vec<_> = read.collect();
            assert!(read.len() * 8 >= usize::from(lines.min(rows.height)), "{lines}");
            for (row, line) in read {
                let found = (0..line.len()).map(|column| rows.mean(column, row).unwrap());
                assert!(found.eq(line.iter().copied()), "{lines} lines, row {row}");
                assert_eq!(rows.mean(line.len(), row), None);
            }
        }
    }

    #[test]
    fn what_follows_the_first_lines_may_be_lost() {
        let jpeg: &[u8] = include_bytes!("../../../fixtures/jpeg/420.jpg");
        let mut top = TopRows::new();
        assert!(top.read(&jpeg[..jpeg.len() / 2], 16).is_some());
        assert!(top.read(&jpeg[..jpeg.len() / 2], u16::MAX).is_none());
        assert!(top.read(&jpeg[..100], 16).is_none());
        assert!(top.read(b"", 16).is_none());
        // It can be used again.
        assert!(top.read(jpeg, 16).is_some());
    }
}
