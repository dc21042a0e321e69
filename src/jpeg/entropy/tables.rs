//! The Huffman tables of a picture.

use alloc::boxed::Box;

use super::coefficients::AcTable;
use super::damage::DamageKind;
use super::difference::DcTable;
use super::huffman::Specification;
use super::standard;
use crate::jpeg::marker::Marker;

/// What the DHT segments of one picture say.
///
/// Tables are made of it when a scan asks for them, so that a thousand DHT segments cost no more than their
/// bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Specifications {
    dc: [Option<Specification>; 4],
    ac: [Option<Specification>; 4],
}

/// Four tables for DC and four for AC coefficients. They outlive the picture, as the next one most often
/// has the same.
#[derive(Debug)]
pub(super) struct HuffmanTables {
    dc: [Box<DcTable>; 4],
    ac: [Box<AcTable>; 4],
}

/// Who defined a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    /// A DHT segment of the picture.
    Picture,
    /// T.81 K.3, in place of a missing one.
    Standard,
}

impl Specifications {
    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.dc.iter_mut().chain(&mut self.ac).for_each(|it| *it = None);
    }

    /// Takes over one DHT segment; `None` when its parameters contradict T.81 B.2.4.2.
    ///
    /// ```text
    /// DHT    := Lh 1*table
    /// table  := Tc/Th 16count *value                               Tc in the high four bits: 0 DC, 1 AC
    /// ```
    pub(super) fn define(&mut self, mut parameters: &[u8]) -> Option<()> {
        while let Some((&selector, rest)) = parameters.split_first() {
            let (specification, rest) = Specification::parse(rest)?;
            let specifications = match selector >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *specifications.get_mut(usize::from(selector & 15))? = Some(specification);
            parameters = rest;
        }
        Some(())
    }

    /// DC table `number`, 0 to 3. Sequential frames may leave out those of T.81 K.3, which have the numbers
    /// 0 and 1 in practice.
    pub(super) fn dc(
        &self,
        number: u8,
        may_be_left_out: bool,
    ) -> Result<(&Specification, Defined), DamageKind> {
        const STANDARD: [&Specification; 2] = [&standard::LUMINANCE_DC, &standard::CHROMINANCE_DC];
        let chosen = choose(&self.dc, &STANDARD, number, may_be_left_out)?;
        // F.1.2.1: sizes of differences. Lossless frames have 16 too (H.1.2.2), and no DCT scan.
        if chosen.0.largest_value() > 15 { Err(DamageKind::Segment(Marker::DHT)) } else { Ok(chosen) }
    }

    /// The same for AC table `number`.
    pub(super) fn ac(
        &self,
        number: u8,
        may_be_left_out: bool,
    ) -> Result<(&Specification, Defined), DamageKind> {
        const STANDARD: [&Specification; 2] = [&standard::LUMINANCE_AC, &standard::CHROMINANCE_AC];
        choose(&self.ac, &STANDARD, number, may_be_left_out)
    }
}

fn choose<'s>(
    own: &'s [Option<Specification>; 4],
    standard: &[&'s Specification; 2],
    number: u8,
    may_be_left_out: bool,
) -> Result<(&'s Specification, Defined), DamageKind> {
    let number = usize::from(number & 3);
    let own = own[number].as_ref().map(|own| (own, Defined::Picture));
    let standard = standard.get(number).filter(|_| may_be_left_out).map(|&table| (table, Defined::Standard));
    let (specification, defined) = own.or(standard).ok_or(DamageKind::MissingTable(Marker::DHT))?;
    if specification.has_code_of_ones() {
        return Err(DamageKind::Segment(Marker::DHT));
    }
    Ok((specification, defined))
}

impl HuffmanTables {
    // Not inlined: each table is made on the stack first.
    #[inline(never)]
    pub(super) fn new() -> Self {
        Self {
            dc: core::array::from_fn(|_| DcTable::empty()),
            ac: core::array::from_fn(|_| AcTable::empty()),
        }
    }

    /// Makes DC table `number`, 0 to 3.
    pub(super) fn make_dc(&mut self, number: u8, specification: &Specification) {
        self.dc[usize::from(number & 3)].make(specification);
    }

    /// Makes AC table `number`, 0 to 3.
    pub(super) fn make_ac(&mut self, number: u8, specification: &Specification) {
        self.ac[usize::from(number & 3)].make(specification);
    }

    /// DC table `number`, 0 to 3, as it was made last.
    pub(super) fn dc(&self, number: u8) -> &DcTable {
        &self.dc[usize::from(number & 3)]
    }

    /// AC table `number`, 0 to 3, as it was made last.
    pub(super) fn ac(&self, number: u8) -> &AcTable {
        &self.ac[usize::from(number & 3)]
    }
}
