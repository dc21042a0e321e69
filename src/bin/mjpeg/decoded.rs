//! The samples of a picture, decoded by the crate `image`.
//!
//! A JPEG has one or three samples for a pixel here. `image::DynamicImage` has the code for ten kinds of pixels and their colour spaces.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::error::{LimitError, LimitErrorKind, UnsupportedError, UnsupportedErrorKind};
use image::{ColorType, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageResult, RgbImage};

/// A decoded picture.
#[derive(Debug)]
pub enum Decoded {
    Grey(GrayImage),
    Rgb(RgbImage),
}

impl Decoded {
    /// The samples of a JPEG that has at most `most` bytes of them.
    ///
    /// # Errors
    ///
    /// If it cannot be decoded, or is larger.
    pub fn of(jpeg: &[u8], most: u64) -> ImageResult<Self> {
        let decoder = JpegDecoder::new(Cursor::new(jpeg))?;
        let (width, height) = decoder.dimensions();
        let (color, bytes) = (decoder.color_type(), decoder.total_bytes());
        if bytes > most {
            return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory)));
        }
        let mut samples = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        decoder.read_image(&mut samples)?;
        let decoded = match color {
            ColorType::L8 => GrayImage::from_vec(width, height, samples).map(Self::Grey),
            ColorType::Rgb8 => RgbImage::from_vec(width, height, samples).map(Self::Rgb),
            _ => None,
        };
        decoded.ok_or_else(|| {
            let kind = UnsupportedErrorKind::Color(color.into());
            ImageError::Unsupported(UnsupportedError::from_format_and_kind(ImageFormat::Jpeg.into(), kind))
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Grey(picture) => picture.dimensions(),
            Self::Rgb(picture) => picture.dimensions(),
        }
    }

    /// The picture with three samples for a pixel.
    pub fn into_rgb(self) -> RgbImage {
        match self {
            Self::Grey(picture) => {
                let mut rgb = RgbImage::new(picture.width(), picture.height());
                for (pixel, grey) in rgb.pixels_mut().zip(picture.as_raw()) {
                    pixel.0 = [*grey; 3];
                }
                rgb
            }
            Self::Rgb(picture) => picture,
        }
    }

    /// The luma of the pixels (BT.709).
    pub fn into_grey(self) -> GrayImage {
        match self {
            Self::Grey(picture) => picture,
            Self::Rgb(picture) => {
                let mut grey = GrayImage::new(picture.width(), picture.height());
                for (luma, [red, green, blue]) in grey.iter_mut().zip(picture.pixels().map(|it| it.0)) {
                    // In whole numbers: `image` takes a quarter of the time of reading a strip for it.
                    let sum = 2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue);
                    *luma = ((sum + 5000) / 10_000) as u8;
                }
                grey
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_those_of_image() {
        let mut seen = [0; 2];
        for file in std::fs::read_dir("fixtures/jpeg").unwrap() {
            let jpeg = std::fs::read(file.unwrap().path()).unwrap();
            let Ok(expected) = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg) else {
                continue;
            };
            let decoded = || Decoded::of(&jpeg, u64::MAX).unwrap();
            assert_eq!(decoded().size(), (expected.width(), expected.height()));
            seen[usize::from(matches!(decoded(), Decoded::Rgb(_)))] += 1;
            assert!(decoded().into_rgb() == expected.to_rgb8());
            // `image` calculates the luma with fractions: only rounding differs.
            let (grey, luma) = (decoded().into_grey(), expected.to_luma8());
            assert_eq!(grey.dimensions(), luma.dimensions());
            assert!(grey.iter().zip(luma.iter()).all(|(one, other)| one.abs_diff(*other) <= 1));
        }
        assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
    }

    #[test]
    fn a_picture_larger_than_the_limit_is_not_decoded() {
        let jpeg = include_bytes!("../../../fixtures/jpeg/grey.jpg");
        let (width, height) = Decoded::of(jpeg, u64::MAX).unwrap().size();
        let bytes = u64::from(width) * u64::from(height);
        assert!(Decoded::of(jpeg, bytes).is_ok());
        assert!(matches!(Decoded::of(jpeg, bytes - 1), Err(ImageError::Limits(_))));
    }
}
