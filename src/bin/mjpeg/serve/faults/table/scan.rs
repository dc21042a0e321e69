//! Faults of the entropy-coded data of a picture. The part has the right length of it.

use super::super::entry::{Draw, Entry, Takes};
use super::row::picture;
use super::splice::{half, inserted, inside, inside_scan, scan, without};

/// The bytes of one TCP segment in Ethernet.
const PACKET: u64 = 1448;

const fn sized(
    name: &'static str,
    example: &'static str,
    bytes: u64,
    draw: Draw,
    help: &'static str,
) -> Entry {
    Entry { takes: Takes::Size(Some(bytes)), ..picture(name, example, draw, "scan-damaged", help) }
}

/// The length of the argument as it fits into memory.
fn size(argument: u64) -> usize {
    usize::try_from(argument).unwrap_or(usize::MAX)
}

pub const ENTRIES: &[Entry] = &[
    picture(
        "torn",
        "torn@every=2",
        |scene| {
            let (above, below) = (scene.before?, scene.jpeg);
            let (first, second) = (half(above, 0)?, half(below, 1)?);
            Some([&above[..first], &below[second..]].concat())
        },
        "scan-damaged",
        "half of the picture before, and half of this one",
    ),
    sized(
        "bits-flipped",
        "bits-flipped=20@every=2",
        20,
        |scene| {
            let mut jpeg = scene.jpeg.to_vec();
            let found = scan(scene.jpeg)?;
            for _ in 0..scene.argument.min(1 << 16) {
                let at = inside(scene.jpeg, &found, 1, &mut scene.random)?.start;
                let flipped = jpeg[at] ^ (1 << scene.random.below(8));
                if flipped != 0xff && jpeg[at] != 0xff {
                    jpeg[at] = flipped;
                }
            }
            Some(jpeg)
        },
        "SIZE bits of the scan are flipped (20)",
    ),
    sized(
        "bytes-lost",
        "bytes-lost@every=2",
        PACKET,
        |scene| {
            let lost = inside_scan(scene.jpeg, size(scene.argument), &mut scene.random)?;
            Some(without(scene.jpeg, lost))
        },
        "SIZE bytes of the scan are missing (1448, a packet)",
    ),
    sized(
        "zeros",
        "zeros@every=2",
        PACKET,
        |scene| {
            let mut jpeg = scene.jpeg.to_vec();
            let range = inside_scan(scene.jpeg, size(scene.argument), &mut scene.random)?;
            jpeg[range].fill(0);
            Some(jpeg)
        },
        "SIZE bytes of the scan are zero (1448)",
    ),
    picture(
        "marker-inside",
        "marker-inside@5",
        |scene| {
            let scan = scan(scene.jpeg)?;
            Some(inserted(scene.jpeg, scan.start + scan.len() / 2, b"\x11\xff\xd8"))
        },
        "broken",
        "a SOI in the middle of the scan",
    ),
];
