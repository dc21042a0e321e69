//! The pictures of `fixtures/jpeg`, and forms of them that no tool at hand writes.

use std::ops::Range;

use mjpeg::jpeg::{Marker, Segments};

/// A named picture.
pub type Fixture = (&'static str, &'static [u8]);

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../fixtures/jpeg/", $name)))),*]
    };
}

/// All but the arithmetic one: what the entropy walk reads.
pub const SOUND: &[Fixture] = fixtures![
    "420.jpg",
    "next.jpg",
    "422-restart.jpg",
    "444-optimised.jpg",
    "440-odd.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "planes.jpg",
    "progressive.jpg",
    "progressive-restart.jpg",
    "ffmpeg.jpg",
    "thumbnail.jpg",
];

/// Not read.
pub const ARITHMETIC: &[u8] = include_bytes!("../../fixtures/jpeg/arithmetic.jpg");

/// The picture of this name.
pub fn named(name: &str) -> &'static [u8] {
    SOUND.iter().find(|(found, _)| *found == name).map(|(_, jpeg)| *jpeg).unwrap()
}

/// With an EXIF segment behind SOI that holds `thumbnail`, a whole JPEG.
pub fn with_thumbnail(jpeg: &[u8], thumbnail: &[u8]) -> Vec<u8> {
    // Two directories: an empty one, and one with offset and length of the thumbnail.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0".to_vec();
    exif.extend(b"\x02\0\x01\x02\x04\0\x01\0\0\0\x2c\0\0\0\x02\x02\x04\0\x01\0\0\0");
    exif.extend((thumbnail.len() as u32).to_le_bytes());
    exif.extend([0; 4]);
    exif.extend(thumbnail);
    inserted(jpeg, 2, &segment(Marker::APP1, &exif))
}

/// With bytes put in before offset `at`.
pub fn inserted(jpeg: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&jpeg[..at], bytes, &jpeg[at..]].concat()
}

/// Without the bytes of `range`.
pub fn without(jpeg: &[u8], range: Range<usize>) -> Vec<u8> {
    [&jpeg[..range.start], &jpeg[range.end..]].concat()
}

/// Without the segments of this kind.
pub fn without_segments(jpeg: &[u8], marker: Marker) -> Vec<u8> {
    let mut found = segments(jpeg, marker);
    found.reverse();
    found.into_iter().fold(jpeg.to_vec(), |jpeg, range| without(&jpeg, range))
}

/// The ranges of the segments of this kind, markers included.
pub fn segments(jpeg: &[u8], marker: Marker) -> Vec<Range<usize>> {
    let found = Segments::of(jpeg).filter(|segment| segment.marker == marker);
    found.map(|segment| segment.at..segment.at + 4 + segment.parameters.len()).collect()
}

/// The range of the entropy-coded data of the first scan.
pub fn scan(jpeg: &[u8]) -> Range<usize> {
    Segments::of(jpeg).find(|segment| segment.marker == Marker::SOS).unwrap().entropy_coded
}

/// The offsets of the restart markers of the first scan.
pub fn restarts(jpeg: &[u8]) -> Vec<usize> {
    scan(jpeg).filter(|&at| jpeg[at] == 0xff && Marker(jpeg[at + 1]).restart().is_some()).collect()
}

/// A marker segment.
pub fn segment(marker: Marker, parameters: &[u8]) -> Vec<u8> {
    let length = u16::try_from(parameters.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker.code()], &length[..], parameters].concat()
}
