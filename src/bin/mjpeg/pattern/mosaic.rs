//! A JPEG encoder for pictures that change little from one to the next.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageError};

/// The side of a data unit in samples (T.81 A.1.3); without subsampling also the side of an MCU.
const UNIT: usize = 8;
/// The most MCUs in a tile.
const TILE: usize = 16;

/// Encodes RGB pictures of one size. Only tiles that differ from the previous picture are encoded again.
///
/// A tile is a restart interval (T.81 E.1.4). Intervals are independent, so the data of an unchanged tile is reused.
/// The output for a picture does not depend on earlier pictures.
#[derive(Debug, Clone)]
pub struct Mosaic {
    width: usize,
    height: usize,
    quality: u8,
    /// MCUs in a tile. A row of MCUs is a multiple of it, so all tiles have the same size.
    tile: usize,
    /// All bytes before the first interval; empty before the first picture.
    head: Vec<u8>,
    /// The pixels of the previous picture: rows of RGB.
    last: Vec<u8>,
    /// The entropy-coded data of each tile.
    intervals: Vec<Vec<u8>>,
    /// The pixels of one tile.
    pixels: Vec<u8>,
    /// One tile as a JPEG.
    encoded: Vec<u8>,
}

impl Mosaic {
    /// An encoder for pictures of this size, with a quality of 1 to 100.
    pub fn new(width: u16, height: u16, quality: u8) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        let mcus = width.div_ceil(UNIT);
        // A row without a good divisor is one tile.
        let tile = (TILE / 4..=TILE).rev().find(|tile| mcus.is_multiple_of(*tile)).unwrap_or(mcus);
        let tiles = mcus / tile * height.div_ceil(UNIT);
        Self {
            width,
            height,
            quality,
            tile,
            head: Vec::new(),
            last: Vec::new(),
            intervals: vec![Vec::new(); tiles],
            pixels: Vec::new(),
            encoded: Vec::new(),
        }
    }

    /// Encodes a picture: rows of RGB. On return `pixels` is the buffer of the previous picture, for reuse.
    ///
    /// # Errors
    ///
    /// If the encoder fails. No cause for that is known.
    ///
    /// # Panics
    ///
    /// If there are fewer pixels than the size requires.
    pub fn encode(&mut self, pixels: &mut Vec<u8>) -> Result<Vec<u8>, ImageError> {
        let across = self.width.div_ceil(UNIT) / self.tile;
        for number in 0..self.intervals.len() {
            let (x, y) = (number % across * self.tile * UNIT, number / across * UNIT);
            let width = (self.tile * UNIT).min(self.width - x);
            let rows = y..(y + UNIT).min(self.height);
            let row = |y: usize| (y * self.width + x) * 3..(y * self.width + x + width) * 3;
            if !self.last.is_empty() && rows.clone().all(|y| self.last[row(y)] == pixels[row(y)]) {
                continue;
            }
            self.pixels.clear();
            rows.clone().for_each(|y| self.pixels.extend_from_slice(&pixels[row(y)]));
            self.encoded.clear();
            JpegEncoder::new_with_quality(&mut self.encoded, self.quality).encode(
                &self.pixels,
                width as u32,
                rows.len() as u32,
                ExtendedColorType::Rgb8,
            )?;
            let data = scan(&self.encoded);
            if self.head.is_empty() {
                self.head = self.head(&self.encoded[..data.start]);
            }
            let interval = &mut self.intervals[number];
            interval.clear();
            interval.extend_from_slice(&self.encoded[data]);
        }
        std::mem::swap(&mut self.last, pixels);
        Ok(self.join())
    }

    /// The head of the whole picture, made from the head of a tile.
    fn head(&self, tile: &[u8]) -> Vec<u8> {
        let mut head = Vec::with_capacity(tile.len() + 6);
        for (marker, segment) in segments(tile) {
            let at = head.len();
            if marker == SOS {
                // DRI (T.81 B.2.4.4): the length, 4, and the MCUs in an interval.
                let [high, low] = (self.tile as u16).to_be_bytes();
                head.extend_from_slice(&[0xff, 0xdd, 0, 4, high, low]);
            }
            head.extend_from_slice(segment);
            if marker == SOF0 {
                // T.81 B.2.2: marker, length, precision, then lines and samples per line.
                head[at + 5..at + 7].copy_from_slice(&(self.height as u16).to_be_bytes());
                head[at + 7..at + 9].copy_from_slice(&(self.width as u16).to_be_bytes());
            }
        }
        head
    }

    fn join(&self) -> Vec<u8> {
        let length: usize = self.intervals.iter().map(|interval| interval.len() + 2).sum();
        let mut jpeg = Vec::with_capacity(self.head.len() + length);
        jpeg.extend_from_slice(&self.head);
        for (number, interval) in self.intervals.iter().enumerate() {
            if number > 0 {
                // RST0 to RST7 in turn (T.81 B.2.1), only between intervals.
                jpeg.extend_from_slice(&[0xff, 0xd0 + ((number - 1) % 8) as u8]);
            }
            jpeg.extend_from_slice(interval);
        }
        jpeg.extend_from_slice(&[0xff, 0xd9]);
        jpeg
    }
}

