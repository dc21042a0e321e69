//! Classes of pictures: damaged, unusual and sound ones, and what the program says about each.

use mjpeg::jpeg::Marker;

#[path = "../jpeg/encoder.rs"]
#[expect(dead_code, reason = "the tests of the codec use the rest")]
mod encoder;
#[path = "../jpeg/fixture.rs"]
#[expect(dead_code, reason = "the tests of the codec use the rest")]
mod fixture;

use encoder::{Order, Padding, Plan};
use fixture::{inserted, segment, segments, without};

pub use fixture::named;

/// A picture and what the program says about it.
pub struct Class {
    pub name: &'static str,
    pub jpeg: Vec<u8>,
    /// The word in the manifest of `record`, if no consumer shows the picture by its markers.
    pub damage: Option<&'static str>,
    /// Whether `serve` sends it.
    pub is_served: bool,
    /// The rules that `check --shallow` names.
    pub rules: &'static [&'static str],
    /// The rules that `check` names.
    pub deep: &'static [&'static str],
}

/// With `byte` at `at`.
pub fn with(jpeg: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    jpeg[at] = byte;
    jpeg
}

/// Where the first segment with this marker starts.
pub fn start_of(jpeg: &[u8], marker: Marker) -> usize {
    segments(jpeg, marker)[0].start
}

/// With `count` components in a frame header of type `marker`.
fn components(jpeg: &[u8], marker: Marker, count: u8) -> Vec<u8> {
    let frame = segments(jpeg, Marker::SOF0)[0].clone();
    let mut parameters = jpeg[frame.start + 4..frame.end].to_vec();
    parameters[5] = count;
    parameters.resize(6, 0);
    (1..=count).for_each(|id| parameters.extend([id, 0x11, 0]));
    [&jpeg[..frame.start], &segment(marker, &parameters), &jpeg[frame.end..]].concat()
}

/// A DNL segment with the height of the picture.
fn lines(jpeg: &[u8]) -> Vec<u8> {
    let frame = start_of(jpeg, Marker::SOF0);
    segment(Marker::DNL, &jpeg[frame + 5..frame + 7])
}

/// Pictures that no consumer shows.
pub fn damaged_classes(jpeg: &[u8]) -> Vec<Class> {
    let class = |name, jpeg, damage: &'static str, rules| {
        let damage = (!damage.is_empty()).then_some(damage);
        Class { name, jpeg, damage, is_served: false, rules, deep: rules }
    };
    let scan = fixture::scan(jpeg);
    let frame = segments(jpeg, Marker::SOF0)[0].clone();
    let no_height = with(&with(jpeg, frame.start + 5, 0), frame.start + 6, 0);
    let dnl = inserted(&no_height, scan.end, &lines(jpeg));
    vec![
        class("text", b"<html>".to_vec(), "no-soi", &["no-soi"]),
        class("a placeholder", b"\xff\xd8\xff\xd9".to_vec(), "no-frame", &["no-frame"]),
        class("no frame header", without(jpeg, frame.clone()), "no-frame", &["no-frame"]),
        class("no scan", without(jpeg, scan.start - 14..scan.end), "no-frame", &["no-frame"]),
        class("no width", with(&with(jpeg, frame.start + 7, 0), frame.start + 8, 0), "broken", &["broken"]),
        class("cut", jpeg[..2000].to_vec(), "no-eoi", &["truncated"]),
        class("cut behind NULs", [b"\0\0", &jpeg[..2000]].concat(), "no-eoi", &["truncated"]),
        class("cut behind two SOI", [&jpeg[..2], &jpeg[..2000]].concat(), "no-eoi", &["truncated"]),
        class("NULs alone", vec![0; 9000], "no-soi", &["no-soi"]),
        class("no start, but a thumbnail", named("thumbnail.jpg")[4..].to_vec(), "no-soi", &["no-soi"]),
        class("other bytes before a cut picture", [b"rest", &jpeg[..2000]].concat(), "no-soi", &["no-soi"]),
        class(
            "other bytes behind SOI of a cut picture",
            [&jpeg[..2], b"junk", &jpeg[2..2000]].concat(),
            "no-soi",
            &["no-soi"],
        ),
        class("two in one", [&jpeg[..2000], jpeg].concat(), "broken", &["broken"]),
        class("five progressive components", components(jpeg, Marker::SOF2, 5), "broken", &["broken"]),
        class("9 bits", with(jpeg, frame.start + 4, 9), "broken", &["broken"]),
        class("an unknown component", with(jpeg, scan.start - 9, 77), "broken", &["broken"]),
        class(
            "a scan twice",
            [&jpeg[..scan.end], &jpeg[scan.start - 14..]].concat(),
            "scan-damaged",
            &["scan-damaged"],
        ),
        class("hierarchical", with(jpeg, frame.start + 1, 0xc5), "hierarchical", &["hierarchical"]),
        class("DNL", dnl, "number-of-lines", &["number-of-lines"]),
        class("neither height nor DNL", no_height, "broken", &["broken"]),
        class(
            "five components",
            components(jpeg, Marker::SOF1, 5),
            "too-many-components",
            &["too-many-components"],
        ),
        class(
            "two components",
            encoder::encode(&Plan { factors: vec![(1, 1); 2], ..Plan::default() }, 2),
            "two-components",
            &["two-components"],
        ),
        class("a DQT of length 1", inserted(jpeg, 2, b"\xff\xdb\0\x01"), "broken", &["broken"]),
    ]
}

