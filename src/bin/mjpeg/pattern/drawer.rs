//! Draws the test pattern: colour bars, a moving ball, the frame number and the time, and a coded strip.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use image::ImageError;
use mjpeg::strip::Identity;

use super::canvas::Canvas;
use super::mosaic::Mosaic;
use super::size::Size;

/// Draws frames. A frame depends on its source, its number and its time only.
#[derive(Debug, Clone)]
pub struct Pattern {
    size: Size,
    source: u16,
    /// The background, drawn once: rows of RGB pixels.
    ground: Vec<u8>,
    encoder: Mosaic,
    /// The buffer for the next frame.
    canvas: Vec<u8>,
}

/// At this quality text and edges are clean, and a small frame has about 10 kB.
const QUALITY: u8 = 50;

/// The colour bars of SMPTE RP 219 at 75 %.
const BARS: [[u8; 3]; 7] =
    [[191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191]];

impl Pattern {
    /// A pattern of this size. Its coded strip names this source.
    pub fn new(size: Size, source: u16) -> Self {
        let (width, height) = (usize::from(size.width()), usize::from(size.height()));
        let mut ground = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let bar = BARS[x * BARS.len() / width];
                // Three fields: the bars, a ramp from black to white, the bars at half brightness.
                let pixel = if y * 4 < height * 2 {
                    bar
                } else if y * 8 < height * 5 {
                    [(x * 255 / width) as u8; 3]
                } else {
                    bar.map(|light| light / 2)
                };
                ground.extend_from_slice(&pixel);
            }
        }
        let encoder = Mosaic::new(size.width(), size.height(), QUALITY);
        Self { size, source, ground, encoder, canvas: Vec::new() }
    }

    /// The same, with a random source: it is another one when a server starts again.
    pub fn of_random_source(size: Size) -> Self {
        // The keys of `RandomState` are random.
        Self::new(size, RandomState::new().hash_one(std::process::id()) as u16)
    }

    /// Encodes frame `number`, taken `time` after 1970-01-01 UTC.
    ///
    /// The picture shows both, and its comment has both: `mjpeg test frame=7 T=1767225600000000000`, with the time
    /// in nanoseconds. The coded strip has them too, in a picture that is large enough ([`Grid::SMALLEST`]).
    ///
    /// # Errors
    ///
    /// If the encoder fails. No cause for that is known.
    pub fn frame(&mut self, number: u64, time: Duration) -> Result<Vec<u8>, ImageError> {
        let mut canvas = Canvas {
            width: self.size.width().into(),
            height: self.size.height().into(),
            pixels: std::mem::take(&mut self.canvas),
        };
        canvas.pixels.clear();
        canvas.pixels.extend_from_slice(&self.ground);
        canvas.tally(number);
        canvas.ball(number);
        canvas.caption(number, time);
        canvas.strip(&Identity {
            time_us: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            number: number as u32,
            source: self.source,
        });

        let mut jpeg = self.encoder.encode(&mut canvas.pixels)?;
        self.canvas = canvas.pixels;
        let comment = format!("mjpeg test frame={number} T={}", time.as_nanos());
        insert_comment(&mut jpeg, comment.as_bytes());
        Ok(jpeg)
    }
}

