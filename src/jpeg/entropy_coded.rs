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
    while let Some(block) = body.get(at..).and_then(|rest| rest.first_chunk()) {
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
/// Cameras with a restart marker behind each row of blocks have one every 100 bytes.
///
/// The instructions are written down, and four of the sixteens are in a row: a compiler that makes a small program neither
/// uses vectors on its own nor repeats the body of a loop.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn holds_marker(block: &[u8; BLOCK + 1]) -> bool {
    let mut found = safe_arch::zeroed_m128i();
    let mut at = 0;
    while at < BLOCK {
        found = found | markers_in_sixteen(block, at) | markers_in_sixteen(block, at + 16);
        found = found | markers_in_sixteen(block, at + 32) | markers_in_sixteen(block, at + 48);
        at += 64;
    }
    safe_arch::move_mask_i8_m128i(found) != 0
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn markers_in_sixteen(block: &[u8; BLOCK + 1], at: usize) -> safe_arch::m128i {
    use safe_arch::{bitandnot_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, set_splat_i8_m128i};
    let bytes = load_unaligned_m128i(&bytes_at(block, at));
    let next = load_unaligned_m128i(&bytes_at(block, at + 1));
    let is_stuffed = cmp_eq_mask_i8_m128i(next, safe_arch::zeroed_m128i());
    let restart = set_splat_i8_m128i(0xd0_u8 as i8);
    let is_restart = cmp_eq_mask_i8_m128i(next & set_splat_i8_m128i(0xf8_u8 as i8), restart);
    bitandnot_m128i(is_stuffed | is_restart, cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(-1)))
}

/// As the other one, eight bytes at once.
#[cfg(not(target_arch = "x86_64"))]
fn holds_marker(block: &[u8; BLOCK + 1]) -> bool {
    any_in_eights(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn any_in_eights(block: &[u8; BLOCK + 1]) -> bool {
    (0..BLOCK).step_by(8).fold(0, |found, at| found | markers_in_eight(block, at)) != 0
}

#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn markers_in_eight(block: &[u8; BLOCK + 1], at: usize) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const LOW: u64 = ONES * 0x7f;
    // The highest bit of each byte that is zero.
    let zeros = |bytes: u64| !(((bytes & LOW) + LOW) | bytes | LOW);
    let (bytes, next) =
        (u64::from_le_bytes(bytes_at(block, at)), u64::from_le_bytes(bytes_at(block, at + 1)));
    zeros(!bytes) & !zeros(next) & !zeros((next & (ONES * 0xf8)) ^ (ONES * 0xd0))
}

#[inline(always)]
fn bytes_at<const N: usize>(block: &[u8; BLOCK + 1], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&block[at..at + N]);
    bytes
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
    fn a_marker_is_found_at_every_place_of_a_block() {
        for place in 0..BLOCK {
            for code in 0..=255 {
                let mut block = [0xd0; BLOCK + 1];
                block[place] = 0xff;
                block[place + 1] = code;
                // A stuffed byte before it, whose zero the marker must not hide.
                if place >= 2 {
                    [block[place - 2], block[place - 1]] = [0xff, 0];
                }
                let expected = !matches!(code, 0x00 | 0xd0..=0xd7);
                assert_eq!(holds_marker(&block), expected, "{code:x} behind {place}");
                assert_eq!(any_in_eights(&block), expected, "{code:x} behind {place}");
            }
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
