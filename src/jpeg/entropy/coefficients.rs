//! AC coefficients: T.81 F.1.2.2 and F.2.2.2.

use alloc::boxed::Box;

use super::huffman::{HuffmanTable, LOOKUP_BITS, LOOKUPS, NoCode, Specification};

/// A Huffman table for AC coefficients.
#[derive(Debug)]
pub(super) struct AcTable {
    codes: HuffmanTable,
    /// For each beginning, the coefficients whose codes and values it holds.
    coefficients: [Coefficients; LOOKUPS],
}

/// One or more coefficients that follow one another: the bits of their codes and values (0-7), how
/// many coefficients they are with the zeros between them (8-15), the largest size (16-23), and their
/// mark (24-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coefficients(u32);

/// What an end of block advances: beyond all 64 coefficients, and in the 128 indices of
/// [`super::limits::Limits`] one ahead, where nothing is allowed behind the last coefficient.
const END_OF_BLOCK: u32 = 129;

impl AcTable {
    /// A table without codes.
    pub(super) fn empty() -> Box<Self> {
        Box::new(Self { codes: HuffmanTable::empty(), coefficients: [Coefficients::UNKNOWN; LOOKUPS] })
    }

    /// Makes it the table that is specified.
    pub(super) fn make(&mut self, specification: &Specification) {
        if !self.codes.make(specification) {
            return;
        }
        for (window, entry) in (0_u64..).zip(&mut self.coefficients) {
            *entry = Coefficients::in_window(&self.codes, window << (64 - LOOKUP_BITS));
        }
    }

    /// The codes alone, for progressive scans.
    pub(super) fn codes(&self) -> &HuffmanTable {
        &self.codes
    }

    /// As many coefficients as one look-up finds, or [`Coefficients::UNKNOWN`].
    #[inline(always)]
    pub(super) fn several(&self, bits: u64) -> Coefficients {
        self.coefficients[(bits >> (64 - LOOKUP_BITS)) as usize]
    }

    /// One coefficient.
    #[cold]
    #[inline(never)]
    pub(super) fn one(&self, bits: u64) -> Result<Coefficients, NoCode> {
        let (length, value) = self.codes.code(bits)?;
        Coefficients::new(length, value).ok_or(NoCode)
    }
}

impl Coefficients {
    /// Of a size that is allowed nowhere.
    const UNKNOWN: Self = Self(255 << 16);

    /// A value is a run of zeros (high four bits) and the size of the coefficient behind them; 00 ends
    /// the block and F0 is a run of sixteen zeros (F.1.2.2.1). Others without size are `None`.
    #[inline(always)]
    fn new(length: u32, value: u8) -> Option<Self> {
        let (run, size) = (u32::from(value >> 4), u32::from(value & 15));
        let advance = match (run, size) {
            (0, 0) => END_OF_BLOCK,
            (15, 0) => 16,
            (_, 0) => return None,
            _ => run + 1,
        };
        // That of an end of block is 0.
        let mark = (size * 67 + run * 29) & 0xff;
        Some(Self((length + size) | (advance << 8) | (size << 16) | (mark << 24)))
    }

    /// The first coefficient of `bits`, if its code has at most [`LOOKUP_BITS`]; and those behind it that
    /// fit into as many bits whole.
    fn in_window(codes: &HuffmanTable, bits: u64) -> Self {
        let code = |from: u32| match codes.code(bits << from) {
            Ok((length, value)) if from + length <= LOOKUP_BITS => Self::new(length, value),
            _ => None,
        };
        let Some(mut all) = code(0) else { return Self::UNKNOWN };
        // A run of zeros has no size that would be checked against the end of the block.
        while all.bits() < LOOKUP_BITS && all.advance() < 64 && all.size() > 0 {
            let Some(next) = code(all.bits()) else { break };
            let bits = all.bits() + next.bits();
            let is_run = next.size() == 0 && next.advance() < 64;
            if bits > LOOKUP_BITS || is_run || all.advance() + next.advance() > 63 + END_OF_BLOCK as usize {
                break;
            }
            let advance = (all.advance() + next.advance()) as u32;
            let mark = all.with(next).mark() << 24;
            all = Self(bits | (advance << 8) | (u32::from(all.size().max(next.size())) << 16) | mark);
        }
        all
    }

