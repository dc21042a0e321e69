//! The mean of each block, from its DC coefficient, and the amount of detail.

use alloc::vec::Vec;
use core::slice;

use super::layout::MAX_BLOCKS;

/// Most blocks of a picture whose means are kept, 2 MiB of them: 44 million pixels of 4:2:0.
const MOST_BLOCKS: usize = 1 << 20;

/// The mean of each block of a picture, and the amount of detail of each MCU. They come with the entropy walk
/// and show what a picture looks like at an eighth of its size.
///
/// A [`Checker`](super::Checker) that was made by [`Checker::with_means`](super::Checker::with_means) fills it.
///
/// ```
/// use mjpeg::jpeg::Checker;
///
/// let mut checker = Checker::new().with_means();
/// checker.check(include_bytes!("../../../fixtures/jpeg/grey.jpg"));
/// let scan = checker.means().unwrap().scans().next().unwrap();
/// let scale = i32::from(scan.blocks()[0].scale);
/// // Eight times the distance from mid-grey.
/// let means: Vec<i32> = scan.levels().iter().map(|&level| 128 + i32::from(level) * scale / 8).collect();
/// assert!(means.iter().all(|mean| (0..=255).contains(mean)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockMeans {
    scans: [Scan; 4],
    count: usize,
    levels: Vec<i16>,
    details: Vec<u16>,
    entropy_coded_bytes: usize,
}

/// A scan that brings DC coefficients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Scan {
    blocks: [MeanBlock; MAX_BLOCKS],
    count: usize,
    mcus_wide: usize,
    mcus: usize,
    start: usize,
}

/// One block of each MCU of a scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeanBlock {
    /// The index of its component in the frame.
    pub component: u8,
    /// What a level is multiplied by to get eight times the distance of the mean from mid-grey.
    pub scale: u16,
}

/// The means of the blocks of one scan. A picture has one such scan, or one for each component.
#[derive(Debug, Clone, Copy)]
pub struct ScanMeans<'m> {
    scan: &'m Scan,
    levels: &'m [i16],
}

impl BlockMeans {
    /// The scans that bring DC coefficients.
    pub fn scans(&self) -> impl ExactSizeIterator<Item = ScanMeans<'_>> + Clone {
        self.scans[..self.count].iter().map(|scan| ScanMeans {
            scan,
            levels: self.levels.get(scan.start..scan.start + scan.mcus * scan.count).unwrap_or_default(),
        })
    }

    /// For each MCU of a sequential picture, and for each block of a progressive one, a number made from the places and
    /// sizes of its AC coefficients, 0 if there are none. If it changes, the detail changed; if it is equal, the
    /// detail is most often equal too. It does not depend on the Huffman tables.
    pub fn details(&self) -> &[u16] {
        &self.details
    }

    /// The number of blocks, with those that only fill up the last MCUs.
    pub fn blocks(&self) -> usize {
        self.levels.len()
    }

    /// Whether `other` has as many blocks and details of the same components.
    pub fn is_like(&self, other: &Self) -> bool {
        let shape = |means: &Self| (means.count, means.levels.len(), means.details.len());
        let is_equal = |(a, b): (ScanMeans<'_>, ScanMeans<'_>)| {
            let components = a.blocks().iter().map(|block| block.component);
            let rows = (a.scan.mcus_wide, a.scan.mcus) == (b.scan.mcus_wide, b.scan.mcus);
            rows && components.eq(b.blocks().iter().map(|block| block.component))
        };
        shape(self) == shape(other) && self.scans().zip(other.scans()).all(is_equal)
    }

    /// The bytes of the entropy-coded data of all scans.
    pub fn entropy_coded_bytes(&self) -> usize {
        self.entropy_coded_bytes
    }

    /// Counts the entropy-coded data of one scan.
    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.entropy_coded_bytes += bytes;
    }

    /// Whether there is a picture whose means are kept.
    pub(super) fn is_started(&self) -> bool {
        self.count > 0
    }

    /// Forgets the picture.
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.levels.clear();
        self.details.clear();
        self.entropy_coded_bytes = 0;
    }

    /// Makes room for a scan with these blocks in each of its MCUs; forgets a picture that is too large.
    pub(super) fn start(&mut self, blocks: impl Iterator<Item = MeanBlock>, mcus_wide: u32, mcus: u32) {
        let start = self.levels.len();
        let mut scan = Scan { mcus_wide: mcus_wide as usize, mcus: mcus as usize, start, ..Scan::default() };
        for (slot, block) in scan.blocks.iter_mut().zip(blocks) {
            *slot = block;
            scan.count += 1;
        }
        let end = scan.mcus.saturating_mul(scan.count).saturating_add(start);
        let Some(slot) = self.scans.get_mut(self.count).filter(|_| end <= MOST_BLOCKS) else {
            return self.clear();
        };
        *slot = scan;
        self.count += 1;
        self.levels.resize(end, 0);
        self.details.resize(self.details.len() + scan.mcus, 0);
    }

    /// A writer for the MCUs of the last scan from number `first` on.
    pub(super) fn writer(&mut self, first: u32) -> MeanWriter<'_> {
        let last = self.count.checked_sub(1).map(|n| self.scans[n]).unwrap_or_default();
        let levels = self.levels.get_mut(last.start + first as usize * last.count..).unwrap_or_default();
        // The details of the last scan are the last ones.
        let start = self.details.len().saturating_sub(last.mcus);
        let details = self.details.get_mut(start + first as usize..).unwrap_or_default();
        MeanWriter { levels: levels.iter_mut(), details: details.iter_mut(), detail: 0 }
    }

    /// The picture is read. Forgets it unless it is sound. `history`: for each block of a progressive picture, which
    /// coefficients are not zero.
    pub(super) fn finish(&mut self, is_sound: bool, history: &[u64]) {
        if !is_sound {
            self.clear();
        }
        if self.is_started() && !history.is_empty() {
            self.details.clear();
            // The upper bits of the product depend on all bits of the mask.
            let fold = |&mask: &u64| (mask.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u16;
            self.details.extend(history.iter().map(fold));
        }
    }
}

