//! How large coefficients can be.

/// What the coefficients of one component may be in one scan.
///
/// The coefficients of the DCT of T.81 A.3.3 are at most `2^(P+2)` for samples of `P` bits: 1024 for
/// 8 bits, whatever the picture shows. Twice that is allowed here, as encoders round, and some let
/// samples overshoot on purpose to soften the ringing at white edges. The bits of a damaged scan give
/// coefficients far beyond: that is often the first sign.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Largest size of a DC difference: T.81 Table F.1.
    pub(super) difference: u32,
    /// Largest DC coefficient, as it is coded.
    pub(super) dc: u32,
    /// For each index behind a coefficient, modulo 128, the largest size it may have. There are no
    /// coefficients from 64 on.
    sizes: [u8; 128],
}

impl Limits {
    /// Nothing may be there.
    pub(super) const fn none() -> Self {
        Self { difference: 0, dc: 0, sizes: [0; 128] }
    }

    /// For samples of `precision` bits and this quantisation table, in a scan of the coefficients up to
    /// `band_end` that leaves out the lowest `shift` bits (T.81 G.1.2.1).
    pub(super) fn new(precision: u8, quantisation: &[u16; 64], band_end: u8, shift: u8) -> Self {
        let precision = u32::from(precision.clamp(8, 12));
        // T.81 F.1.2.1 and F.1.2.2: 11 and 10 for 8 bits, 15 and 14 for 12 bits.
        let difference = precision + 3;
        let largest = |entry: u16| {
            let entry = u32::from(entry.max(1));
            (((8 << precision) + entry) / entry) >> shift
        };
        let mut sizes = [0; 128];
        for (k, entry) in quantisation.iter().enumerate().skip(1).take(usize::from(band_end)) {
            // A value of size s is at least 2^(s-1).
            let bits = u32::BITS - largest(*entry).leading_zeros();
            sizes[k + 1] = bits.min(precision + 2) as u8;
        }
        Self { difference, dc: largest(quantisation[0]), sizes }
    }

    /// The largest size of the coefficient before index `behind`.
    #[inline(always)]
    pub(super) fn size(&self, behind: usize) -> u8 {
        self.sizes[behind & 127]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_quantisation_allows_what_the_standard_allows() {
        let limits = Limits::new(8, &[1; 64], 63, 0);
        assert_eq!((limits.difference, limits.dc), (11, 2049));
        assert_eq!((limits.size(1), limits.size(2), limits.size(64), limits.size(65)), (0, 10, 10, 0));
        assert_eq!(Limits::new(12, &[1; 64], 63, 0).size(2), 14);
    }

    #[test]
    fn coarse_quantisation_allows_less() {
        let limits = Limits::new(8, &[99; 64], 63, 0);
        assert_eq!((limits.dc, limits.size(2)), (21, 5));
        assert_eq!(Limits::new(8, &[99; 64], 63, 1).size(2), 4);
        assert_eq!(Limits::new(8, &[u16::MAX; 64], 5, 0).size(6), 1);
        assert_eq!(Limits::new(8, &[1; 64], 5, 0).size(7), 0);
    }

    #[test]
    fn ends_of_blocks_are_allowed_anywhere() {
        let limits = Limits::none();
        assert!((1..64).all(|k| limits.size(k + 128) == 0));
    }
}
