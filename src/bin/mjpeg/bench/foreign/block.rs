//! The size of the blocks in which a server sends, if it does.

use super::trace::Part;

/// The smallest block: common divisors below it are chance.
pub const SMALLEST: u64 = 512;
/// Chunks or sends that show a size.
pub const PROOF: usize = 4;
/// The most numbers of bytes that are tried.
const CANDIDATES: usize = 2000;
/// The share of sends that must agree.
pub const MOST: f64 = 0.8;

/// The size of the chunks, if it is the same for most of them and not that of the parts.
pub fn of_chunks(chunks: &[u64], parts: &[Part]) -> Option<u64> {
    let (&size, rest) = chunks.split_last().map(|(_, rest)| rest)?.split_first()?;
    let others = rest.iter().filter(|&&other| other != size).count();
    let is_same = chunks.len() > PROOF && others as f64 <= (1.0 - MOST) * (chunks.len() - 1) as f64;
    // Slices of each part: the last one is shorter.
    let is_slice = others > 1 && others * 2 >= parts.len();
    // Equal pictures, each a chunk.
    let is_part = chunks.len().abs_diff(parts.len()) <= 1;
    (is_same && !is_slice && !is_part && size >= SMALLEST).then_some(size)
}

/// The greatest number of bytes of which the sends are multiples. On a busy machine the bytes of one send may be read with a pause
/// between them, which makes two of it.
pub fn of_sends(sizes: &[u64], parts: &[Part]) -> Option<u64> {
    let divisors = sizes.windows(2).map(|pair| gcd(pair[0], pair[1]));
    let mut candidates: Vec<u64> =
        divisors.chain(sizes.iter().copied()).filter(|&it| it > 0).take(CANDIDATES).collect();
    candidates.extend(sizes.iter().copied().reduce(gcd));
    candidates.sort_unstable();
    candidates.dedup();
    let block = candidates.into_iter().rev().find(|&block| is_block(sizes, block))?;
    // Parts of one size: any server that sends one at a time sends multiples of it.
    let pitch = parts.windows(2).map(|pair| pair[1].start - pair[0].start).reduce(gcd);
    let is_part = pitch.is_some_and(|pitch| pitch >= SMALLEST && block % pitch == 0);
    (block >= SMALLEST && !is_part).then_some(block)
}

/// Whether most sends are multiples of `block`, and each of the others makes one with the next.
fn is_block(sizes: &[u64], block: u64) -> bool {
    let (mut whole, mut rest) = (0, 0);
    for (index, size) in sizes.iter().enumerate() {
        if rest == 0 && size % block == 0 {
            whole += 1;
            continue;
        }
        let is_second = rest != 0;
        rest = (rest + size % block) % block;
        if is_second && rest != 0 && index + 1 < sizes.len() {
            return false;
        }
    }
    whole as f64 >= MOST * sizes.len() as f64
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn slices_of_each_part_are_no_blocks() {
        let parts = |len: u64| -> Vec<Part> {
            (0..10)
                .map(|n| Part { start: n * len, end: (n + 1) * len, at: Duration::ZERO, stamp: None })
                .collect()
        };
        let slices = [[4096; 11].as_slice(), &[700]].concat().repeat(10);
        assert_eq!(of_chunks(&slices, &parts(45_756)), None);
        // The first chunk of a server may be another one, and the last one is cut by the end of the measurement.
        let blocks = [[300].as_slice(), &[4096; 110], &[55]].concat();
        assert_eq!(of_chunks(&blocks[1..], &parts(45_756)), Some(4096));
        assert_eq!(of_chunks(&[[4096].as_slice(), &blocks].concat(), &parts(45_756)), Some(4096));
    }
}
