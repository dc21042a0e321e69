//! A picture inside the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, imageops};
use mjpeg::jpeg::{Marker, Segments};
use mjpeg::multipart::Extent;

use crate::decoded::Decoded;

/// A picture of at most this many bytes is in the page as it came, but for its texts: a browser then shows its damage as it does in
/// the stream.
const AS_IT_CAME: usize = 60_000;
/// Width and height of a smaller copy, at most.
const SIDE: u32 = 480;
/// The most bytes of a decoded picture.
const MOST_BYTES: u64 = 256 << 20;

/// A `data:` URL of the picture, and whether it is a smaller copy; `None` if it cannot be decoded, or is no JPEG.
pub fn data_url(jpeg: &[u8]) -> Option<(String, bool)> {
    if !jpeg.starts_with(b"\xff\xd8") {
        return None;
    }
    if jpeg.len() <= AS_IT_CAME {
        return Some((url(&without_texts(jpeg)), false));
    }
    let picture = Decoded::of(jpeg, MOST_BYTES).ok()?.into_rgb();
    let (width, height) = small_size(picture.dimensions());
    let small = imageops::thumbnail(&picture, width, height);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 70);
    encoder.encode(small.as_raw(), width, height, ExtendedColorType::Rgb8).ok()?;
    Some((url(&bytes), true))
}

/// The size of a copy with the same shape, at most [`SIDE`] wide and high.
fn small_size((width, height): (u32, u32)) -> (u32, u32) {
    let longer = u64::from(width.max(height).max(1));
    let side = |it: u32| ((u64::from(it) * u64::from(SIDE) + longer / 2) / longer).max(1) as u32;
    (side(width), side(height))
}

/// The picture without comments, without application segments that do not change what is seen, and without bytes behind EOI.
fn without_texts(jpeg: &[u8]) -> Vec<u8> {
    let mut segments = Segments::of(jpeg);
    let (mut kept, mut at) = (Vec::with_capacity(jpeg.len()), 0);
    for segment in segments.by_ref() {
        let decides = [Marker::APP0, Marker::APP14].contains(&segment.marker);
        let is_application = (0xe0..=0xef).contains(&segment.marker.code());
        if segment.marker == Marker::COM || (is_application && !decides) {
            kept.extend_from_slice(&jpeg[at..segment.at]);
            at = segment.at + 4 + segment.parameters.len();
        }
    }
    let end = match segments.extent() {
        Extent::Complete { end } => end,
        _ => jpeg.len(),
    };
    kept.extend_from_slice(&jpeg[at..end]);
    kept
}

fn url(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_picture_are_not_in_the_page() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jpeg/420.jpg");
        let plain = without_texts(&std::fs::read(path).unwrap());
        let mut jpeg = plain[..2].to_vec();
        jpeg.extend_from_slice(b"\xff\xfe\0\x06hush\xff\xe1\0\x06hush\xff\xef\0\x06hush");
        jpeg.extend_from_slice(&plain[2..]);
        let cut = jpeg.len() - 20;
        jpeg.extend_from_slice(b"hush");
        assert_eq!(without_texts(&jpeg), plain);
        assert_eq!(without_texts(&jpeg[..cut]), plain[..plain.len() - 20]);
        assert_eq!(without_texts(b"\xff\xd8"), b"\xff\xd8");
    }

    #[test]
    fn a_large_picture_becomes_small_and_a_small_one_stays() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jpeg/420.jpg");
        let small = std::fs::read(path).unwrap();
        assert!(matches!(data_url(&small), Some((_, false))));
        let mut large = Vec::new();
        let noise = image::RgbImage::from_fn(640, 480, |x, y| {
            image::Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, x as u8])
        });
        JpegEncoder::new_with_quality(&mut large, 95).encode_image(&noise).unwrap();
        assert!(large.len() > AS_IT_CAME);
        let (url, is_copy) = data_url(&large).unwrap();
        assert!(is_copy && url.len() < large.len() * 4 / 3);
        // Bytes that only begin like a picture, and those that do not.
        assert!(data_url(&[&b"\xff\xd8"[..], &[0; AS_IT_CAME]].concat()).is_none());
        assert!(data_url(b"<script>").is_none() && data_url(b"").is_none());
    }
}
