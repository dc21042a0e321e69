//! Scans of sequential frames: T.81 F.2.

use core::ops::Range;

use super::bits::BitReader;
use super::coefficients::{AcTable, Coefficients};
use super::damage::DamageKind;
use super::difference::DcTable;
use super::huffman::NoCode;
use super::limits::Limits;
use super::mean_writer::{KeptMcu, KeptMcus, McuRun, MeanWriter};

/// One block of an MCU.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'t> {
    /// Index of the component in the scan, 0 to 3.
    pub(super) component: usize,
    pub(super) dc: &'t DcTable,
    pub(super) ac: &'t AcTable,
    pub(super) limits: &'t Limits,
}

/// What is wrong, and in which MCU of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) mcu: u32,
    pub(super) kind: DamageKind,
}

/// Reads `mcus` MCUs of these blocks from one entropy-coded segment, and gives some of them to `means`.
pub(super) fn read(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    mcus: u32,
    means: Option<&mut MeanWriter<'_>>,
) -> Result<(), Fault> {
    let mut predictions = [0; 4];
    let Some(means) = means else { return pass(bits, blocks, 0..mcus, &mut predictions) };
    let mut mcu = 0;
    while mcu < mcus {
        let McuRun { passed, kept } = means.run(mcus - mcu);
        let first = mcu + passed;
        // A call costs as much as a few blocks.
        if passed > 0 {
            pass(bits, blocks, mcu..first, &mut predictions)?;
        }
        mcu = first + kept.count();
        if mcu > first {
            keep(bits, blocks, first, &mut predictions, kept)?;
        }
    }
    Ok(())
}

/// Reads MCUs. Not inlined: it has all registers for itself, and there is one of it, whose branches the processor knows.
#[inline(never)]
fn pass(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    mcus: Range<u32>,
    predictions: &mut [i32; 4],
) -> Result<(), Fault> {
    // Local ones stay in registers.
    let (mut local, mut before) = (*bits, *predictions);
    let read = pass_mcus(&mut local, blocks, mcus, &mut before);
    (*bits, *predictions) = (local, before);
    read
}

#[inline(always)]
fn pass_mcus(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    mcus: Range<u32>,
    predictions: &mut [i32; 4],
) -> Result<(), Fault> {
    for mcu in mcus {
        for block in blocks {
            let prediction = &mut predictions[block.component & 3];
            difference(bits, block, prediction)
                .and_then(|()| coefficients(bits, block))
                .map_err(|kind| Fault { mcu, kind })?;
        }
        end_of_mcu(bits, mcu)?;
    }
    Ok(())
}

/// Reads MCUs from number `first` on and keeps them.
#[inline(never)]
fn keep(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    first: u32,
    predictions: &mut [i32; 4],
    kept: KeptMcus<'_>,
) -> Result<(), Fault> {
    let (mut local, mut before) = (*bits, *predictions);
    let read = keep_mcus(&mut local, blocks, first, &mut before, kept);
    (*bits, *predictions) = (local, before);
    read
}

#[inline(always)]
fn keep_mcus(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    first: u32,
    predictions: &mut [i32; 4],
    kept: KeptMcus<'_>,
) -> Result<(), Fault> {
    for (mcu, kept) in (first..).zip(kept.mcus()) {
        let mut detail = 0;
        for (block, level) in blocks.iter().zip(kept.levels) {
            let prediction = &mut predictions[block.component & 3];
            let all = difference(bits, block, prediction)
                .and_then(|()| coefficients(bits, block))
                .map_err(|kind| Fault { mcu, kind })?;
            *level = KeptMcu::level(*prediction);
            detail = KeptMcu::detail(detail, all.mark());
        }
        *kept.detail = detail as u16;
        end_of_mcu(bits, mcu)?;
    }
    Ok(())
}

#[inline(always)]
fn end_of_mcu(bits: &BitReader<'_>, mcu: u32) -> Result<(), Fault> {
    if bits.remaining().is_none() { Err(Fault { mcu, kind: DamageKind::Short }) } else { Ok(()) }
}

/// F.2.2.1: the DC coefficient, as a difference to the one before.
#[inline(always)]
pub(super) fn difference(
    bits: &mut BitReader<'_>,
    block: &Block<'_>,
    prediction: &mut i32,
) -> Result<(), DamageKind> {
    let difference = block.dc.decode(bits)?;
    *prediction += difference.value;
    if difference.size > block.limits.difference || prediction.unsigned_abs() > block.limits.dc {
        return Err(DamageKind::Range);
    }
    Ok(())
}

/// F.2.2.2: the 63 AC coefficients, whose values do not matter as long as they may be there. Returns all of
/// them, of which only the mark counts.
#[inline(always)]
fn coefficients(bits: &mut BitReader<'_>, block: &Block<'_>) -> Result<Coefficients, DamageKind> {
    let mut next = 1;
    let mut all = Coefficients::NONE;
    while next < 64 {
        bits.want(32);
        let mut found = block.ac.several(bits.peek());
        if found.size() > block.limits.size(next + found.advance()) {
            found = block.ac.one(bits.peek())?;
            if found.size() > block.limits.size(next + found.advance()) {
                return Err(DamageKind::Range);
            }
        }
        bits.skip(found.bits());
        next += found.advance();
        all = all.with(found);
    }
    // A run of sixteen zeros may end with the block, but not behind it; an end of block is far behind.
    if (65..128).contains(&next) { Err(DamageKind::Range) } else { Ok(all) }
}

impl From<NoCode> for DamageKind {
    fn from(_: NoCode) -> Self {
        Self::Code
    }
}