/// Inserts a COM segment after the JFIF segment, which must be the first segment (T.81 B.2.4.5, JFIF 1.02).
fn insert_comment(jpeg: &mut Vec<u8>, comment: &[u8]) {
    let at = match jpeg.get(2..6) {
        Some([0xff, 0xe0, high, low]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    // The comment holds two numbers: far less than the 65 533 bytes of a segment.
    let length = (comment.len() + 2) as u16;
    let mut segment = vec![0xff, 0xfe];
    segment.extend_from_slice(&length.to_be_bytes());
    segment.extend_from_slice(comment);
    jpeg.splice(at..at, segment);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use image::codecs::jpeg::JpegEncoder;
    use image::imageops::FilterType;
    use image::{DynamicImage, ImageFormat};
    use mjpeg::jpeg::Walk;
    use mjpeg::multipart::Extent;
    use mjpeg::strip::{Finder, Reader};

    use super::*;

    fn encode(picture: &DynamicImage, quality: u8) -> Vec<u8> {
        let mut jpeg = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality)).unwrap();
        jpeg
    }

    fn decode(jpeg: &[u8]) -> DynamicImage {
        image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap()
    }

    #[test]
    fn the_strip_of_each_frame_is_read_from_its_coefficients() {
        let mut reader = Reader::new();
        for (size, has_strip) in
            [("320x240", true), ("640x480", true), ("1280x720", true), ("289x121", true), ("287x240", false)]
        {
            let mut pattern = Pattern::new(size.parse().unwrap(), 0xbeef);
            for number in [1, 2, 999, u64::from(u32::MAX) + 5] {
                let time = Duration::from_micros(1_767_225_600_123_456 + number);
                let jpeg = pattern.frame(number, time).unwrap();
                let expected =
                    Identity { time_us: time.as_micros() as u64, number: number as u32, source: 0xbeef };
                assert_eq!(reader.read(&jpeg), has_strip.then_some(expected), "{size}");
                // A program on the way encodes it again.
                for quality in [5, 50, 95] {
                    let again = encode(&decode(&jpeg), quality);
                    assert_eq!(reader.read(&again), has_strip.then_some(expected), "{size} {quality}");
                }
            }
        }
    }

    #[test]
    fn the_strip_survives_scaling_at_the_lowest_quality() {
        let mut finder = Finder::new();
        for (size, width, height) in [
            ("640x480", 256, 192),
            ("640x480", 640, 360),
            ("1280x720", 512, 288),
            ("1280x720", 1920, 1080),
            ("320x240", 640, 480),
        ] {
            let mut pattern = Pattern::new(size.parse().unwrap(), 3);
            for number in 1..=20 {
                let time = Duration::from_millis(1_767_225_600_000 + 40 * number);
                let picture = decode(&pattern.frame(number, time).unwrap());
                let scaled = picture.resize_exact(width, height, FilterType::Triangle);
                let grey = decode(&encode(&scaled, 5)).into_luma8();
                let found = finder.find(grey.as_raw(), width as usize).map(|identity| identity.number);
                assert_eq!(found, Some(number as u32), "{size} as {width}x{height}");
            }
        }
    }

    /// Bits that are flipped, bytes that are lost: a strip is read right or not at all.
    #[test]
    fn a_damaged_frame_never_has_a_wrong_identity() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        let mut reader = Reader::new();
        let mut pattern = Pattern::new("320x240".parse().unwrap(), 9);
        let (mut read, mut refused) = (0, 0);
        for number in 1..=40 {
            let jpeg = pattern.frame(number, Duration::from_micros(number)).unwrap();
            let sound = reader.read(&jpeg).unwrap();
            for _ in 0..100 {
                let mut damaged = jpeg.clone();
                // In the head too, and often in the strip itself.
                let at = 20 + random(jpeg.len() / 3);
                match random(3) {
                    0 => damaged[at] ^= 1 << random(8),
                    1 => drop(damaged.drain(at..(at + 1 + random(60)).min(jpeg.len()))),
                    _ => damaged.truncate(at),
                }
                match reader.read(&damaged) {
                    Some(identity) => {
                        assert_eq!(identity, sound);
                        read += 1;
                    }
                    None => refused += 1,
                }
            }
        }
        assert!(read > 100 && refused > 100, "{read} {refused}");
    }

    #[test]
    fn thirty_frames_are_complete_small_and_of_thirty_sizes() {
        let mut pattern = Pattern::new(Size::default(), 0);
        let mut sizes = HashSet::new();
        for number in 1..=30 {
            let jpeg = pattern.frame(number, Duration::from_secs(number) / 15).unwrap();
            assert_eq!(Walk::over(&jpeg), Extent::Complete { end: jpeg.len() });
            assert!((8_000..15_000).contains(&jpeg.len()), "frame {number} has {} bytes", jpeg.len());
            assert!(
                sizes.insert(jpeg.len()),
                "frame {number} has the same size as another frame, {}",
                jpeg.len()
            );
        }
    }

    #[test]
    fn a_frame_depends_on_its_number_and_time_only() {
        let mut pattern = Pattern::new(Size::default(), 0);
        let time = Duration::from_millis(1_767_225_600_123);
        let first = pattern.frame(7, time).unwrap();
        assert_ne!(pattern.frame(8, time).unwrap(), first);
        assert_eq!(pattern.frame(7, time).unwrap(), first);
        let text = b"mjpeg test frame=7 T=1767225600123000000";
        assert!(first.windows(text.len()).any(|bytes| bytes == text));
        // The largest number and time can be drawn too.
        pattern.frame(u64::MAX, Duration::MAX).unwrap();
    }

    #[test]
    fn every_allowed_size_can_be_drawn() {
        for size in ["160x120", "161x121", "160x2160", "3840x120", "641x479"] {
            let size: Size = size.parse().unwrap();
            for number in [0, 1, 59, 60, 999] {
                Pattern::new(size, 0).frame(number, Duration::ZERO).unwrap();
            }
        }
    }
}
