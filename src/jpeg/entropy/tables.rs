//! The Huffman tables of a picture.

use alloc::boxed::Box;

use super::coefficients::AcTable;
use super::damage::DamageKind;
use super::difference::DcTable;
use super::huffman::Specification;
use super::standard;
use crate::jpeg::marker::Marker;

/// Four tables for DC and four for AC coefficients.
///
/// What DHT segments say is only noted; tables are made of it when a scan asks for them, so that a
/// thousand DHT segments cost no more than their bytes. Tables outlive the picture, as the next one most
/// often has the same.
#[derive(Debug)]
pub(super) struct HuffmanTables {
    dc: [Box<DcTable>; 4],
    ac: [Box<AcTable>; 4],
    dc_specifications: [Option<Specification>; 4],
    ac_specifications: [Option<Specification>; 4],
}

/// Who defined a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    /// A DHT segment of the picture.
    Picture,
    /// T.81 K.3, in place of a missing one.
    Standard,
}

impl HuffmanTables {
    pub(super) fn new() -> Self {
        Self {
            dc: core::array::from_fn(|_| DcTable::empty()),
            ac: core::array::from_fn(|_| AcTable::empty()),
            dc_specifications: [None; 4],
            ac_specifications: [None; 4],
        }
    }

    /// Forgets what the segments of the last picture said.
    pub(super) fn forget(&mut self) {
        self.dc_specifications = [None; 4];
        self.ac_specifications = [None; 4];
    }

    /// Notes the tables of one DHT segment; `None` when its parameters contradict T.81 B.2.4.2.
    ///
    /// ```text
    /// DHT    := Lh 1*table
    /// table  := Tc/Th 16count *value                               Tc in the high four bits: 0 DC, 1 AC
    /// ```
    pub(super) fn define(&mut self, mut parameters: &[u8]) -> Option<()> {
        while let Some((&selector, rest)) = parameters.split_first() {
            let (specification, rest) = Specification::parse(rest)?;
            let specifications = match selector >> 4 {
                0 => &mut self.dc_specifications,
                1 => &mut self.ac_specifications,
                _ => return None,
            };
            *specifications.get_mut(usize::from(selector & 15))? = Some(specification);
            parameters = rest;
        }
        Some(())
    }

    /// Makes DC table `number`, 0 to 3. Sequential frames may leave out those of T.81 K.3, which have the
    /// numbers 0 and 1 in practice.
    pub(super) fn make_dc(&mut self, number: u8, may_be_left_out: bool) -> Result<Defined, DamageKind> {
        let standard = [standard::LUMINANCE_DC, standard::CHROMINANCE_DC];
        let number = usize::from(number & 3);
        let (specification, defined) = choose(
            self.dc_specifications[number].as_ref(),
            standard.get(number).filter(|_| may_be_left_out),
        )?;
        // F.1.2.1: sizes of differences. Lossless frames have 16 too (H.1.2.2), and no DCT scan.
        if specification.largest_value() > 15 || specification.has_code_of_ones() {
            return Err(DamageKind::Segment(Marker::DHT));
        }
        self.dc[number].make(specification);
        Ok(defined)
    }

    /// The same for AC table `number`.
    pub(super) fn make_ac(&mut self, number: u8, may_be_left_out: bool) -> Result<Defined, DamageKind> {
        let standard = [standard::LUMINANCE_AC, standard::CHROMINANCE_AC];
        let number = usize::from(number & 3);
        let (specification, defined) = choose(
            self.ac_specifications[number].as_ref(),
            standard.get(number).filter(|_| may_be_left_out),
        )?;
        if specification.has_code_of_ones() {
            return Err(DamageKind::Segment(Marker::DHT));
        }
        self.ac[number].make(specification);
        Ok(defined)
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

fn choose<'s>(
    own: Option<&'s Specification>,
    standard: Option<&'s Specification>,
) -> Result<(&'s Specification, Defined), DamageKind> {
    let own = own.map(|own| (own, Defined::Picture));
    let standard = standard.map(|standard| (standard, Defined::Standard));
    own.or(standard).ok_or(DamageKind::MissingTable(Marker::DHT))
}
