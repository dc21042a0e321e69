//! Where the walk over a scan puts the means of its blocks.

use core::slice;

/// Takes the MCUs of one restart interval.
pub(super) struct MeanWriter<'m> {
    levels: slice::ChunksExactMut<'m, i16>,
    details: slice::IterMut<'m, u16>,
    /// One of so many MCUs is kept.
    step: u32,
    /// MCUs before the next one that is kept.
    passed: u32,
}

/// MCUs in a row: some that are passed over, then some that are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct McuRun {
    pub(super) passed: u32,
    pub(super) kept: u32,
}

/// Where an MCU is kept: the levels of its blocks, and its detail.
pub(super) struct KeptMcu<'m> {
    pub(super) levels: &'m mut [i16],
    pub(super) detail: &'m mut u16,
}

impl<'m> MeanWriter<'m> {
    /// For MCUs of `blocks` blocks, of which one of `step` is kept, after `passed` that are not.
    pub(super) fn new(
        levels: &'m mut [i16],
        blocks: usize,
        details: &'m mut [u16],
        step: u32,
        passed: u32,
    ) -> Self {
        Self { levels: levels.chunks_exact_mut(blocks.max(1)), details: details.iter_mut(), step, passed }
    }

    /// What comes next. The kept ones are to be taken from [`MeanWriter::kept_mcu`].
    pub(super) fn run(&mut self) -> McuRun {
        let passed = core::mem::replace(&mut self.passed, self.step - 1);
        McuRun { passed, kept: if self.step == 1 { u32::MAX } else { 1 } }
    }

    /// The next MCU, if it is kept.
    pub(super) fn next_mcu(&mut self) -> Option<KeptMcu<'m>> {
        if let Some(passed) = self.passed.checked_sub(1) {
            self.passed = passed;
            return None;
        }
        self.passed = self.step - 1;
        self.kept_mcu()
    }

    /// The next MCU that is kept; `None` behind the last one.
    #[inline(always)]
    pub(super) fn kept_mcu(&mut self) -> Option<KeptMcu<'m>> {
        Some(KeptMcu { levels: self.levels.next()?, detail: self.details.next()? })
    }
}

impl KeptMcu<'_> {
    /// What a level is for a DC coefficient as it is coded. The limits of coefficients of 8-bit samples leave it below
    /// 2^12.
    #[inline(always)]
    pub(super) fn level(coefficient: i32) -> i16 {
        coefficient as i16
    }

    /// The detail of an MCU with one more block, whose AC coefficients have this mark. The place of a block counts too.
    #[inline(always)]
    pub(super) fn detail(before: u32, mark: u32) -> u32 {
        before.wrapping_mul(5).wrapping_add(mark)
    }
}
