//! A short value that stands for many bytes.

/// Equal bytes have equal fingerprints, and others have different ones, but for one in 2^64 pairs. It is no protection against
/// bytes that are made to have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    len: usize,
    lanes: [u64; LANES],
}

/// Lanes that are computed at one time, each of every fourth word.
const LANES: usize = 4;
const WORD: usize = size_of::<u64>();
/// 2^64 divided by the golden ratio, as in Fibonacci hashing (Knuth, TAOCP volume 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Fingerprint {
    /// That of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut lanes = [1, 2, 3, 4];
        let blocks = bytes.chunks_exact(LANES * WORD);
        let rest = blocks.remainder();
        blocks.for_each(|block| mix(&mut lanes, block));
        let mut last = [0; LANES * WORD];
        last[..rest.len()].copy_from_slice(rest);
        mix(&mut lanes, &last);
        Self { len: bytes.len(), lanes }
    }
}

fn mix(lanes: &mut [u64; LANES], block: &[u8]) {
    for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(WORD)) {
        let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
        // The upper half depends on every bit, and the lower half alone would keep a change of the highest bit a change of one
        // bit, which the next word could undo.
        let product = u128::from(*lane ^ word) * u128::from(FACTOR);
        *lane = (product >> 64) as u64 ^ product as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    #[test]
    fn each_change_of_a_byte_and_each_length_has_a_fingerprint_of_its_own() {
        let bytes: Vec<u8> = (0..200_u32).map(|n| (n * n % 251) as u8).collect();
        assert_eq!(Fingerprint::of(&bytes), Fingerprint::of(&bytes.clone()));
        let mut seen = BTreeMap::new();
        let mut count = 0;
        let mut add = |bytes: &[u8]| {
            let Fingerprint { len, lanes } = Fingerprint::of(bytes);
            count += 1;
            // Some of the changes below give the same bytes.
            if let Some(earlier) = seen.insert((len, lanes), bytes.to_vec()) {
                assert_eq!(earlier, bytes);
            }
        };
        (0..bytes.len()).for_each(|len| add(&bytes[..len]));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                add(&other);
                // Two words that are exchanged.
                other.swap(at, (at + 32) % bytes.len());
                if other[at] != other[(at + 32) % bytes.len()] {
                    add(&other);
                }
            }
        }
        assert!(count > 2000 && seen.len() > 2000);
        assert_ne!(Fingerprint::of(&[]), Fingerprint::of(&[0]));
    }

    #[test]
    fn changes_of_one_bit_in_each_of_two_words_do_not_undo_one_another() {
        let bytes = [0_u8; 64];
        let mut seen = BTreeMap::new();
        for first in 0..64 {
            for second in 0..64 {
                let mut other = bytes;
                other[first / 8] ^= 1 << (first % 8);
                other[32 + second / 8] ^= 1 << (second % 8);
                let Fingerprint { len, lanes } = Fingerprint::of(&other);
                assert_eq!(seen.insert((len, lanes), (first, second)), None, "{first} {second}");
            }
        }
    }
}
