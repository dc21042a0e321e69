//! The Huffman tables of a picture.

use alloc::boxed::Box;

use super::coefficients::AcTable;
use super::difference::DcTable;
use super::standard;

/// Four tables for DC and four for AC coefficients, which outlive the picture: the next one most often
/// has the same.
#[derive(Debug)]
pub(super) struct HuffmanTables {
    dc: [Box<DcTable>; 4],
    ac: [Box<AcTable>; 4],
    dc_defined: [Defined; 4],
    ac_defined: [Defined; 4],
}

/// Who defined a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defined {
    Nobody,
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
            dc_defined: [Defined::Nobody; 4],
            ac_defined: [Defined::Nobody; 4],
        }
    }

    /// Forgets who defined what: another picture begins.
    pub(super) fn forget(&mut self) {
        self.dc_defined = [Defined::Nobody; 4];
        self.ac_defined = [Defined::Nobody; 4];
    }

    /// Takes over the tables of one DHT segment; `None` when its parameters contradict T.81 B.2.4.2.
    ///
    /// ```text
    /// DHT    := Lh 1*table
    /// table  := Tc/Th 16count *value                               Tc in the high four bits: 0 DC, 1 AC
    /// ```
    pub(super) fn define(&mut self, mut parameters: &[u8]) -> Option<()> {
        while let Some((&selector, rest)) = parameters.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let count = counts.iter().map(|&n| usize::from(n)).sum();
            let values = rest.get(..count).filter(|values| values.len() <= 256)?;
            let number = usize::from(selector & 15);
            match selector >> 4 {
                0 => {
                    self.dc.get_mut(number)?.define(counts, values)?;
                    self.dc_defined[number] = Defined::Picture;
                }
                1 => {
                    self.ac.get_mut(number)?.define(counts, values)?;
                    self.ac_defined[number] = Defined::Picture;
                }
                _ => return None,
            }
            parameters = &rest[count..];
        }
        Some(())
    }

    /// Puts the tables of T.81 K.3 where the picture should have defined its own. They have the numbers 0
    /// and 1 in practice; others stay undefined.
    pub(super) fn stand_in(&mut self) {
        let dc = [&standard::LUMINANCE_DC, &standard::CHROMINANCE_DC];
        for ((table, defined), (counts, values)) in self.dc.iter_mut().zip(&mut self.dc_defined).zip(dc) {
            if *defined == Defined::Nobody && table.define(counts, values).is_some() {
                *defined = Defined::Standard;
            }
        }
        let ac = [&standard::LUMINANCE_AC, &standard::CHROMINANCE_AC];
        for ((table, defined), (counts, values)) in self.ac.iter_mut().zip(&mut self.ac_defined).zip(ac) {
            if *defined == Defined::Nobody && table.define(counts, values).is_some() {
                *defined = Defined::Standard;
            }
        }
    }

    /// DC table `number`, 0 to 3, and who defined it.
    pub(super) fn dc(&self, number: u8) -> (&DcTable, Defined) {
        let number = usize::from(number & 3);
        (&self.dc[number], self.dc_defined[number])
    }

    /// AC table `number`, 0 to 3, and who defined it.
    pub(super) fn ac(&self, number: u8) -> (&AcTable, Defined) {
        let number = usize::from(number & 3);
        (&self.ac[number], self.ac_defined[number])
    }
}
