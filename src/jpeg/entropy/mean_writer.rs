//! Where the walk over a scan puts the means of its blocks.

use core::mem;

/// Takes the MCUs of one scan, from restart interval to restart interval.
pub(super) struct MeanWriter<'m> {
    levels: &'m mut [i16],
    details: &'m mut [u16],
    /// The blocks of an MCU.
    blocks: usize,
    /// One of so many MCUs is kept.
    step: u32,
    /// MCUs before the next one that is kept.
    passed: u32,
}

/// MCUs in a row: some that are passed over, then some that are kept.
pub(super) struct McuRun<'m> {
    pub(super) passed: u32,
    pub(super) kept: KeptMcus<'m>,
}

/// Where MCUs in a row are kept.
pub(super) struct KeptMcus<'m> {
    levels: &'m mut [i16],
    details: &'m mut [u16],
    blocks: usize,
}

/// Where an MCU is kept: the levels of its blocks, and its detail.
pub(super) struct KeptMcu<'m> {
    pub(super) levels: &'m mut [i16],
    pub(super) detail: &'m mut u16,
}

impl<'m> MeanWriter<'m> {
    /// For MCUs of `blocks` blocks, of which the first one and then one of `step` is kept, as long as there is room.
    pub(super) fn new(levels: &'m mut [i16], blocks: usize, details: &'m mut [u16], step: u32) -> Self {
        let blocks = blocks.max(1);
        let room = details.len().min(levels.len() / blocks);
        Self { levels, details: &mut details[..room], blocks, step: step.max(1), passed: 0 }
    }

    /// What comes next in an interval of which `left` MCUs are left: one MCU at least, if any are.
    #[inline(always)]
    pub(super) fn run(&mut self, left: u32) -> McuRun<'m> {
        if self.details.is_empty() {
            return McuRun { passed: left, kept: self.take(0) };
        }
        let passed = self.passed.min(left);
        self.passed -= passed;
        let left = left - passed;
        if self.step == 1 || left == 0 {
            return McuRun { passed, kept: self.take(left) };
        }
        self.passed = self.step - 1;
        McuRun { passed, kept: self.take(1) }
    }

    /// Whether the next MCU is kept, and where.
    pub(super) fn next_mcu(&mut self) -> Option<KeptMcu<'m>> {
        self.run(1).kept.mcus().next()
    }

    /// Room for the next MCUs, or for fewer behind the last one.
    #[inline(always)]
    fn take(&mut self, mcus: u32) -> KeptMcus<'m> {
        let mcus = (mcus as usize).min(self.details.len());
        let (levels, other_levels) = mem::take(&mut self.levels).split_at_mut(mcus * self.blocks);
        let (details, other_details) = mem::take(&mut self.details).split_at_mut(mcus);
        (self.levels, self.details) = (other_levels, other_details);
        KeptMcus { levels, details, blocks: self.blocks }
    }
}

impl<'m> KeptMcus<'m> {
    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.details.len() as u32
    }

    /// One after the other.
    #[inline(always)]
    pub(super) fn mcus(self) -> impl Iterator<Item = KeptMcu<'m>> {
        let levels = self.levels.chunks_exact_mut(self.blocks);
        levels.zip(self.details).map(|(levels, detail)| KeptMcu { levels, detail })
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

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// The numbers of the MCUs that are kept, in intervals of this length, with room for `room` of them.
    fn kept(mcus: u32, interval: u32, step: u32, room: usize) -> Vec<u32> {
        let (mut levels, mut details) = (std::vec![0; 2 * room], std::vec![0; room]);
        let mut writer = MeanWriter::new(&mut levels, 2, &mut details, step);
        let mut kept = Vec::new();
        for first in (0..mcus).step_by(interval as usize) {
            let (mut at, end) = (first, mcus.min(first + interval));
            while at < end {
                let run = writer.run(end - at);
                let start = at + run.passed;
                at = start + run.kept.count();
                kept.extend(run.kept.mcus().zip(start..).map(|(_, mcu)| mcu));
            }
            assert_eq!(at, end);
        }
        kept
    }

    #[test]
    fn intervals_do_not_change_which_mcus_are_kept() {
        for (mcus, step) in [(0, 1), (1, 1), (50, 1), (50, 3), (50, 7), (50, 49)] {
            let expected: Vec<u32> = (0..mcus).step_by(step as usize).collect();
            for interval in [1, 2, 3, 7, 10, 50, 60] {
                assert_eq!(kept(mcus, interval, step, 50), expected, "{mcus} {interval} {step}");
            }
        }
    }

    #[test]
    fn mcus_without_room_are_passed() {
        assert_eq!(kept(50, 10, 1, 13), (0..13).collect::<Vec<u32>>());
        assert_eq!(kept(50, 10, 3, 2), [0, 3]);
        assert_eq!(kept(50, 10, 3, 0), [0; 0]);
    }
}
