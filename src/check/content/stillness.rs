//! Whether pictures stay nearly the same.

use alloc::vec::Vec;

use crate::jpeg::{BlockMeans, Checker, ScanMeans};

/// The mean absolute difference of two pictures that are nearly the same, in thousandths of a grey level: the -60 dB
/// of FFmpeg's `freezedetect`, a thousandth of 256.
const NOISE: u64 = 256;
/// This share of the MCUs may change their detail while the pictures stay nearly the same: a clock in a corner.
/// The noise of a camera changes most of them, and others in each picture.
const CHANGED_PERCENT: usize = 3;
/// MCUs that are compared at once.
const RUN: usize = 64;

/// Compares each picture with the last one that differed, as `freezedetect` does.
///
/// The difference is that of the means of the blocks, in all components. Noise hardly moves a mean, so the detail of
/// nearly all MCUs must be the same too, and stay the same from picture to picture.
#[derive(Debug, Default)]
pub struct Stillness {
    reference: BlockMeans,
    /// The MCUs whose detail has changed since the reference.
    changed: Vec<bool>,
    changed_count: usize,
}

impl Stillness {
    /// Takes the last picture of `checker`, and says whether it is nearly the same as the reference; otherwise it
    /// becomes the reference. `None` if its means are not known.
    pub fn picture(&mut self, checker: &Checker) -> Option<bool> {
        let means = checker.means()?;
        if self.is_still(means) {
            return Some(true);
        }
        self.reference.assign(means);
        self.changed.clear();
        self.changed.resize(means.details().len(), false);
        self.changed_count = 0;
        Some(false)
    }

    fn is_still(&mut self, means: &BlockMeans) -> bool {
        means.is_like(&self.reference) && self.keeps_detail(means) && has_equal_means(means, &self.reference)
    }

    /// Whether nearly all details are those of the reference, in this picture and all before.
    fn keeps_detail(&mut self, means: &BlockMeans) -> bool {
        let limit = self.changed.len() * CHANGED_PERCENT / 100;
        let details = means.details().chunks(RUN).zip(self.reference.details().chunks(RUN));
        for ((new, old), changed) in details.zip(self.changed.chunks_mut(RUN)) {
            if new == old {
                continue;
            }
            for ((new, old), changed) in new.iter().zip(old).zip(changed) {
                self.changed_count += usize::from(new != old && !*changed);
                *changed |= new != old;
            }
            if self.changed_count > limit {
                return false;
            }
        }
        true
    }
}

/// Whether the mean absolute difference of the means is at most [`NOISE`].
fn has_equal_means(new: &BlockMeans, old: &BlockMeans) -> bool {
    // In eighths of a grey level.
    let limit = new.blocks() as u64 * NOISE * 8 / 1000;
    let mut sum = 0;
    new.scans().zip(old.scans()).all(|(new, old)| {
        let run = RUN * new.blocks().len().max(1);
        new.levels().chunks(run).zip(old.levels().chunks(run)).all(|(new_run, old_run)| {
            if new_run != old_run || new.blocks() != old.blocks() {
                sum += difference(&new, new_run, &old, old_run);
            }
            sum <= limit
        })
    })
}

/// The sum of the absolute differences in a run of MCUs, in eighths of a grey level.
fn difference(new: &ScanMeans<'_>, new_run: &[i16], old: &ScanMeans<'_>, old_run: &[i16]) -> u64 {
    let blocks = new.blocks().len().max(1);
    let mcus = new_run.chunks_exact(blocks).zip(old_run.chunks_exact(blocks));
    let differences = mcus.flat_map(|(a, b)| {
        a.iter().zip(b).zip(new.blocks().iter().zip(old.blocks())).map(|((&a, &b), (new, old))| {
            (i32::from(a) * i32::from(new.scale) - i32::from(b) * i32::from(old.scale)).unsigned_abs()
        })
    });
    differences.map(u64::from).sum()
}
