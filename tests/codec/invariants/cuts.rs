//! Where an input is cut into reads.

/// The lengths of reads, from a seed: none, one byte each, or lengths of a few sizes by turns.
pub struct Cuts {
    state: u32,
    longest: u32,
}

impl Cuts {
    /// `seed` 0 does not cut at all; 1 cuts behind every byte.
    pub fn new(seed: u8) -> Self {
        let longest = match seed {
            0 => u32::MAX,
            1 => 1,
            _ => [2, 7, 61, 300, 1500, 5000][usize::from(seed) % 6],
        };
        Self { state: u32::from(seed), longest }
    }
}

impl Iterator for Cuts {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.longest == u32::MAX {
            return Some(usize::MAX);
        }
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((self.state >> 8) as usize % self.longest as usize + 1)
    }
}