/// Pictures that some consumer shows.
pub fn usable_classes(jpeg: &[u8]) -> Vec<Class> {
    let class = |name, jpeg, rules, deep| Class { name, jpeg, damage: None, is_served: true, rules, deep };
    let frame = start_of(jpeg, Marker::SOF0);
    let header = segments(jpeg, Marker::SOS)[0].clone();
    let scan = fixture::scan(jpeg);
    let plain = Plan { factors: vec![(1, 1); 3], ..Plan::default() };
    let three = encoder::encode(&plain, 5);
    let order = start_of(&three, Marker::SOS) + 5;
    let turned = with(&with(&with(&three, order, 3), order + 2, 1), order + 4, 2);
    let twelve = encoder::encode(&Plan { precision: 12, ..Plan::default() }, 2);
    let extended = encoder::encode(&Plan { factors: vec![(1, 1); 4], ..Plan::default() }, 2);
    let index = inserted(jpeg, 2, &segment(Marker::APP2, b"MPF\0II*\0\x08\0\0\0"));
    let zeros = encoder::encode(&Plan { padding: Padding::Zeros, ..Plan::default() }, 1);
    let progressive = encoder::encode(&Plan { order: Order::Progressive, ..Plan::default() }, 1);
    let intervals = named("422-restart.jpg");
    let restart = fixture::restarts(intervals)[0];
    let webcam = Plan { size: (200, 100), restart_interval: 1, padding: Padding::Mixed, ..Plan::default() };
    vec![
        class("sound", jpeg.to_vec(), &[], &[]),
        class("progressive", progressive.clone(), &[], &[]),
        class("progressive, too large", too_large(&progressive), &[], &["scan-not-read"]),
        class(
            "progressive, too large for FFmpeg",
            sized(&progressive, 20_000, 20_000),
            &["area-too-large"],
            &["area-too-large", "scan-not-read"],
        ),
        class(
            "progressive, too wide for libjpeg",
            sized(&progressive, 65_535, 3000),
            &["side-too-long"],
            &["side-too-long", "scan-not-read"],
        ),
        class("four components", extended, &[], &[]),
        class("padded with zeros", zeros, &[], &[]),
        class(
            "lost entropy-coded data",
            without(jpeg, scan.start + 500..scan.start + 900),
            &[],
            &["scan-damaged"],
        ),
        class(
            "no Huffman tables",
            fixture::without_segments(named("ffmpeg.jpg"), Marker::DHT),
            &["standard-tables"],
            &["standard-tables"],
        ),
        class("arithmetic", fixture::ARITHMETIC.to_vec(), &["arithmetic"], &["arithmetic"]),
        class("lossless", with(jpeg, frame + 1, 0xc3), &["lossless"], &["lossless"]),
        class("12 bits", twelve, &["twelve-bits"], &["twelve-bits"]),
        class("DNL of a known height", inserted(jpeg, scan.end, &lines(jpeg)), &[], &[]),
        class("no EOI", jpeg[..jpeg.len() - 2].to_vec(), &["no-eoi"], &["no-eoi"]),
        class("NULs before SOI", [b"\0\0", jpeg].concat(), &["bytes-before-soi"], &["bytes-before-soi"]),
        class(
            "other bytes before SOI",
            [b"rest", jpeg].concat(),
            &["bytes-before-soi"],
            &["bytes-before-soi"],
        ),
        class(
            "many NULs before SOI",
            [&[0; 5000], jpeg].concat(),
            &["bytes-before-soi"],
            &["bytes-before-soi"],
        ),
        class("blanks before SOI", [b"\t ", jpeg].concat(), &["bytes-before-soi"], &["bytes-before-soi"]),
        class("two SOI", [&jpeg[..2], jpeg].concat(), &["repeated-soi"], &["repeated-soi"]),
        class("three SOI", [&jpeg[..2], &jpeg[..2], jpeg].concat(), &["repeated-soi"], &["repeated-soi"]),
        class(
            "NULs, two SOI and no EOI",
            [b"\0\0", &jpeg[..2], b" ", &jpeg[..jpeg.len() - 2]].concat(),
            &["bytes-before-soi", "repeated-soi", "no-eoi"],
            &["bytes-before-soi", "repeated-soi", "no-eoi"],
        ),
        class(
            "NULs before SOI and behind EOI",
            [b"\0\0", jpeg, b"\0\0"].concat(),
            &["bytes-before-soi", "bytes-after-eoi"],
            &["bytes-before-soi", "bytes-after-eoi"],
        ),
        class("another order", turned, &["scan-order"], &["scan-order"]),
        class("the order of the frame", three, &[], &[]),
        class("a band of 1 to 63", with(jpeg, header.end - 3, 1), &["scan-parameters"], &["scan-parameters"]),
        class("NULs between segments", inserted(jpeg, frame, b"\0\0"), &["nul-bytes"], &["nul-bytes"]),
        class("fill bytes between segments", inserted(jpeg, frame, b"\xff\xff"), &[], &[]),
        class("junk between segments", inserted(jpeg, frame, b"junk"), &["junk-bytes"], &["junk-bytes"]),
        class(
            "a reserved marker",
            inserted(jpeg, frame, b"\xff\xf0\0\x04ab"),
            &["reserved-marker"],
            &["reserved-marker"],
        ),
        class(
            "a reserved marker in other bytes",
            inserted(jpeg, frame, b"ab\xff\x02cd"),
            &["reserved-marker", "junk-bytes"],
            &["reserved-marker", "junk-bytes"],
        ),
        class(
            "a marker of JPEG-LS",
            inserted(jpeg, frame, b"\xff\xf8\0\x04ab"),
            &["jpeg-ls-marker"],
            &["jpeg-ls-marker"],
        ),
        class("JPG", inserted(jpeg, frame, b"\xff\xc8\0\x02"), &["jpg-marker"], &["jpg-marker"]),
        class(
            "a reserved marker behind the scan",
            inserted(jpeg, scan.end, b"\xff\xf0\0\x04ab"),
            &["late-marker"],
            &["late-marker"],
        ),
        class(
            "a DAC segment of one byte",
            inserted(jpeg, 2, b"\xff\xcc\0\x03\0"),
            &["conditioning"],
            &["conditioning"],
        ),
        class("a right DAC segment", inserted(jpeg, 2, b"\xff\xcc\0\x04\0\0"), &[], &[]),
        class(
            "other bytes behind SOI",
            inserted(jpeg, 2, b"junk"),
            &["bytes-after-soi"],
            &["bytes-after-soi"],
        ),
        class("a NUL behind SOI", inserted(jpeg, 2, b"\0"), &["bytes-after-soi"], &["bytes-after-soi"]),
        class(
            "a comment of length 1",
            inserted(jpeg, 2, b"\xff\xfe\0\x01"),
            &["short-segment"],
            &["short-segment"],
        ),
        class("a comment of length 2", inserted(jpeg, 2, b"\xff\xfe\0\x02"), &[], &[]),
        class("a byte of ones behind the scan", inserted(jpeg, scan.end, b"\xff\0"), &[], &["extra-padding"]),
        class("20 bytes of ones behind the scan", inserted(jpeg, scan.end, &ones(20)), &[], &["extra-bytes"]),
        class("3 bytes behind the scan", inserted(jpeg, scan.end, b"abc"), &[], &["extra-bytes"]),
        class(
            "ones before a restart marker",
            inserted(intervals, restart, &ones(7)),
            &[],
            &["extra-padding"],
        ),
        class(
            "3 bytes before a restart marker",
            inserted(intervals, restart, b"abc"),
            &[],
            &["hidden-restart"],
        ),
        class("mixed padding before restart markers", encoder::encode(&webcam, 1), &[], &["hidden-restart"]),
        class("mixed padding", encoder::encode(&Plan { restart_interval: 0, ..webcam }, 1), &[], &[]),
        class("8 bytes behind the scan", inserted(jpeg, scan.end, b"abcdefgh"), &[], &["scan-damaged"]),
        class("two pictures", [&index, jpeg].concat(), &["announced-after-eoi"], &["announced-after-eoi"]),
        class("an index alone", index, &[], &[]),
        class("padding", [jpeg, &[0; 9]].concat(), &["bytes-after-eoi"], &["bytes-after-eoi"]),
    ]
}

/// Entropy-coded bytes of ones.
fn ones(bytes: usize) -> Vec<u8> {
    [0xff, 0x00].repeat(bytes)
}

/// With a frame of 65 500 x 65 500 samples in its header.
fn too_large(jpeg: &[u8]) -> Vec<u8> {
    sized(jpeg, 12_000, 12_000)
}

/// A progressive picture with another size in its frame header.
fn sized(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let size = start_of(jpeg, Marker::SOF2) + 5;
    [&jpeg[..size], &height.to_be_bytes(), &width.to_be_bytes(), &jpeg[size + 4..]].concat()
}
