//! Scans of progressive frames: T.81 G.1.2 and G.2.
//!
//! A refinement scan has one bit for each coefficient that is known not to be zero. Which ones are is
//! all that must be remembered of the scans before: one bit a coefficient, 64 a block, in the order of
//! the bits of a `u64`.

use super::bits::BitReader;
use super::coefficients::AcTable;
use super::damage::DamageKind;
use super::huffman::HuffmanTable;
use super::limits::Limits;
use super::mean_writer::{KeptMcu, MeanWriter};
use super::sequential::{Block, Fault, difference};
use super::zero_bits::zero_after;

/// The band of a scan for AC coefficients, with what it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) codes: &'t HuffmanTable,
    pub(super) coefficients: &'t AcTable,
    /// No scan comes behind this one that asks which coefficients are not zero.
    pub(super) is_last: bool,
    pub(super) limits: &'t Limits,
}

/// G.1.2.1: DC coefficients without their lowest bits, coded like those of a sequential scan. `means` gets some of them.
pub(super) fn read_dc(
    bits: &mut BitReader<'_>,
    blocks: &[Block<'_>],
    mcus: u32,
    mut means: Option<&mut MeanWriter<'_>>,
) -> Result<(), Fault> {
    let mut predictions = [0; 4];
    for mcu in 0..mcus {
        let kept = means.as_mut().and_then(|means| means.next_mcu());
        let mut levels = kept.map_or([].iter_mut(), |kept| kept.levels.iter_mut());
        for block in blocks {
            let prediction = &mut predictions[block.component & 3];
            difference(bits, block, prediction).map_err(|kind| Fault { mcu, kind })?;
            if let Some(level) = levels.next() {
                *level = KeptMcu::level(*prediction);
            }
        }
        end_of_mcu(bits, mcu)?;
    }
    Ok(())
}

/// G.1.2.1: one more bit of each DC coefficient.
pub(super) fn refine_dc(bits: &mut BitReader<'_>, blocks: u32, mcus: u32) -> Result<(), Fault> {
    for mcu in 0..mcus {
        bits.skip_many(blocks);
        end_of_mcu(bits, mcu)?;
    }
    Ok(())
}

/// G.1.2.2: a band of AC coefficients without their lowest bits. `history` has the blocks of the
/// segment, all of one component.
pub(super) fn read_ac(bits: &mut BitReader<'_>, band: &Band<'_>, history: &mut [u64]) -> Result<(), Fault> {
    let mut at = 0;
    while let Some(block) = history.get_mut(at) {
        let mcu = at as u32;
        let run = first_block(bits, band, block).map_err(|kind| Fault { mcu, kind })?;
        end_of_mcu(bits, mcu)?;
        // The blocks of a run of empty bands need no look: it costs nothing however long it is.
        at += 1 + run;
    }
    if at > history.len() { Err(run_fault(history)) } else { Ok(()) }
}

/// G.1.2.3: one more bit of each coefficient of the band that is not zero yet, and the coefficients
/// that only this bit makes different from zero.
pub(super) fn refine_ac(bits: &mut BitReader<'_>, band: &Band<'_>, history: &mut [u64]) -> Result<(), Fault> {
    let mut run = 0;
    // A local one stays in registers.
    let mut local = *bits;
    let read = refine_blocks(&mut local, band, history, &mut run);
    *bits = local;
    read?;
    if run > 0 { Err(run_fault(history)) } else { Ok(()) }
}

#[inline(always)]
fn refine_blocks(
    bits: &mut BitReader<'_>,
    band: &Band<'_>,
    history: &mut [u64],
    run: &mut usize,
) -> Result<(), Fault> {
    for (mcu, block) in history.iter_mut().enumerate() {
        let mcu = mcu as u32;
        if *run > 0 {
            *run -= 1;
            bits.skip_many(known(*block, band.start, band.end));
        } else {
            *run = refine_block(bits, band, block).map_err(|kind| Fault { mcu, kind })?;
        }
        end_of_mcu(bits, mcu)?;
    }
    Ok(())
}

/// Returns how many blocks behind this one have an empty band.
fn first_block(bits: &mut BitReader<'_>, band: &Band<'_>, block: &mut u64) -> Result<usize, DamageKind> {
    let mut k = band.start;
    while k <= band.end {
        let value = band.codes.decode(bits)?;
        let (run, size) = (usize::from(value >> 4), value & 15);
        if size == 0 && run < 15 {
            return Ok(empty_bands(bits, run as u32));
        }
        k += run;
        if size > band.limits.size(k + 1) {
            return Err(DamageKind::Range);
        }
        if size > 0 {
            bits.skip(u32::from(size));
            *block |= 1 << k;
        }
        k += 1;
    }
    if k > band.end + 1 { Err(DamageKind::Range) } else { Ok(0) }
}

#[inline(always)]
fn refine_block(bits: &mut BitReader<'_>, band: &Band<'_>, block: &mut u64) -> Result<usize, DamageKind> {
    let mut k = band.start;
    while k <= band.end {
        let ahead = *block >> k;
        bits.refill();
        // Behind the last coefficient that is known there is nothing to refine: several codes at once, as in
        // sequential scans.
        if band.is_last && ahead & band_bits(0, band.end - k) == 0 {
            let found = band.coefficients.several(bits.peek());
            let (advance, ends) = found.split();
            if found.size() <= 1 && k + advance <= band.end {
                bits.skip(found.bits());
                if ends {
                    return Ok(0);
                }
                k += advance;
                continue;
            }
        }
        let (length, value) = band.codes.code(bits.peek())?;
        let (zeros, size) = (u32::from(value >> 4), value & 15);
        if size == 0 && zeros < 15 {
            bits.skip(length);
            let run = empty_bands(bits, zeros);
            bits.skip_many(known(*block, k, band.end));
            return Ok(run);
        }
        // Only the lowest bit is left of a coefficient that was zero.
        if size > 1 {
            bits.skip(length);
            return Err(DamageKind::Range);
        }
        let passed = zero_after(ahead, zeros);
        let place = k + passed as usize;
        if place > band.end {
            bits.skip(length);
            return Err(DamageKind::Range);
        }
        // The code, the sign of the new coefficient and the bits that refine others, at most once 80.
        let all = length + u32::from(size) + passed - zeros;
        if all <= 56 {
            bits.skip(all);
        } else {
            bits.skip(length);
            bits.skip_many(all - length);
        }
        *block |= u64::from(size) << place;
        k = place + 1;
    }
    Ok(0)
}

/// How many coefficients from `from` to `to` are not zero.
fn known(block: u64, from: usize, to: usize) -> u32 {
    (block & band_bits(from, to)).count_ones()
}

/// The bits of the coefficients from `from` to `to`, none when they cross; both at most 63.
fn band_bits(from: usize, to: usize) -> u64 {
    u64::MAX << from & u64::MAX >> (63 - to)
}

/// EOBn: the blocks behind this one that it ends too. [`HuffmanTable::decode`] left the bits.
fn empty_bands(bits: &mut BitReader<'_>, size: u32) -> usize {
    (1 << size) + bits.take(size) as usize - 1
}

#[inline(always)]
fn end_of_mcu(bits: &BitReader<'_>, mcu: u32) -> Result<(), Fault> {
    if bits.remaining().is_none() { Err(Fault { mcu, kind: DamageKind::Short }) } else { Ok(()) }
}

fn run_fault(history: &[u64]) -> Fault {
    Fault { mcu: history.len().saturating_sub(1) as u32, kind: DamageKind::Run }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_coefficients_are_counted_within_the_band() {
        let block = 0b1011_0110;
        assert_eq!(known(block, 1, 63), 5);
        assert_eq!(known(block, 2, 5), 3);
        assert_eq!(known(u64::MAX, 0, 63), 64);
        assert_eq!(known(u64::MAX, 63, 63), 1);
        assert_eq!(known(u64::MAX, 7, 5), 0);
    }
}
