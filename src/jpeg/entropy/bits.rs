//! Bits of an entropy-coded segment.

use alloc::vec::Vec;
use core::ops::Range;

use memchr::memchr;

/// Ones follow the data: no code of a T.81 table is all ones, so decoding soon stops there.
const PADDING: [u8; 8] = [0xff; 8];

/// The bytes between two restart markers, stuffed zeros taken out.
///
/// They are copied, at a fiftieth of the price of decoding them, so that the decoder can load eight
/// bytes at a time and need not look for markers.
#[derive(Debug, Default)]
pub(super) struct EntropyCoded {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

/// What ends an entropy-coded segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentEnd {
    /// RST of this number.
    Restart(u8),
    /// The end of the scan.
    Scan,
}

/// Reads bits, most significant first.
///
/// `bits` holds the next `left` bits at its top; below them may stand bits that follow, which will be
/// loaded again.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
    bits: u64,
    left: u32,
    total: usize,
}

impl EntropyCoded {
    /// Takes the segment that starts at `range.start`, at most up to `range.end`. `FF FF 00` is read as
    /// `FF 00`, as libjpeg does.
    pub(super) fn load(&mut self, jpeg: &[u8], range: Range<usize>) -> SegmentEnd {
        self.bytes.clear();
        self.start = range.start;
        let mut at = range.start;
        let mut ended = SegmentEnd::Scan;
        loop {
            let rest = &jpeg[at..range.end];
            let Some(n) = memchr(0xff, rest) else {
                self.bytes.extend_from_slice(rest);
                at = range.end;
                break;
            };
            let mut code = n + 1;
            while rest.get(code) == Some(&0xff) {
                code += 1;
            }
            match rest.get(code) {
                Some(0x00) => self.bytes.extend_from_slice(&rest[..=n]),
                marker => {
                    self.bytes.extend_from_slice(&rest[..n]);
                    if let Some(marker) = marker {
                        ended = SegmentEnd::Restart(marker & 7);
                    }
                    at += n;
                    break;
                }
            }
            at += code + 1;
        }
        self.end = at;
        self.bytes.extend_from_slice(&PADDING);
        ended
    }

    /// Reads what was loaded.
    pub(super) fn reader(&self) -> BitReader<'_> {
        let total = (self.bytes.len() - PADDING.len()) * 8;
        BitReader { bytes: &self.bytes, at: 0, bits: 0, left: 0, total }
    }

    /// Where the segment ends in the picture: at the first `FF` of the marker behind it.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// What follows bit number `bit`: the bits up to the next whole byte and their number, 0 to 7,
    /// and the whole bytes. `bit` is at most the number of bits.
    pub(super) fn padding(&self, bit: usize) -> (u8, u32, &[u8]) {
        let bytes = &self.bytes[..self.bytes.len().saturating_sub(PADDING.len())];
        let count = (bit.next_multiple_of(8) - bit) as u32;
        let last = bytes.get(bit / 8).copied().unwrap_or_default();
        let rest = bytes.get(bit.div_ceil(8)..).unwrap_or_default();
        (last & ((1u8 << count).wrapping_sub(1)), count, rest)
    }

    /// The offset in the picture of the byte that holds bit number `bit`.
    pub(super) fn origin(&self, jpeg: &[u8], bit: usize) -> usize {
        let mut behind = bit / 8;
        let mut at = self.start;
        while behind > 0 && at < self.end {
            at += 1;
            behind -= 1;
            if jpeg[at - 1] == 0xff {
                while at < self.end && jpeg[at] == 0xff {
                    at += 1;
                }
                at += 1;
            }
        }
        at.min(self.end)
    }
}

impl BitReader<'_> {
    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let next = match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => u64::MAX,
        };
        self.bits |= next >> self.left;
        self.at += ((63 - self.left) >> 3) as usize;
        self.left |= 56;
    }

    /// Makes at least `count` bits available, which is 56 at most.
    #[inline(always)]
    pub(super) fn want(&mut self, count: u32) {
        if self.left < count {
            self.refill();
        }
    }

    /// The next bits, at the top of the number.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.bits
    }

    /// Passes over `count` bits that [`BitReader::want`] has made available; fewer than 64.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.bits <<= count;
        self.left -= count;
    }

    /// Takes `count` bits, 0 to 16.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        self.want(16);
        let value = (self.bits >> 1) >> (63 - count);
        self.skip(count);
        value as u32
    }

    /// Passes over `count` bits, 0 to 64.
    #[inline(always)]
    pub(super) fn skip_many(&mut self, count: u32) {
        self.want(32);
        self.skip(count.min(32));
        if count > 32 {
            self.want(32);
            self.skip(count - 32);
        }
    }

    /// How many bits have been read, perhaps more than there are.
    pub(super) fn position(&self) -> usize {
        self.at * 8 - self.left as usize
    }

    /// How many bits are left; `None` when more have been read than there are.
    #[inline(always)]
    pub(super) fn remaining(&self) -> Option<usize> {
        self.total.checked_sub(self.position())
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn load(jpeg: &[u8]) -> (EntropyCoded, SegmentEnd) {
        let mut segment = EntropyCoded::default();
        let end = segment.load(jpeg, 1..jpeg.len());
        (segment, end)
    }

    #[test]
    fn stuffed_zeros_are_taken_out_and_markers_end_it() {
        let table: [(&[u8], &[u8], SegmentEnd, usize); 6] = [
            (b".abc", b"abc", SegmentEnd::Scan, 4),
            (b".a\xff\x00\xff\x00b", b"a\xff\xffb", SegmentEnd::Scan, 7),
            (b".a\xff\xff\x00b", b"a\xffb", SegmentEnd::Scan, 6),
            (b".ab\xff\xd3cd", b"ab", SegmentEnd::Restart(3), 3),
            (b".ab\xff\xff\xd7", b"ab", SegmentEnd::Restart(7), 3),
            (b".ab\xff", b"ab", SegmentEnd::Scan, 3),
        ];
        for (jpeg, bytes, expected, end) in table {
            let (segment, ended) = load(jpeg);
            assert_eq!(segment.bytes.strip_suffix(&PADDING), Some(bytes), "{jpeg:x?}");
            assert_eq!((ended, segment.end()), (expected, end), "{jpeg:x?}");
        }
    }

    #[test]
    fn bits_are_traced_to_their_bytes() {
        let jpeg = b".a\xff\x00b\xff\xff\x00c";
        let (segment, _) = load(jpeg);
        let origins: Vec<usize> = (0..6).map(|n| segment.origin(jpeg, n * 8 + 3)).collect();
        assert_eq!(origins, [1, 2, 4, 5, 8, 9]);
    }

    #[test]
    fn bits_come_in_order_and_end() {
        let jpeg: Vec<u8> = (0..=40).collect();
        let (segment, _) = load(&jpeg);
        let mut reader = segment.reader();
        for byte in 1..=40 {
            assert_eq!(reader.take(3) << 5 | reader.take(0) << 5 | reader.take(5), byte);
        }
        assert_eq!(reader.remaining(), Some(0));
        assert_eq!(reader.take(16), 0xffff);
        assert_eq!(reader.remaining(), None);
        reader.skip_many(64);
        assert_eq!(reader.position(), 40 * 8 + 80);
    }
}
