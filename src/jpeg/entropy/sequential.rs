//! Scans of sequential frames: T.81 F.2.

use super::bits::BitReader;
use super::coefficients::{AcTable, Coefficients};
use super::damage::DamageKind;
use super::difference::DcTable;
use super::huffman::NoCode;
use super::limits::Limits;
use super::means::Sink;

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

/// Reads `mcus` MCUs of these blocks from one entropy-coded segment, and gives `sink` their DC coefficients.
pub(super) fn read(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    mcus: u32,
    mut sink: impl Sink,
) -> Result<(), Fault> {
    let mut predictions = [0; 4];
    for mcu in 0..mcus {
        for block in blocks {
            let prediction = &mut predictions[block.component & 3];
            let all = difference(bits, block, prediction)
                .and_then(|()| coefficients(bits, block))
                .map_err(|kind| Fault { mcu, kind })?;
            sink.block(*prediction, all.mark());
        }
        if bits.remaining().is_none() {
            return Err(Fault { mcu, kind: DamageKind::Short });
        }
        sink.mcu();
    }
    Ok(())
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
