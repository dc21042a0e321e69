//! Draws coded strips over pictures that exist: decode, draw, encode.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageError, Rgb};
use mjpeg::jpeg::Summary;
use mjpeg::strip::{Grid, Identity};

use crate::decoded::Decoded;

/// The quality of a picture whose tables are unknown.
const QUALITY: u8 = 85;
/// The most bytes of a decoded picture: 8K with three components.
const MOST_BYTES: u64 = 7680 * 4320 * 3;

/// Draws strips that name one source, which is random.
#[derive(Debug)]
pub struct Stamper {
    source: u16,
}

/// Why a picture has no strip.
#[derive(Debug)]
pub enum Unstamped {
    /// It is smaller than [`Grid::SMALLEST`].
    TooSmall {
        /// Its width and height.
        size: (u32, u32),
    },
    /// It cannot be decoded, or not encoded.
    Codec(ImageError),
}

impl Stamper {
    /// A stamper of a new source.
    pub fn new() -> Self {
        // The keys of `RandomState` are random.
        Self { source: RandomState::new().hash_one(std::process::id()) as u16 }
    }

    /// The picture with the strip of frame `number`, taken `time` after 1970-01-01 UTC. It is encoded again, at about the
    /// quality that it had; comments and EXIF data are left out.
    ///
    /// # Errors
    ///
    /// If it is too small, or cannot be decoded.
    pub fn stamp(&self, jpeg: &[u8], number: u64, time: Duration) -> Result<Vec<u8>, Unstamped> {
        let decoded = Decoded::of(jpeg, MOST_BYTES).map_err(Unstamped::Codec)?;
        let size = decoded.size();
        let identity = Identity {
            time_us: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            number: number as u32,
            source: self.source,
        };
        let grid = u16::try_from(size.0).ok().zip(u16::try_from(size.1).ok());
        let grid = grid.and_then(|(width, height)| Grid::new(width, height));
        let grid = grid.ok_or(Unstamped::TooSmall { size })?;
        let quality = Summary::of(jpeg).quality().map_or(QUALITY, |it| it.percent.clamp(1, 100));
        let mut out = Vec::with_capacity(jpeg.len() + jpeg.len() / 4);
        let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
        let encoded = match decoded {
            Decoded::Grey(mut grey) => {
                each_pixel(grid, &identity, |x, y, light| grey.get_pixel_mut(x, y).0 = [light]);
                encoder.encode(grey.as_raw(), size.0, size.1, ExtendedColorType::L8)
            }
            Decoded::Rgb(mut rgb) => {
                each_pixel(grid, &identity, |x, y, light| rgb.put_pixel(x, y, Rgb([light; 3])));
                encoder.encode(rgb.as_raw(), size.0, size.1, ExtendedColorType::Rgb8)
            }
        };
        encoded.map_err(Unstamped::Codec)?;
        Ok(out)
    }
}

fn each_pixel(grid: Grid, identity: &Identity, mut set: impl FnMut(u32, u32, u8)) {
    let side = u32::from(grid.side);
    for ((left, top), is_white) in grid.places().zip(identity.boxes()) {
        for y in u32::from(top)..u32::from(top) + side {
            for x in u32::from(left)..u32::from(left) + side {
                set(x, y, if is_white { u8::MAX } else { 0 });
            }
        }
    }
}

impl fmt::Display for Unstamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = Grid::SMALLEST;
        match self {
            Self::TooSmall { size } => {
                write!(
                    f,
                    "{}x{} is too small for a coded strip, which needs {width}x{height}",
                    size.0, size.1
                )
            }
            Self::Codec(ImageError::Limits(_)) => {
                write!(
                    f,
                    "it is too large to decode: it has more than {} million pixels",
                    MOST_BYTES / 3 / 1_000_000
                )
            }
            Self::Codec(error) => write!(f, "it cannot be decoded: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;
    use mjpeg::jpeg::Walk;
    use mjpeg::multipart::Extent;
    use mjpeg::strip::Reader;

    use super::*;

    #[test]
    fn pictures_keep_their_size_their_components_and_what_is_below_the_strip() {
        let time = Duration::from_micros(1_767_225_600_123_456);
        for name in ["420.jpg", "grey.jpg"] {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/jpeg/");
            let small = image::open(format!("{path}{name}")).unwrap();
            let large = small.resize_exact(352, 288, image::imageops::FilterType::Triangle);
            let mut jpeg = Cursor::new(Vec::new());
            large.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
            let stamper = Stamper::new();
            let stamped = stamper.stamp(jpeg.get_ref(), (1 << 32) + 7, time).unwrap();
            assert_eq!(Walk::over(&stamped), Extent::Complete { end: stamped.len() });
            let identity = Reader::new().read(&stamped).unwrap();
            assert_eq!((identity.number, identity.time_us), (7, time.as_micros() as u64), "{name}");
            let picture = image::load_from_memory(&stamped).unwrap();
            assert_eq!((picture.width(), picture.height()), (352, 288));
            assert_eq!(picture.color().channel_count(), large.color().channel_count(), "{name}");
            // Below the strip of 8 x 4 lines.
            let (before, after) = (large.to_luma8(), picture.to_luma8());
            let far = (40..288)
                .flat_map(|y| (0..352).map(move |x| (x, y)))
                .filter(|&(x, y)| before.get_pixel(x, y).0[0].abs_diff(after.get_pixel(x, y).0[0]) > 60);
            assert!(far.count() < 200, "{name}");
        }
    }

    #[test]
    fn a_picture_that_is_too_small_is_named_with_the_smallest_size() {
        let jpeg = include_bytes!("../../../../fixtures/jpeg/420.jpg");
        let error = Stamper::new().stamp(jpeg, 1, Duration::ZERO).unwrap_err().to_string();
        assert!(error.ends_with("is too small for a coded strip, which needs 288x64"), "{error}");
        // The frame header says 65535x65535.
        let mut huge = include_bytes!("../../../../fixtures/jpeg/420.jpg").to_vec();
        let frame = huge.windows(2).position(|it| it == b"\xff\xc0").unwrap();
        huge[frame + 5..frame + 9].fill(0xff);
        let error = Stamper::new().stamp(&huge, 1, Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("too large to decode"), "{error}");
        assert!(matches!(Stamper::new().stamp(b"\xff\xd8", 1, Duration::ZERO), Err(Unstamped::Codec(_))));
    }
}
