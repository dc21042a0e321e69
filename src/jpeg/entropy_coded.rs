//! Skips the entropy-coded data between two markers at memory speed.

use memchr::memchr;

/// Entropy-coded bytes that are read one by one after an `FF` before [`memchr`] is called, if the `FF` came
/// within as many bytes: where there is an `FF` every few bytes, the call costs more than it saves.
const NEAR: usize = 8;
/// Entropy-coded bytes that are searched at once for anything but stuffed bytes, which come every 200 bytes or so.
const BLOCK: usize = 128;

/// Skips entropy-coded data from `at` on. It either stops after an `FF` that no stuffed zero follows (`true`),
/// or reaches the end of `body`. If `at` is behind that end, in an SOS segment that is not complete, it stays.
pub(super) fn pass(body: &[u8], at: usize) -> (usize, bool) {
    // Without vector instructions the blocks are slower than memchr, and tests walk gigabytes.
    if cfg!(debug_assertions) { search(body, at) } else { search(body, pass_blocks(body, at)) }
}

/// Skips blocks that contain nothing but data.
fn pass_blocks(body: &[u8], mut at: usize) -> usize {
    while let Some(block) = body.get(at..at + BLOCK + 1) {
        if holds_marker(block) {
            break;
        }
        at += BLOCK;
    }
    at
}

/// [`pass`] from one `FF` to the next.
fn search(body: &[u8], mut at: usize) -> (usize, bool) {
    let mut dense = false;
    while at < body.len() {
        let rest = &body[at..];
        let near = if dense { rest.len().min(NEAR) } else { 0 };
        let found = match rest[..near].iter().position(|&b| b == 0xff) {
            Some(n) => Some(n),
            None => memchr(0xff, &rest[near..]).map(|n| near + n),
        };
        let Some(n) = found else { return (body.len(), false) };
        at += n + 1;
        if body.get(at) != Some(&0x00) {
            return (at, true);
        }
        at += 1;
        dense = n < NEAR;
    }
    (at, false)
}

/// Whether an `FF` that no stuffed zero follows is in all but the last byte. It has no branch, so that the
/// compiler uses vector instructions.
fn holds_marker(block: &[u8]) -> bool {
    let pairs = block[..BLOCK].iter().zip(&block[1..=BLOCK]);
    pairs.fold(0, |found, (&byte, &next)| found | (u8::from(byte == 0xff) & u8::from(next != 0))) != 0
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn passing_over_blocks_changes_no_answer() {
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        for round in 0..2000 {
            let mut body = Vec::new();
            while body.len() < round % 700 {
                match random() % 300 {
                    0 => body.extend_from_slice(b"\xff\xd9"),
                    1..30 => body.extend_from_slice(b"\xff\x00"),
                    byte => body.push((byte % 255) as u8),
                }
            }
            for at in [0, body.len() / 3, body.len(), body.len() + 9] {
                assert_eq!(search(&body, pass_blocks(&body, at)), search(&body, at), "{body:x?} from {at}");
            }
        }
    }
}
