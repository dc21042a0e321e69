//! Pictures that are decoded or drawn.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, Rgb, RgbImage};

use mjpeg::jpeg::Summary;

use crate::decoded::Decoded;

/// Larger pictures are not decoded or drawn: a fault must not stop the other viewers for long.
const MOST_PIXELS: u64 = 16 << 20;

/// The size of a picture, if it is not too large.
fn size(jpeg: &[u8]) -> Option<(u32, u32)> {
    let summary = Summary::of(jpeg);
    let (width, height) = (summary.frame.as_ref()?.width.into(), summary.height()?.into());
    (u64::from(width) * u64::from(height) <= MOST_PIXELS).then_some((width, height))
}

/// The picture of a JPEG.
pub fn decoded(jpeg: &[u8]) -> Option<RgbImage> {
    size(jpeg)?;
    Some(Decoded::of(jpeg, MOST_PIXELS * 3).ok()?.into_rgb())
}

/// The JPEG of a picture, of this quality from 1 to 100.
pub fn encoded(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut jpeg = Vec::new();
    let (width, height) = picture.dimensions();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    encoder.encode(picture.as_raw(), width, height, ExtendedColorType::Rgb8).ok()?;
    Some(jpeg)
}

/// A grey picture of the size of another one. `level` returns the brightness of a block of 8 x 8 samples.
pub fn grey(jpeg: &[u8], level: impl Fn(u32, u32) -> u8) -> Option<Vec<u8>> {
    let (width, height) = size(jpeg)?;
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([level(x / 8, y / 8); 3]));
    encoded(&picture, 75)
}

/// The same picture in grey: it has one component.
pub fn without_colour(jpeg: &[u8]) -> Option<Vec<u8>> {
    size(jpeg)?;
    let picture = Decoded::of(jpeg, MOST_PIXELS * 3).ok()?.into_grey();
    let (width, height) = picture.dimensions();
    let mut out = Vec::new();
    JpegEncoder::new(&mut out).encode(picture.as_raw(), width, height, ExtendedColorType::L8).ok()?;
    Some(out)
}