impl<'m> ScanMeans<'m> {
    /// The blocks of each MCU.
    pub fn blocks(&self) -> &'m [MeanBlock] {
        &self.scan.blocks[..self.scan.count]
    }

    /// The levels of the blocks, MCU by MCU, with the blocks that only fill up the last MCUs.
    pub fn levels(&self) -> &'m [i16] {
        self.levels
    }

    /// The levels, one row of MCUs after the other.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &'m [i16]> + ExactSizeIterator + use<'m> {
        self.levels.chunks_exact((self.scan.mcus_wide * self.scan.count).max(1))
    }
}

/// What the walk over a scan gives the DC coefficients to.
pub(super) trait Sink {
    /// The next block has this DC coefficient, as it is coded, and AC coefficients of this mark.
    fn block(&mut self, coefficient: i32, mark: u32);
    /// The MCU is complete.
    fn mcu(&mut self);
}

/// Keeps nothing.
impl Sink for () {
    #[inline(always)]
    fn block(&mut self, _: i32, _: u32) {}
    #[inline(always)]
    fn mcu(&mut self) {}
}

/// Writes the blocks of one restart interval.
pub(super) struct MeanWriter<'m> {
    levels: slice::IterMut<'m, i16>,
    details: slice::IterMut<'m, u16>,
    detail: u32,
}

impl Sink for MeanWriter<'_> {
    #[inline(always)]
    fn block(&mut self, coefficient: i32, mark: u32) {
        if let Some(level) = self.levels.next() {
            // The limits of coefficients of 8-bit samples leave it below 2^12.
            *level = coefficient as i16;
        }
        // The place of a block in the MCU counts too.
        self.detail = self.detail.wrapping_mul(5).wrapping_add(mark);
    }

    #[inline(always)]
    fn mcu(&mut self) {
        if let Some(detail) = self.details.next() {
            *detail = self.detail as u16;
        }
        self.detail = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::jpeg::Checker;

    fn means(jpeg: &[u8]) -> BlockMeans {
        let mut checker = Checker::new().with_means();
        checker.check(jpeg);
        checker.means().unwrap().clone()
    }

    /// The means of one component, from 0 to 255, in the order of the scan.
    fn component(means: &BlockMeans, component: u8) -> Vec<i32> {
        let of_scan = |scan: ScanMeans<'_>| -> Vec<i32> {
            let mcus = scan.levels().chunks_exact(scan.blocks().len());
            let blocks = mcus.flat_map(|mcu| mcu.iter().zip(scan.blocks()));
            let mine = blocks.filter(|(_, block)| block.component == component);
            mine.map(|(&level, block)| 128 + i32::from(level) * i32::from(block.scale) / 8).collect()
        };
        means.scans().flat_map(of_scan).collect()
    }

    #[test]
    fn a_progressive_picture_has_the_means_of_the_sequential_one() {
        // The same picture in a different order: the lowest bit of the coefficients comes in a later scan.
        let sequential = means(include_bytes!("../../../fixtures/jpeg/420.jpg"));
        let progressive = means(include_bytes!("../../../fixtures/jpeg/progressive.jpg"));
        for n in 0..3 {
            let (one, other) = (component(&sequential, n), component(&progressive, n));
            assert_eq!(one.len(), other.len());
            let scale = i32::from(progressive.scans().next().unwrap().blocks()[0].scale);
            assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() <= scale.max(8)), "{n}");
        }
        // Without the blocks that only fill up MCUs: T.81 A.2.2.
        assert_eq!(progressive.details().len(), 460);
    }

    #[test]
    fn all_blocks_have_a_mean_that_a_sample_can_have() {
        let table: [(&[u8], usize, usize); 4] = [
            (include_bytes!("../../../fixtures/jpeg/grey.jpg"), 1, 1),
            (include_bytes!("../../../fixtures/jpeg/422-restart.jpg"), 1, 4),
            (include_bytes!("../../../fixtures/jpeg/planes.jpg"), 3, 1),
            (include_bytes!("../../../fixtures/jpeg/progressive-restart.jpg"), 1, 0),
        ];
        for (jpeg, scans, blocks) in table {
            let means = means(jpeg);
            assert_eq!(means.scans().len(), scans);
            for scan in means.scans() {
                assert!(blocks == 0 || scan.blocks().len() == blocks);
                assert_eq!(scan.rows().map(<[i16]>::len).sum::<usize>(), scan.levels().len());
            }
            let all: Vec<i32> = (0..3).flat_map(|n| component(&means, n)).collect();
            assert!(all.len() > 1 && all.iter().all(|mean| (-8..264).contains(mean)), "{all:?}");
            assert!(means.entropy_coded_bytes() > 0 && means.entropy_coded_bytes() < jpeg.len());
        }
    }

    #[test]
    fn a_picture_that_is_damaged_or_too_large_has_no_means() {
        let jpeg = include_bytes!("../../../fixtures/jpeg/420.jpg");
        let mut checker = Checker::new().with_means();
        checker.check(&jpeg[..jpeg.len() / 2]);
        assert!(checker.means().is_none());
        let mut large = BlockMeans::default();
        large.start([MeanBlock::default(); 6].into_iter(), 8192, 8192 * 8192);
        assert!(!large.is_started() && large.levels.is_empty());
        assert!(Checker::new().means().is_none());
    }
}