const SOI: u8 = 0xd8;
const SOF0: u8 = 0xc0;
const SOS: u8 = 0xda;

/// The markers and segments in the output of the encoder, from SOI to SOS.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let (mut at, mut done) = (0, false);
    std::iter::from_fn(move || {
        let marker = *jpeg.get(at + 1).filter(|_| !done)?;
        done = marker == SOS;
        let length = match (marker, jpeg.get(at + 2..at + 4)) {
            (SOI, _) => 0,
            (_, Some(&[high, low])) => usize::from(u16::from_be_bytes([high, low])),
            _ => return None,
        };
        let segment = jpeg.get(at..at + 2 + length)?;
        at += segment.len();
        Some((marker, segment))
    })
}

/// The range of the entropy-coded data, between SOS and EOI.
fn scan(jpeg: &[u8]) -> std::ops::Range<usize> {
    let start = segments(jpeg).map(|(_, segment)| segment.len()).sum();
    start..jpeg.len().saturating_sub(2).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of noise.
    fn noise(width: u16, height: u16, seed: u32) -> Vec<u8> {
        let mut state = seed;
        (0..usize::from(width) * usize::from(height) * 3)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    fn decode(jpeg: &[u8]) -> Vec<u8> {
        image::load_from_memory(jpeg).unwrap().into_rgb8().into_raw()
    }

    #[test]
    fn the_tiles_together_are_the_picture() {
        // Complete tiles; partial MCUs at both edges; a row of MCUs without a divisor.
        for (width, height) in [(256, 64), (161, 121), (101 * 8 - 3, 9), (3840, 8)] {
            let pixels = noise(width, height, 7);
            let jpeg = Mosaic::new(width, height, 90).encode(&mut pixels.clone()).unwrap();
            let mut whole = Vec::new();
            JpegEncoder::new_with_quality(&mut whole, 90)
                .encode(&pixels, width.into(), height.into(), ExtendedColorType::Rgb8)
                .unwrap();
            assert!(decode(&jpeg) == decode(&whole), "{width}x{height}");
        }
    }

    #[test]
    fn a_picture_does_not_depend_on_earlier_pictures() {
        let mut mosaic = Mosaic::new(320, 240, 55);
        let mut pixels = noise(320, 240, 1);
        let first = mosaic.encode(&mut pixels.clone()).unwrap();
        // Change one pixel of the last tile, then change it back.
        *pixels.last_mut().unwrap() ^= 0xff;
        let second = mosaic.encode(&mut pixels.clone()).unwrap();
        assert!(second != first);
        assert!(second == Mosaic::new(320, 240, 55).encode(&mut pixels.clone()).unwrap());
        *pixels.last_mut().unwrap() ^= 0xff;
        assert!(mosaic.encode(&mut pixels).unwrap() == first);
    }
}
