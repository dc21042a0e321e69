//! Faults of the structure of a picture. The part has the right length of it.

use mjpeg::jpeg::Marker;

use super::super::entry::{Act, Draw, Entry, Shows, Takes};
use super::splice::{frame_header, inserted, inside, inside_scan, new_segment, scan, segment, with, without};

/// Pictures of a coding that cannot be made from any other one.
const ARITHMETIC: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/arithmetic.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/progressive.jpg");
const RESTARTS: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/422-restart.jpg");

/// The bytes of one TCP segment in Ethernet.
const PACKET: u64 = 1448;

const fn each(name: &'static str, draw: Draw, rule: &'static str, help: &'static str) -> Entry {
    Entry {
        name,
        takes: Takes::Nothing,
        act: Act::Picture(draw),
        shows: Shows::Rule(rule),
        example: name,
        help,
    }
}

const fn once(
    name: &'static str,
    example: &'static str,
    draw: Draw,
    rule: &'static str,
    help: &'static str,
) -> Entry {
    Entry { example, ..each(name, draw, rule, help) }
}

const fn sized(
    name: &'static str,
    example: &'static str,
    bytes: u64,
    draw: Draw,
    help: &'static str,
) -> Entry {
    Entry { takes: Takes::Size(Some(bytes)), ..once(name, example, draw, "scan-damaged", help) }
}

/// A picture of one block with two components. Each Huffman table has one code: the difference 0, and the end of the block.
fn two_components() -> Vec<u8> {
    let quantisation = [&[0][..], &[16; 64]].concat();
    let huffman = |class: u8| [&[class << 4, 1][..], &[0; 16]].concat();
    [
        &b"\xff\xd8"[..],
        &new_segment(0xdb, &quantisation),
        &new_segment(0xc0, b"\x08\x00\x08\x00\x08\x02\x01\x11\x00\x02\x11\x00"),
        &new_segment(0xc4, &huffman(0)),
        &new_segment(0xc4, &huffman(1)),
        &new_segment(0xda, b"\x02\x01\x00\x02\x00\x00\x3f\x00"),
        // Four codes of one bit, and ones up to the byte.
        b"\x0f\xff\xd9",
    ]
    .concat()
}

/// Where the segments begin: behind the last SOI at the start.
fn behind_soi(jpeg: &[u8]) -> usize {
    let first = jpeg.windows(2).position(|two| two == b"\xff\xd8").unwrap_or_default();
    let soi = jpeg[first..].chunks_exact(2).take_while(|two| *two == b"\xff\xd8").count();
    first + soi * 2
}

/// The length of the argument as it fits into memory.
fn size(argument: u64) -> usize {
    usize::try_from(argument).unwrap_or(usize::MAX)
}

/// An offset in the middle of the scan: a restart marker, or the one so many behind it, if there are some.
fn half(jpeg: &[u8], behind: usize) -> Option<usize> {
    let scan = scan(jpeg)?;
    let is_restart = |two: &[u8]| two[0] == 0xff && (0xd0..=0xd7).contains(&two[1]);
    let restarts = jpeg[scan.clone()].windows(2).enumerate().filter(|(_, two)| is_restart(two));
    let restarts: Vec<usize> = restarts.map(|(at, _)| scan.start + at).collect();
    match restarts.get(restarts.len() / 2 + behind) {
        Some(at) => Some(*at),
        None => (scan.start + scan.len() / 2..scan.end).find(|at| jpeg[*at] != 0 && jpeg[at - 1] != 0xff),
    }
}

