//! What networks and torn files do to pictures.

use std::ops::Range;

use mjpeg::jpeg::{Marker, Segments};

/// Numbers that are the same on every run: xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

/// From the first byte of entropy-coded data to EOI.
pub fn scan_data(jpeg: &[u8]) -> Range<usize> {
    let scan = Segments::of(jpeg).find(|segment| segment.marker == Marker::SOS).unwrap();
    scan.entropy_coded.start..jpeg.len() - 2
}

/// Flips bits of entropy-coded data; the headers of later scans stay as they are.
pub fn flip(jpeg: &[u8], flips: usize, random: &mut Random) -> Vec<u8> {
    let scans: Vec<usize> = Segments::of(jpeg).flat_map(|segment| segment.entropy_coded).collect();
    let mut flipped = jpeg.to_vec();
    for _ in 0..flips {
        flipped[scans[random.below(scans.len())]] ^= 1 << random.below(8);
    }
    flipped
}

/// What webcams send.
pub fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut without = jpeg.to_vec();
    let tables: Vec<Range<usize>> = Segments::of(jpeg)
        .filter(|segment| segment.marker == Marker::DHT)
        .map(|segment| segment.at..segment.at + 4 + segment.parameters.len())
        .collect();
    for table in tables.into_iter().rev() {
        without.drain(table);
    }
    without
}
