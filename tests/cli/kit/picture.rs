//! Makes, stores and compares pictures.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// The smallest frame, scan and EOI: behind SOI and any other segments, they make a picture that is sent.
pub const SMALLEST: &[u8] =
    b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9";

/// A JPEG of one colour.
pub fn solid(colour: [u8; 3], width: u32, height: u32) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb(colour)).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// A directory with these pictures.
pub fn folder(pictures: &[&[u8]]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (n, picture) in pictures.iter().enumerate() {
        fs::write(folder.path().join(format!("{n}.jpg")), picture).unwrap();
    }
    folder
}

/// The JPEG files of a directory, decoded.
pub fn decoded(directory: &Path) -> Vec<RgbImage> {
    super::contents(directory).iter().map(|jpeg| image::load_from_memory(jpeg).unwrap().into_rgb8()).collect()
}

/// The index of the known picture that is nearest to this one; `None` if the nearest differs by more than a new JPEG
/// encoding of the same picture.
pub fn recognise(picture: &RgbImage, known: &[RgbImage]) -> Option<usize> {
    let distance = |other: &RgbImage| {
        assert_eq!(picture.dimensions(), other.dimensions());
        let sum: u64 = picture.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / picture.len() as f64
    };
    let distances: Vec<f64> = known.iter().map(distance).collect();
    let nearest = (0..known.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b]))?;
    (distances[nearest] < 1.0).then_some(nearest)
}
