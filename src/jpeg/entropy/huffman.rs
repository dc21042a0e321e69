//! Huffman codes: T.81 Annex C and F.2.2.3.

use super::bits::BitReader;

/// Bits of a code that are looked up at once.
pub(super) const LOOKUP_BITS: u32 = 11;
/// Number of different lookups.
pub(super) const LOOKUPS: usize = 1 << LOOKUP_BITS;

/// What a DHT segment says of one table: how many codes there are of each length, and what they stand
/// for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Specification {
    counts: [u8; 16],
    /// As many as there are codes; zeros behind them.
    values: [u8; 256],
}

/// The codes of one table, and their values.
#[derive(Debug)]
pub(super) struct HuffmanTable {
    specification: Specification,
    /// For each beginning of a code: `length << 8 | value`, or 0 when the code is longer or none.
    short: [u16; LOOKUPS],
    /// For each length, the first 16 bits that begin no code of that length or a shorter one.
    limits: [u32; 17],
    /// For each length, what to add to a code for the place of its value.
    offsets: [i32; 17],
}

/// The bits are no code of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoCode;

impl Specification {
    const EMPTY: Self = Self { counts: [0; 16], values: [0; 256] };

    /// Reads numbers and values; returns what follows them, or `None` when there are more codes
    /// than bits can tell apart, or fewer values than codes.
    pub(super) fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (counts, rest) = bytes.split_first_chunk::<16>()?;
        let (mut codes, mut all) = (0, 0);
        for (length, &count) in (1..=16).zip(counts) {
            codes = codes * 2 + u32::from(count);
            if codes > 1 << length {
                return None;
            }
            all += usize::from(count);
        }
        let (values, rest) = rest.split_at_checked(all)?;
        let mut specification = Self { counts: *counts, ..Self::EMPTY };
        specification.values.get_mut(..all)?.copy_from_slice(values);
        Some((specification, rest))
    }

    /// A table of T.81 Annex K.
    pub(super) const fn standard<const N: usize>(counts: [u8; 16], values: &[u8; N]) -> Self {
        let mut specification = Self { counts, ..Self::EMPTY };
        let mut n = 0;
        while n < N {
            specification.values[n] = values[n];
            n += 1;
        }
        specification
    }

    /// Whether a code is all ones, which T.81 C.2 forbids and libjpeg refuses.
    pub(super) fn has_code_of_ones(&self) -> bool {
        let mut codes = 0_u32;
        (1..=16).zip(self.counts).any(|(length, count)| {
            codes = codes * 2 + u32::from(count);
            count > 0 && codes == 1 << length
        })
    }

    /// The largest value; 0 of an empty table.
    pub(super) fn largest_value(&self) -> u8 {
        let all = self.counts.iter().fold(0, |all, &count| all + usize::from(count));
        self.values.iter().take(all).copied().max().unwrap_or(0)
    }
}

impl HuffmanTable {
    /// A table without codes.
    pub(super) const fn empty() -> Self {
        Self { specification: Specification::EMPTY, short: [0; LOOKUPS], limits: [0; 17], offsets: [0; 17] }
    }

    /// Makes it the table that is specified. Returns `false` when it is that already.
    pub(super) fn make(&mut self, specification: &Specification) -> bool {
        if self.specification == *specification {
            return false;
        }
        // In place: a table that is made on the stack and copied would be most of the stack of a reader.
        self.specification = *specification;
        self.short.fill(0);
        self.limits.fill(0);
        self.offsets.fill(0);
        let mut code: u32 = 0;
        let mut place: usize = 0;
        for (length, &count) in (1..=16_u32).zip(&specification.counts) {
            let count = usize::from(count);
            self.offsets[length as usize] = place as i32 - code as i32;
            for &value in specification.values.iter().skip(place).take(count) {
                if let Some(spare) = LOOKUP_BITS.checked_sub(length) {
                    let range = (code << spare) as usize..((code + 1) << spare) as usize;
                    self.short[range].fill((length << 8) as u16 | u16::from(value));
                }
                code += 1;
            }
            place += count;
            self.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        true
    }

    /// The code that `bits` begins with, from its top: its length and its value.
    #[inline(always)]
    pub(super) fn code(&self, bits: u64) -> Result<(u32, u8), NoCode> {
        match self.short[(bits >> (64 - LOOKUP_BITS)) as usize] {
            0 => self.long_code(bits),
            entry => Ok((u32::from(entry >> 8), entry as u8)),
        }
    }

    /// Takes one code. Afterwards at least 16 bits are available.
    #[inline(always)]
    pub(super) fn decode(&self, bits: &mut BitReader<'_>) -> Result<u8, NoCode> {
        bits.want(32);
        let (length, value) = self.code(bits.peek())?;
        bits.skip(length);
        Ok(value)
    }

    #[cold]
    #[inline(never)]
    fn long_code(&self, bits: u64) -> Result<(u32, u8), NoCode> {
        let window = (bits >> 48) as u32;
        for length in LOOKUP_BITS + 1..=16 {
            if window < self.limits[length as usize] {
                let code = (window >> (16 - length)) as i32;
                let place = usize::try_from(code + self.offsets[length as usize]).map_err(|_| NoCode)?;
                return self.specification.values.get(place).map(|&value| (length, value)).ok_or(NoCode);
            }
        }
        Err(NoCode)
    }
}

#[cfg(test)]
mod tests {
    use super::super::standard;
    use super::*;

    #[test]
    fn codes_of_table_k_5() {
        let mut table = HuffmanTable::empty();
        table.make(&standard::LUMINANCE_AC);
        let codes: [(u64, u32, Result<u8, NoCode>); 7] = [
            (0b1010, 4, Ok(0x00)),
            (0b00, 2, Ok(0x01)),
            (0b1_1111_1000, 9, Ok(0x81)),
            (0b111_1111_1001, 11, Ok(0xf0)),
            (0b1111_1111_1000_0011, 16, Ok(0x0a)),
            (0b1111_1111_1111_1110, 16, Ok(0xfa)),
            (0b1111_1111_1111_1111, 16, Err(NoCode)),
        ];
        for (code, length, value) in codes {
            let found = table.code(code << (64 - length));
            assert_eq!(found, value.map(|value| (length, value)), "{code:b}");
        }
    }

    #[test]
    fn more_codes_than_bits_or_values_are_no_table() {
        let mut bytes = [0; 20];
        bytes[0] = 3;
        assert_eq!(Specification::parse(&bytes), None);
        bytes[0] = 2;
        bytes[16..].copy_from_slice(&[1, 7, 3, 4]);
        let (specification, rest) = Specification::parse(&bytes).unwrap();
        assert_eq!((specification.largest_value(), rest), (7, &[3, 4][..]));
        assert_eq!(Specification::parse(&bytes[..17]), None);
        let mut table = HuffmanTable::empty();
        assert!(table.make(&specification) && !table.make(&specification));
        assert_eq!(table.code(u64::MAX), Ok((1, 7)));
    }

    #[test]
    fn an_empty_table_has_no_code() {
        assert_eq!(HuffmanTable::empty().code(0), Err(NoCode));
    }
}
