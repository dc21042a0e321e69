//! The mean of each block, from its DC coefficient, and the amount of detail.

use alloc::vec::Vec;
use core::ops::Range;

use super::layout::MAX_BLOCKS;
use super::mean_writer::MeanWriter;

/// Most blocks of a picture whose means are kept, 2 MiB of them: 44 million pixels of 4:2:0.
const MOST_BLOCKS: usize = 1 << 20;

/// The mean of each block of a picture, and the amount of detail of each MCU. They come with the entropy walk
/// and show what a picture looks like at an eighth of its size.
///
/// A [`Checker`](super::Checker) that was made by [`Checker::with_means`](super::Checker::with_means) fills it, or by
/// [`Checker::with_sampled_means`](super::Checker::with_sampled_means), which keeps one of several MCUs.
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
#[derive(Debug, Clone, Default)]
pub struct BlockMeans {
    scans: [Scan; 4],
    count: usize,
    /// The levels of all scans.
    levels: Vec<i16>,
    details: Vec<u16>,
    /// How many of the levels and details belong to the picture; behind them is memory for larger ones.
    used: (usize, usize),
    entropy_coded_bytes: usize,
}

/// A scan that brings DC coefficients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Scan {
    blocks: [MeanBlock; MAX_BLOCKS],
    count: usize,
    mcus_wide: usize,
    mcus: usize,
    /// One of so many MCUs is kept, the first one among them.
    step: usize,
    start: usize,
}

impl Scan {
    /// The MCUs that are kept.
    fn kept(&self) -> usize {
        self.mcus.div_ceil(self.step.max(1))
    }

    /// Where its levels are.
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.kept() * self.count
    }
}

/// One block of each MCU of a scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
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
        self.scans[..self.count]
            .iter()
            .map(|scan| ScanMeans { scan, levels: self.levels.get(scan.range()).unwrap_or_default() })
    }

    /// For each kept MCU of a sequential picture, and for as many blocks of a progressive one, a number made from the places and
    /// sizes of its AC coefficients, 0 if there are none. If it changes, the detail changed; if it is equal, the
    /// detail is most often equal too. It does not depend on the Huffman tables.
    pub fn details(&self) -> &[u16] {
        &self.details[..self.used.1]
    }

    /// The number of blocks that are kept, with those that only fill up the last MCUs.
    pub fn blocks(&self) -> usize {
        self.used.0
    }

    /// The number of blocks of the picture, with those that only fill up the last MCUs.
    pub fn all_blocks(&self) -> usize {
        self.scans[..self.count].iter().map(|scan| scan.mcus * scan.count).sum()
    }

    /// Whether `other` has as many blocks and details of the same components.
    pub fn is_like(&self, other: &Self) -> bool {
        let shape = |means: &Self| (means.count, means.used);
        let is_equal = |(a, b): (ScanMeans<'_>, ScanMeans<'_>)| {
            let components = a.blocks().iter().map(|block| block.component);
            let rows = |scan: &Scan| (scan.mcus_wide, scan.mcus, scan.step);
            let rows = rows(a.scan) == rows(b.scan);
            rows && components.eq(b.blocks().iter().map(|block| block.component))
        };
        shape(self) == shape(other) && self.scans().zip(other.scans()).all(is_equal)
    }

    /// Becomes the same as `other`, in as much memory as that needs: those of a checker have room for the largest picture that it
    /// has read.
    pub fn assign(&mut self, other: &Self) {
        assign(&mut self.levels, &other.levels[..other.used.0]);
        assign(&mut self.details, &other.details[..other.used.1]);
        let Self { scans, count, used, entropy_coded_bytes, .. } = *other;
        (self.scans, self.count, self.used) = (scans, count, used);
        self.entropy_coded_bytes = entropy_coded_bytes;
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
        self.used = (0, 0);
        self.entropy_coded_bytes = 0;
    }

    /// Makes room for a scan with these blocks in each of its MCUs, of which about `sample` are kept, or somewhat more;
    /// forgets a picture that is too large.
    pub(super) fn start(
        &mut self,
        blocks: impl Iterator<Item = MeanBlock>,
        mcus_wide: u32,
        mcus: u32,
        sample: usize,
    ) {
        let (mcus_wide, mcus, start) = (mcus_wide as usize, mcus as usize, self.used.0);
        let step = step(mcus, mcus_wide, sample);
        let mut scan = Scan { mcus_wide, mcus, step, start, ..Scan::default() };
        for (slot, block) in scan.blocks.iter_mut().zip(blocks) {
            *slot = block;
            scan.count += 1;
        }
        let end = scan.kept().saturating_mul(scan.count).saturating_add(start);
        let Some(slot) = self.scans.get_mut(self.count).filter(|_| end <= MOST_BLOCKS) else {
            return self.clear();
        };
        *slot = scan;
        self.count += 1;
        self.used = (end, self.used.1 + scan.kept());
        // What an earlier picture left there is overwritten by each sound one.
        grow(&mut self.levels, self.used.0);
        grow(&mut self.details, self.used.1);
    }

    /// A writer for the MCUs of the last scan.
    pub(super) fn writer(&mut self) -> MeanWriter<'_> {
        let last = self.count.checked_sub(1).map(|n| self.scans[n]).unwrap_or_default();
        // The details of the last scan are the last ones.
        let detail = self.used.1.saturating_sub(last.kept());
        MeanWriter::new(
            self.levels.get_mut(last.start..self.used.0).unwrap_or_default(),
            last.count,
            self.details.get_mut(detail..self.used.1).unwrap_or_default(),
            last.step as u32,
        )
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
            self.details.extend(history.iter().step_by(self.scans[0].step.max(1)).map(fold));
            self.used.1 = self.details.len();
        }
    }
}

/// One of so many MCUs is kept, so that `sample` of them are, or somewhat more. It has no divisor in common with their
/// number in a row: in each row other columns are kept.
fn step(mcus: usize, mcus_wide: usize, sample: usize) -> usize {
    let largest = (mcus / sample.max(1)).max(1);
    (1..=largest).rev().find(|&step| greatest_common_divisor(step, mcus_wide) == 1).unwrap_or(1)
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn assign<T: Copy>(memory: &mut Vec<T>, values: &[T]) {
    if memory.len() == values.len() {
        memory.copy_from_slice(values);
    } else {
        *memory = values.to_vec();
    }
}

fn grow<T: Clone + Default>(memory: &mut Vec<T>, len: usize) {
    if memory.len() < len {
        memory.resize(len, T::default());
    }
}

/// The same means of the same scans.
impl PartialEq for BlockMeans {
    fn eq(&self, other: &Self) -> bool {
        let same_scans = self.scans[..self.count] == other.scans[..other.count];
        let levels = |means: &Self| means.levels.get(..means.used.0).map(<[i16]>::to_vec);
        same_scans && levels(self) == levels(other) && self.details() == other.details()
    }
}

impl Eq for BlockMeans {}

impl<'m> ScanMeans<'m> {
    /// The blocks of each MCU.
    pub fn blocks(&self) -> &'m [MeanBlock] {
        &self.scan.blocks[..self.scan.count]
    }

    /// The levels of the blocks, MCU by MCU, with the blocks that only fill up the last MCUs.
    pub fn levels(&self) -> &'m [i16] {
        self.levels
    }

    /// The levels of each MCU that is kept, row by row from the left to the right.
    pub fn mcus(&self) -> impl DoubleEndedIterator<Item = &'m [i16]> + ExactSizeIterator + Clone + use<'m> {
        self.levels.chunks_exact(self.scan.count.max(1))
    }
}

#[cfg(test)]
mod tests;
