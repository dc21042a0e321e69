//! Faults of the bytes around a picture. The part has the right length of it.

use super::super::entry::Entry;
use super::row::{named, picture};
use super::splice::{behind_soi, inserted, new_segment};

pub const ENTRIES: &[Entry] = &[
    named(
        "no-soi",
        "no-soi@5",
        |scene| scene.jpeg.get(4..).map(<[u8]>::to_vec),
        "the picture without its first four bytes",
    ),
    picture(
        "second-picture",
        "second-picture",
        |scene| {
            let index = new_segment(0xe2, b"MPF\0II*\0\x08\0\0\0");
            Some([&inserted(scene.jpeg, behind_soi(scene.jpeg), &index), scene.jpeg].concat())
        },
        "announced-after-eoi",
        "a second picture after the first one, which announces it (MPF)",
    ),
    named(
        "bytes-after-eoi",
        "bytes-after-eoi",
        |scene| Some([scene.jpeg, &[0; 100]].concat()),
        "100 zeros after the EOI",
    ),
    picture(
        "cut-picture",
        "cut-picture@5",
        |scene| Some(scene.jpeg[..scene.jpeg.len() / 2].to_vec()),
        "truncated",
        "the first half of the picture",
    ),
    named(
        "no-eoi",
        "no-eoi",
        |scene| scene.jpeg.strip_suffix(b"\xff\xd9").map(<[u8]>::to_vec),
        "the picture without its EOI",
    ),
    named(
        "bytes-before-soi",
        "bytes-before-soi",
        |scene| Some([b"\0\0", scene.jpeg].concat()),
        "two zeros before the SOI; one picture of several is a warning",
    ),
    named(
        "bytes-after-soi",
        "bytes-after-soi@5",
        |scene| Some(inserted(scene.jpeg, behind_soi(scene.jpeg), b"junk")),
        "four other bytes between SOI and the first marker",
    ),
    picture(
        "two-soi",
        "two-soi",
        |scene| Some([b"\xff\xd8", scene.jpeg].concat()),
        "repeated-soi",
        "the SOI twice",
    ),
];
