//! DC coefficients: T.81 F.1.2.1 and F.2.2.1.

use alloc::boxed::Box;

use super::bits::BitReader;
use super::huffman::{HuffmanTable, LOOKUP_BITS, LOOKUPS, NoCode, Specification};

/// A Huffman table for sizes of differences between DC coefficients.
#[derive(Debug)]
pub(super) struct DcTable {
    codes: HuffmanTable,
    /// For each beginning: the bits of code and difference together (0-7), the size (8-15) and the
    /// difference (16-31); 0 when they are longer.
    differences: [u32; LOOKUPS],
}

/// A difference, and the bits it is coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) size: u32,
    pub(super) value: i32,
}

impl DcTable {
    /// A table without codes.
    pub(super) fn empty() -> Box<Self> {
        Box::new(Self { codes: HuffmanTable::empty(), differences: [0; LOOKUPS] })
    }

    /// Makes it the table that is specified, with sizes of 15 at most.
    pub(super) fn make(&mut self, specification: &Specification) {
        if !self.codes.make(specification) {
            return;
        }
        self.differences = [0; LOOKUPS];
        for (window, entry) in (0_u64..).zip(&mut self.differences) {
            let bits = window << (64 - LOOKUP_BITS);
            let Ok((length, size)) = self.codes.code(bits) else { continue };
            let size = u32::from(size);
            if length + size <= LOOKUP_BITS {
                let value = extend(bits << length, size) as u32;
                *entry = value << 16 | size << 8 | (length + size);
            }
        }
    }

    /// Takes one difference.
    #[inline(always)]
    pub(super) fn decode(&self, bits: &mut BitReader<'_>) -> Result<Difference, NoCode> {
        bits.want(32);
        let entry = self.differences[(bits.peek() >> (64 - LOOKUP_BITS)) as usize];
        if entry != 0 {
            bits.skip(entry & 0xff);
            return Ok(Difference { size: entry >> 8 & 0xff, value: entry as i32 >> 16 });
        }
        let (length, size) = self.codes.code(bits.peek())?;
        bits.skip(length);
        let size = u32::from(size);
        let value = extend(bits.peek(), size);
        bits.skip(size);
        Ok(Difference { size, value })
    }
}

/// RECEIVE and EXTEND: the number that the first `size` bits stand for, 0 to 15 of them.
#[inline(always)]
fn extend(bits: u64, size: u32) -> i32 {
    let value = ((bits >> 1) >> (63 - size)) as i32;
    let half = (1 << size) >> 1;
    if value < half { value - (1 << size) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::bits::EntropyCoded;
    use super::super::standard;
    use super::*;

    #[test]
    fn bits_are_extended_to_numbers() {
        let table = [(0, 0, 0), (0, 1, -1), (1, 1, 1), (0, 3, -7), (3, 3, -4), (4, 3, 4), (0, 15, -32767)];
        for (value, size, expected) in table {
            let bits = (value << 1) << (63 - size);
            assert_eq!(extend(bits, size), expected, "{value} of {size} bits");
        }
    }

    #[test]
    fn differences_of_table_k_3() {
        let mut table = DcTable::empty();
        table.make(&standard::LUMINANCE_DC);
        // 00, 010 0, 011 10, 101 0001, 11110 1000000.
        let bits = [0b0001_0001, 0b1101_0100, 0b0111_1101, 0b0000_0000];
        let mut segment = EntropyCoded::default();
        segment.load(&bits, 0..bits.len());
        let mut reader = segment.reader();
        let found: [i32; 5] = core::array::from_fn(|_| table.decode(&mut reader).unwrap().value);
        assert_eq!(found, [0, -1, 2, -14, 64]);
    }
}
