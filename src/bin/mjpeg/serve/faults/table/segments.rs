//! Faults of the segments of a picture, and pictures that few readers read. The part has the right length of it.

use mjpeg::jpeg::Marker;

use super::super::entry::Entry;
use super::row::{named, picture};
use super::splice::{behind_soi, frame_header, inserted, new_segment, scan, segment, with};

/// Pictures of a coding that cannot be made from any other one.
const ARITHMETIC: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/arithmetic.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/progressive.jpg");
const RESTARTS: &[u8] = include_bytes!("../../../../../../fixtures/jpeg/422-restart.jpg");

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

pub const ENTRIES: &[Entry] = &[
    picture(
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
    named(
        "lossless",
        "lossless@5",
        |scene| with(scene.jpeg, frame_header(scene.jpeg)?.start + 1, &[0xc3]),
        "the frame header of a lossless picture",
    ),
    named(
        "hierarchical",
        "hierarchical@5",
        |scene| with(scene.jpeg, frame_header(scene.jpeg)?.start + 1, &[0xc5]),
        "the frame header of a hierarchical picture",
    ),
    named(
        "twelve-bits",
        "twelve-bits@5",
        |scene| {
            let at = frame_header(scene.jpeg)?.start;
            with(&with(scene.jpeg, at + 1, &[0xc1])?, at + 4, &[12])
        },
        "the frame header of a picture with 12 bits per sample",
    ),
    picture(
        "no-height",
        "no-height@5",
        |scene| {
            let (header, scan) = (frame_header(scene.jpeg)?, scan(scene.jpeg)?);
            let height = scene.jpeg.get(header.start + 5..header.start + 7)?;
            let lines = new_segment(0xdc, height);
            with(&inserted(scene.jpeg, scan.end, &lines), header.start + 5, &[0, 0])
        },
        "number-of-lines",
        "the height of the picture comes after its scan (DNL)",
    ),
    picture(
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
    named(
        "scan-order",
        "scan-order@5",
        |scene| {
            let header = segment(scene.jpeg, Marker::SOS)?;
            let components = scene.jpeg.get(header.start + 5..header.start + 11)?;
            let [y, dc, cb, b_tables, cr, r_tables] = components.try_into().ok()?;
            with(scene.jpeg, header.start + 5, &[y, dc, cr, r_tables, cb, b_tables])
        },
        "the scan has its components in another order than the frame",
    ),
    named(
        "scan-parameters",
        "scan-parameters",
        |scene| with(scene.jpeg, segment(scene.jpeg, Marker::SOS)?.end - 3, &[1]),
        "a scan header that does not fit the frame",
    ),
    named(
        "nul-bytes",
        "nul-bytes",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, b"\0\0")),
        "zeros between two segments",
    ),
    named(
        "junk-bytes",
        "junk-bytes",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, b"junk")),
        "other bytes between two segments",
    ),
    named(
        "reserved-marker",
        "reserved-marker@5",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, &new_segment(0xf0, b"text"))),
        "a segment with the reserved marker FF F0 before the frame header",
    ),
    named(
        "jpeg-ls-marker",
        "jpeg-ls-marker@5",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, &new_segment(0xf7, b"text"))),
        "a segment with the marker FF F7 of JPEG-LS",
    ),
    named(
        "jpg-marker",
        "jpg-marker@5",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, &new_segment(0xc8, b"text"))),
        "a segment with the reserved marker FF C8",
    ),
    named(
        "late-marker",
        "late-marker@5",
        |scene| Some(inserted(scene.jpeg, scan(scene.jpeg)?.end, &new_segment(0xf0, b"text"))),
        "a segment with the reserved marker FF F0 behind the scan",
    ),
    named(
        "conditioning",
        "conditioning@5",
        |scene| Some(inserted(scene.jpeg, frame_header(scene.jpeg)?.start, &new_segment(0xcc, b"\0"))),
        "a DAC segment of one byte",
    ),
    named(
        "short-segment",
        "short-segment",
        |scene| Some(inserted(scene.jpeg, behind_soi(scene.jpeg), b"\xff\xfe\0\x01")),
        "a comment with a length of 1",
    ),
    named(
        "extra-padding",
        "extra-padding",
        |scene| Some(inserted(scene.jpeg, scan(scene.jpeg)?.end, b"\xff\0")),
        "a byte of ones after the last MCU",
    ),
    named(
        "extra-bytes",
        "extra-bytes",
        |scene| Some(inserted(scene.jpeg, scan(scene.jpeg)?.end, b"abc")),
        "three bytes after the last MCU",
    ),
    named(
        "boundary-in-picture",
        "boundary-in-picture",
        |scene| {
            let comment = [b"text ", scene.delimiter.trim_ascii(), b" text"].concat();
            Some(inserted(scene.jpeg, behind_soi(scene.jpeg), &new_segment(0xfe, &comment)))
        },
        "the delimiter in a comment of the picture",
    ),
    named(
        "no-frame",
        "no-frame@5",
        |_| Some(b"\xff\xd8\xff\xd9".to_vec()),
        "SOI and EOI, and no picture between them",
    ),
    named("arithmetic", "arithmetic@5", |_| Some(ARITHMETIC.to_vec()), "a picture with arithmetic coding"),
    picture(
        "huge-picture",
        "huge-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0xff, 0xdc, 0xff, 0xdc]),
        "area-too-large",
        "a progressive picture of 65 500 x 65 500",
    ),
    picture(
        "large-picture",
        "large-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0x2e, 0xe0, 0x2e, 0xe0]),
        "scan-not-read",
        "a progressive picture of 12 000 x 12 000",
    ),
    picture(
        "wide-picture",
        "wide-picture@5",
        |_| with(PROGRESSIVE, segment(PROGRESSIVE, Marker::SOF2)?.start + 5, &[0x0b, 0xb8, 0xff, 0xff]),
        "side-too-long",
        "a progressive picture of 65 535 x 3 000",
    ),
    named("two-components", "two-components@5", |_| Some(two_components()), "a picture with two components"),
    named(
        "hidden-restart",
        "hidden-restart@5",
        |_| {
            let scan = scan(RESTARTS)?;
            let at = RESTARTS[scan.clone()].windows(2).position(|two| two == b"\xff\xd0")?;
            Some(inserted(RESTARTS, scan.start + at, b"abc"))
        },
        "other bytes before a restart marker",
    ),
];
