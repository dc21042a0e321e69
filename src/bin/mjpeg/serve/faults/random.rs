//! Random numbers that are the same for the same seed.

/// A sequence of random numbers: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence for some numbers, such as a seed, a viewer and a part.
    pub fn of(numbers: &[u64]) -> Self {
        let mut random = Self { state: 0 };
        for number in numbers {
            random.state ^= number;
            random.state = random.next();
        }
        random
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to 1, without 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.fraction() * limit as f64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_sequence() {
        let five = |numbers: &[u64]| {
            let mut random = Random::of(numbers);
            (0..5).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(five(&[1, 2, 3]), five(&[1, 2, 3]));
        assert_ne!(five(&[1, 2, 3]), five(&[1, 3, 2]));
        assert_ne!(five(&[0]), five(&[0, 0]));
        let mut random = Random::of(&[7]);
        let mean = (0..10_000).map(|_| random.fraction()).sum::<f64>() / 10_000.0;
        assert!((0.49..0.51).contains(&mean), "{mean}");
        assert_eq!(random.below(0), 0);
    }
}
