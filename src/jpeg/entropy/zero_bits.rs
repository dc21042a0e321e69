//! Zero bits of a number by their count.

/// What [`PLACES`] has where a byte has too few zero bits: this, plus those that are still to be passed.
pub(super) const BEYOND: u8 = 16;

/// For each byte and number of zero bits to pass, the place of the zero bit behind those.
pub(super) static PLACES: [[u8; 16]; 256] = places();

const fn places() -> [[u8; 16]; 256] {
    let mut table = [[0; 16]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut passed = 0;
        while passed < 16 {
            let (mut left, mut place) = (passed, 0);
            while place < 8 && (left > 0 || byte >> place & 1 != 0) {
                if byte >> place & 1 == 0 {
                    left -= 1;
                }
                place += 1;
            }
            table[byte][passed as usize] = if place < 8 { place } else { BEYOND + left };
            passed += 1;
        }
        byte += 1;
    }
    table
}

/// The place of the zero bit of `bits` behind `passed` zero bits, at most 15. Above the 64 bits are zeros.
///
/// A look-up finds most of them. A loop that clears one bit at a time ends where no processor can predict it.
#[inline(always)]
pub(super) fn zero_after(mut bits: u64, passed: u32) -> u32 {
    let mut at = 0;
    let mut passed = passed & 15;
    loop {
        let place = PLACES[(bits & 0xff) as usize][passed as usize];
        if place < BEYOND {
            return at + u32::from(place);
        }
        passed = u32::from(place - BEYOND) & 15;
        bits >>= 8;
        at += 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One bit at a time.
    fn naive(bits: u64, passed: u32) -> u32 {
        let is_zero = |place: &u32| bits.checked_shr(*place).unwrap_or(0) & 1 == 0;
        (0..).filter(is_zero).nth(passed as usize).unwrap()
    }

    #[test]
    fn places_are_those_of_a_naive_search() {
        let mut bits = 7_u64;
        for round in 0..2000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bits = match round % 4 {
                0 => bits,
                1 => bits | bits << 9,
                2 => bits & bits >> 5,
                _ => u64::MAX << (round % 64),
            };
            for passed in 0..16 {
                assert_eq!(zero_after(bits, passed), naive(bits, passed), "{bits:x} behind {passed}");
            }
        }
        assert_eq!([zero_after(u64::MAX, 0), zero_after(u64::MAX, 15), zero_after(0, 15)], [64, 79, 15]);
    }
}