pub const ENTRIES: &[Entry] = &[
    once(
        "no-soi",
        "no-soi@5",
        |scene| scene.jpeg.get(4..).map(<[u8]>::to_vec),
        "no-soi",
        "the picture without its first four bytes",
    ),
    once(
        "second-picture",
        "second-picture",
        |scene| {
            let index = new_segment(0xe2, b"MPF\0II*\0\x08\0\0\0");
            Some([&inserted(scene.jpeg, behind_soi(scene.jpeg), &index), scene.jpeg].concat())
        },
        "announced-after-eoi",
        "a second picture behind the first one, which announces it (MPF)",
    ),
    once(
        "bytes-after-eoi",
        "bytes-after-eoi",
        |scene| Some([scene.jpeg, &[0; 100]].concat()),
        "bytes-after-eoi",
        "100 zeros behind the EOI",
    ),
    once(
        "cut-picture",
        "cut-picture@5",
        |scene| Some(scene.jpeg[..scene.jpeg.len() / 2].to_vec()),
        "truncated",
        "the first half of the picture",
    ),
    once(
        "no-eoi",
        "no-eoi",
        |scene| scene.jpeg.strip_suffix(b"\xff\xd9").map(<[u8]>::to_vec),
        "no-eoi",
        "the picture without its EOI",
    ),
    once(
        "bytes-before-soi",
        "bytes-before-soi",
        |scene| Some([b"\0\0", scene.jpeg].concat()),
        "bytes-before-soi",
        "two zeros before the SOI; one picture of several is a warning",
    ),
    each("two-soi", |scene| Some([b"\xff\xd8", scene.jpeg].concat()), "repeated-soi", "the SOI twice"),
    once(
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
    once(
        "marker-inside",
        "marker-inside@5",
        |scene| {
            let scan = scan(scene.jpeg)?;
            Some(inserted(scene.jpeg, scan.start + scan.len() / 2, b"\x11\xff\xd8"))
        },
        "broken",
        "a SOI in the middle of the scan",
    ),
    once(
        "no-dht",
        "no-dht",
        |scene| {
            let mut jpeg = scene.jpeg.to_vec();
            while let Some(table) = segment(&jpeg, Marker::DHT) {
                jpeg.drain(table);
            }
            Some(jpeg)
        },
        "standard-tables",
        "the picture without its Huffman tables",
    ),
    once(
        "lossless",
        "lossless@5",
        |scene| with(scene.jpeg, frame_header(scene.jpeg)?.start + 1, &[0xc3]),
        "lossless",
        "the frame header of a lossless picture",
    ),
    once(
        "hierarchical",
        "hierarchical@5",
        |scene| with(scene.jpeg, frame_header(scene.jpeg)?.start + 1, &[0xc5]),
        "hierarchical",
        "the frame header of a hierarchical picture",
    ),
    once(
        "twelve-bits",
        "twelve-bits@5",
        |scene| {
            let at = frame_header(scene.jpeg)?.start;
            with(&with(scene.jpeg, at + 1, &[0xc1])?, at + 4, &[12])
        },
        "twelve-bits",
        "the frame header of a picture with 12 bits per sample",
    ),
    once(
        "no-height",
        "no-height@5",
        |scene| {
            let (header, scan) = (frame_header(scene.jpeg)?, scan(scene.jpeg)?);
            let height = scene.jpeg.get(header.start + 5..header.start + 7)?;
            let lines = new_segment(0xdc, height);
            with(&inserted(scene.jpeg, scan.end, &lines), header.start + 5, &[0, 0])
        },
        "number-of-lines",
        "the height of the picture comes behind its scan (DNL)",
    ),
    once(
        "five-components",
        "five-components@5",
        |scene| {
            let header = frame_header(scene.jpeg)?;
            let mut parameters = scene.jpeg[header.start + 4..header.end].to_vec();
            *parameters.get_mut(5)? = 5;
            parameters.truncate(6);
            (1..=5).for_each(|id| parameters.extend([id, 0x11, 0]));
            let frame = new_segment(0xc1, &parameters);
            Some([&scene.jpeg[..header.start], &frame, &scene.jpeg[header.end..]].concat())
        },
        "too-many-components",
        "the frame header of a picture with five components",
    ),
    once(
        "scan-order",
        "scan-order@5",
        |scene| {
            let header = segment(scene.jpeg, Marker::SOS)?;
            let components = scene.jpeg.get(header.start + 5..header.start + 11)?;
            let [y, dc, cb, b_tables, cr, r_tables] = components.try_into().ok()?;
            with(scene.jpeg, header.start + 5, &[y, dc, cr, r_tables, cb, b_tables])
        },
        "scan-order",
        "the scan has its components in another order than the frame",
    ),
    once(
        "scan-parameters",
        "scan-parameters",
        |scene| with(scene.jpeg, segment(scene.jpeg, Marker::SOS)?.end - 3, &[1]),
        "scan-parameters",
        "a scan header that does not fit the frame",
    ),
    once(
        "nul-bytes",
        "nul-bytes",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, b"\0\0")),
        "nul-bytes",
        "zeros between two segments",
    ),
    once(
        "junk-bytes",
        "junk-bytes",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, b"junk")),
        "junk-bytes",
        "other bytes between two segments",
    ),
    once(
        "short-segment",
        "short-segment",
        |scene| Some(inserted(scene.jpeg, behind_soi(scene.jpeg), b"\xff\xfe\0\x01")),
        "short-segment",
        "a comment with a length of 1",
    ),
    once(
        "extra-padding",
        "extra-padding",
        |scene| Some(inserted(scene.jpeg, scan(scene.jpeg)?.end, b"\xff\0")),
        "extra-padding",
        "a byte of ones behind the last MCU",
    ),
    once(
        "extra-bytes",
        "extra-bytes",
        |scene| Some(inserted(scene.jpeg, scan(scene.jpeg)?.end, b"abc")),
        "extra-bytes",
        "three bytes behind the last MCU",
    ),
    once(
        "boundary-in-picture",
        "boundary-in-picture",
        |scene| {
            let comment = [b"text ", scene.delimiter.trim_ascii(), b" text"].concat();
            Some(inserted(scene.jpeg, behind_soi(scene.jpeg), &new_segment(0xfe, &comment)))
        },
        "boundary-in-picture",
        "the delimiter in a comment of the picture",
    ),
    once(
        "no-frame",
        "no-frame@5",
        |_| Some(b"\xff\xd8\xff\xd9".to_vec()),
        "no-frame",
        "SOI and EOI, and no picture between them",
    ),
    once(
        "arithmetic",
        "arithmetic@5",
        |_| Some(ARITHMETIC.to_vec()),
        "arithmetic",
        "a picture with arithmetic coding",
    ),
    once(
        "huge-picture",
        "huge-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0xff, 0xdc, 0xff, 0xdc]),
        "area-too-large",
        "a progressive picture of 65 500 x 65 500",
    ),
    once(
        "large-picture",
        "large-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0x2e, 0xe0, 0x2e, 0xe0]),
        "scan-not-read",
        "a progressive picture of 12 000 x 12 000",
    ),
    once(
        "wide-picture",
        "wide-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0x0b, 0xb8, 0xff, 0xff]),
        "side-too-long",
        "a progressive picture of 65 535 x 3 000",
    ),
    once(
        "two-components",
        "two-components@5",
        |_| Some(two_components()),
        "two-components",
        "a picture with two components",
    ),
    once(
        "hidden-restart",
        "hidden-restart@5",
        |_| {
            let scan = scan(RESTARTS)?;
            let at = RESTARTS[scan.clone()].windows(2).position(|two| two == b"\xff\xd0")?;
            Some(inserted(RESTARTS, scan.start + at, b"abc"))
        },
        "hidden-restart",
        "other bytes before a restart marker",
    ),
];