    /// Bits of codes and values.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 0xff
    }

    /// How many coefficients they are, zeros included.
    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// How many coefficients they are without the end of block, and whether that is there.
    #[inline(always)]
    pub(super) fn split(self) -> (usize, bool) {
        let advance = self.advance();
        let ends = advance >= END_OF_BLOCK as usize;
        (if ends { advance - END_OF_BLOCK as usize } else { advance }, ends)
    }

    /// A number that most often differs from that of other coefficients, and does not depend on how they are coded:
    /// the exclusive or of the numbers of all of them.
    #[inline(always)]
    pub(super) fn mark(self) -> u32 {
        self.0 >> 24
    }

    /// These and `other` ones together, of which only the mark has a meaning.
    #[inline(always)]
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    /// No coefficients.
    pub(super) const NONE: Self = Self(0);

    /// Bits of the largest value.
    #[inline(always)]
    pub(super) fn size(self) -> u8 {
        (self.0 >> 16) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::super::standard;
    use super::*;

    fn parts(coefficients: Coefficients) -> (u32, usize, u8) {
        (coefficients.bits(), coefficients.advance(), coefficients.size())
    }

    #[test]
    fn runs_without_size_are_no_coefficients() {
        assert_eq!(Coefficients::new(3, 0x10), None);
        assert_eq!(Coefficients::new(11, 0xf0).map(parts), Some((11, 16, 0)));
        assert_eq!(Coefficients::new(7, 0x52).map(parts), Some((9, 6, 2)));
    }

    #[test]
    #[expect(clippy::unusual_byte_groupings, reason = "the groups are codes and values")]
    fn one_look_up_finds_several_coefficients() {
        let mut table = AcTable::empty();
        table.make(&standard::LUMINANCE_AC);
        let cases: [(u64, u32, (u32, usize, u8)); 4] = [
            // 0/1, 0/1, end of block.
            (0b00_1_00_0_1010_1, 11, (10, 2 + 129, 1)),
            // 1/1, 0/2, the rest cut.
            (0b1100_1_01_11_00, 11, (9, 3, 2)),
            // End of block: what follows is not of this block.
            (0b1010_00_1_00_1, 10, (4, 129, 0)),
            // A run of zeros has no coefficient after it.
            (0b111_1111_1001, 11, (11, 16, 0)),
        ];
        for (bits, length, expected) in cases {
            let found = table.several(bits << (64 - length));
            assert_eq!(parts(found), expected, "{bits:b}");
        }
    }

    #[test]
    #[expect(clippy::unusual_byte_groupings, reason = "the groups are codes and values")]
    fn the_mark_does_not_depend_on_the_code() {
        let mut tables = [AcTable::empty(), AcTable::empty()];
        tables[0].make(&standard::LUMINANCE_AC);
        tables[1].make(&standard::CHROMINANCE_AC);
        // 0/1, 1/1, end of block in both tables; 0/2 instead of 0/1 in the first.
        let windows = [(0, 0b001_11001_1010_u64, 12), (1, 0b011_10111_00, 10), (0, 0b0101_11001_1010, 13)];
        let mark = |(table, bits, length): (usize, u64, u32)| {
            let (mut bits, mut all, mut advance) = (bits << (64 - length), Coefficients::NONE, 0);
            while advance < 64 {
                let found: Coefficients = tables[table].several(bits);
                bits <<= found.bits();
                (all, advance) = (all.with(found), advance + found.advance());
            }
            all.mark()
        };
        let [one, other, different] = windows.map(mark);
        assert_eq!(one, other);
        assert_ne!(one, different);
    }

    #[test]
    fn long_codes_are_found_alone() {
        let mut table = AcTable::empty();
        table.make(&standard::LUMINANCE_AC);
        // 3/3 has 12 bits, 0/a has 16.
        for (code, length, expected) in [(0b1111_1111_0101, 12, (15, 4, 3)), (0xff83, 16, (26, 1, 10))] {
            let bits = code << (64 - length);
            assert_eq!(table.several(bits), Coefficients::UNKNOWN);
            assert_eq!(table.one(bits).map(parts), Ok(expected));
        }
        assert_eq!(table.one(u64::MAX), Err(NoCode));
    }
}
