//! Skips entropy-coded data with its restart markers at memory speed.

use memchr::memchr;

/// Entropy-coded bytes that are read one by one after an `FF` before [`memchr`] is called, if the `FF` came
/// within as many bytes: where there is an `FF` every few bytes, the call costs more than it saves.
const NEAR: usize = 8;
/// Entropy-coded bytes that are searched at once for anything but stuffed bytes, which come every 200 bytes or so.
const BLOCK: usize = 128;

/// Skips entropy-coded data from `at` on. It either stops after an `FF` that neither a stuffed zero nor the code of a
/// restart marker follows (`true`), or reaches the end of `body`. If `at` is behind that end, in an SOS segment that is not complete, it stays.
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
        match body.get(at) {
            Some(0x00 | 0xd0..=0xd7) => at += 1,
            _ => return (at, true),
        }
        dense = n < NEAR;
    }
    (at, false)
}

/// Whether an `FF` is in all but the last byte that neither a stuffed zero nor the code of a restart marker follows.
/// Cameras with a restart marker behind each row of blocks have one every 100 bytes. It has no branch, so that the
/// compiler uses vector instructions.
fn holds_marker(block: &[u8]) -> bool {
    let pairs = block[..BLOCK].iter().zip(&block[1..=BLOCK]);
    let is_marker =
        |byte: u8, next: u8| u8::from(byte == 0xff) & u8::from(next != 0) & u8::from(next & 0xf8 != 0xd0);
    pairs.fold(0, |found, (&byte, &next)| found | is_marker(byte, next)) != 0
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn only_a_marker_that_ends_the_data_stops_it() {
        for (body, end, stopped) in [
            (&b"a\xff\x00b\xff\xd0c\xff\xd7d"[..], 10, false),
            (b"a\xff\xd8", 2, true),
            (b"a\xff\xcf", 2, true),
            (b"a\xff\xff\xd0", 2, true),
            (b"a\xff", 2, true),
        ] {
            assert_eq!(pass(body, 0), (end, stopped), "{body:x?}");
            let padded = [&[b'a'; 3 * BLOCK], body].concat();
            assert_eq!(search(&padded, pass_blocks(&padded, 0)), (end + 3 * BLOCK, stopped), "{body:x?}");
        }
    }

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
                    30..60 => body.extend_from_slice(&[0xff, 0xd0 + (random() % 8) as u8]),
                    byte => body.push((byte % 255) as u8),
                }
            }
            for at in [0, body.len() / 3, body.len(), body.len() + 9] {
                assert_eq!(search(&body, pass_blocks(&body, at)), search(&body, at), "{body:x?} from {at}");
            }
        }
    }
}
