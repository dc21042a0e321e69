//! Scaled pictures, and a million damaged frames: a strip is read right, or not at all.
//!
//! ```text
//! cargo test --release --bin mjpeg strip_reader::tests -- --ignored --nocapture
//! ```

use std::io::Cursor;
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbImage};

use super::*;
use crate::pattern::Pattern;

/// Frames that are read from their coefficients, half of them in the test that always runs.
const FRAMES: u64 = 1_000_000;
/// Frames that are read from their pixels: to decode one takes a hundred times longer.
const SCALED: u64 = 50_000;
const SOURCE: u16 = 0xbeef;

/// A linear congruential generator (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// How often frames were read right, wrong and not at all.
#[derive(Debug, Default)]
struct Count {
    right: u64,
    wrong: u64,
    none: u64,
}

impl Count {
    fn add(&mut self, read: Option<Identity>, expected: &[Identity]) {
        match read {
            None => self.none += 1,
            Some(identity) if expected.contains(&identity) => self.right += 1,
            Some(_) => self.wrong += 1,
        }
    }
}

/// Pictures with their identities: of several sizes, from the pattern and encoded again at several qualities.
fn pictures() -> Vec<(Vec<u8>, Identity)> {
    let mut all = Vec::new();
    for size in ["320x240", "640x480", "289x121"] {
        let mut pattern = Pattern::new(size.parse().unwrap(), SOURCE);
        for number in 1..=6 {
            let time = Duration::from_micros(1_767_225_600_000_000 + 66_667 * number);
            let jpeg = pattern.frame(number, time).unwrap();
            let identity =
                Identity { time_us: time.as_micros() as u64, number: number as u32, source: SOURCE };
            let picture = image::load_from_memory(&jpeg).unwrap();
            all.push((jpeg, identity));
            for quality in [5, 40, 92] {
                all.push((encoded(&picture, quality), identity));
            }
        }
    }
    all
}

fn encoded(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality)).unwrap();
    jpeg
}

/// Damages a picture, most often where its strip is. `other` is a later frame of the stream: lost bytes join the start of
/// one frame to the rest of the next.
fn damaged(jpeg: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    // The strip is in the first part of the scan; the head is damaged too.
    let reach = if random.below(4) == 0 { bytes.len() } else { bytes.len() / 3 };
    let at = 2 + random.below(reach - 2);
    match random.below(7) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => {
            for _ in 0..1 + random.below(20) {
                let at = 2 + random.below(reach - 2);
                bytes[at] = random.below(256) as u8;
            }
        }
        2 => drop(bytes.drain(at..(at + 1 + random.below(1500)).min(jpeg.len()))),
        3 => bytes.truncate(at),
        4 => {
            let inserted: Vec<u8> = (0..1 + random.below(40)).map(|_| random.below(256) as u8).collect();
            bytes.splice(at..at, inserted);
        }
        5 => {
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(at..).unwrap_or_default());
        }
        _ => {
            // A restart interval of another frame fits anywhere.
            let end = (at + 1 + random.below(4000)).min(jpeg.len()).min(other.len());
            if let Some(piece) = other.get(at..end) {
                bytes[at..end].copy_from_slice(piece);
            }
        }
    }
    bytes
}

/// Reads `frames` frames, one in ten of them sound.
fn coefficients(frames: u64) -> Count {
    let pictures = pictures();
    let mut random = Random(1);
    let mut readers: Vec<Reader> = pictures.iter().map(|_| Reader::new()).collect();
    let mut count = Count::default();
    for n in 0..frames {
        let index = random.below(pictures.len());
        let (jpeg, identity) = &pictures[index];
        // Four pictures later is the next frame of this size and quality.
        let (other, next) = &pictures[(index + 4) % pictures.len()];
        if n % 10 == 0 {
            count.add(readers[index].read(jpeg), &[*identity]);
        } else {
            count.add(readers[index].read(&damaged(jpeg, other, &mut random)), &[*identity, *next]);
        }
    }
    count
}

/// The same from pixels, at half of the size.
fn pixels(frames: u64) -> Count {
    let scaled: Vec<(Vec<u8>, Identity)> = pictures()
        .into_iter()
        .filter_map(|(jpeg, identity)| {
            let picture = image::load_from_memory(&jpeg).unwrap();
            let (width, height) = (picture.width() * 5 / 8, picture.height() * 5 / 8);
            let small = picture.resize_exact(width, height, FilterType::Triangle);
            (height > 100).then(|| (encoded(&small, 60), identity))
        })
        .collect();
    let mut random = Random(2);
    let (mut top, mut finder) = (Top::default(), Finder::new());
    let mut count = Count::default();
    for _ in 0..frames {
        let index = random.below(scaled.len());
        let (jpeg, identity) = &scaled[index];
        let (other, next) = &scaled[(index + 4) % scaled.len()];
        let grey = top.grey(&damaged(jpeg, other, &mut random));
        let read = grey.and_then(|grey| finder.find(grey.as_raw(), grey.width() as usize));
        count.add(read, &[*identity, *next]);
    }
    count
}

#[test]
fn damaged_frames_are_read_right_or_not_at_all() {
    let count = coefficients(2_000);
    assert!(count.wrong == 0 && count.right > 200 && count.none > 200, "{count:?}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are the result")]
#[ignore = "a million frames take minutes"]
fn of_a_million_damaged_frames_none_is_read_wrong() {
    for (name, frames, read) in
        [("coefficients", FRAMES, coefficients as fn(u64) -> Count), ("pixels", SCALED, pixels)]
    {
        let start = Instant::now();
        let count = read(frames);
        println!("{name}: {frames} frames in {:.0} s: {count:?}", start.elapsed().as_secs_f64());
        assert_eq!(count.wrong, 0, "{name}");
    }
}

/// What pictures without a strip cost, beside the whole walk.
#[test]
#[expect(clippy::print_stdout, reason = "the times are the result")]
#[ignore = "a measurement"]
fn a_picture_without_a_strip_costs_little() {
    let noise: Vec<u8> = {
        let mut random = Random(3);
        let mut level = 128_i32;
        (0..1920 * 1080 * 3)
            .map(|_| {
                level = (level + random.below(9) as i32 - 4).clamp(0, 255);
                level as u8
            })
            .collect()
    };
    let picture = DynamicImage::ImageRgb8(RgbImage::from_raw(1920, 1080, noise).unwrap());
    let jpeg = encoded(&picture, 80);
    let mut pattern = Pattern::new("1920x1080".parse().unwrap(), 1);
    let striped = pattern.frame(1, Duration::ZERO).unwrap();
    for (name, jpeg) in [("without a strip", &jpeg), ("with a strip", &striped)] {
        let mut reader = Reader::new();
        let start = Instant::now();
        const TIMES: u32 = 200;
        for _ in 0..TIMES {
            assert_eq!(reader.read(jpeg).is_some(), name == "with a strip");
        }
        println!("{name}: {} bytes, {:?} a picture", jpeg.len(), start.elapsed() / TIMES);
    }
}

fn to_jpeg(picture: &DynamicImage) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// Frames of the pattern, scaled to 5/8.
fn scaled() -> impl FnMut(u64) -> Vec<u8> {
    let mut pattern = Pattern::new("640x480".parse().unwrap(), 7);
    move |number| {
        let jpeg = pattern.frame(number, Duration::from_secs(number)).unwrap();
        let picture = image::load_from_memory(&jpeg).unwrap();
        to_jpeg(&picture.resize_exact(400, 300, FilterType::Triangle))
    }
}

fn blank() -> Vec<u8> {
    to_jpeg(&DynamicImage::ImageRgb8(RgbImage::new(320, 240)))
}

#[test]
fn strips_are_found_in_scaled_pictures_also_behind_others() {
    for mut reader in [StripReader::new(), StripReader::of_each()] {
        let (mut scaled, blank) = (scaled(), blank());
        assert_eq!(reader.read(&blank), None);
        assert_eq!(reader.read(&scaled(1)).map(|it| it.number), Some(1));
        for _ in 0..PATIENCE - 1 {
            assert_eq!(reader.read(&blank), None);
        }
        assert_eq!(reader.read(&scaled(2)).map(|it| it.number), Some(2));
    }
}

#[test]
fn in_passing_few_pictures_are_decoded_until_one_has_a_strip() {
    let (mut scaled, blank) = (scaled(), blank());
    let mut reader = StripReader::new();
    let mut decoded = 0;
    for n in 0..2 * SELDOM_IN_PASSING {
        decoded += u64::from(!reader.is_left_out() && reader.is_searched());
        assert_eq!(reader.read(&blank), None, "{n}");
    }
    assert_eq!(decoded, SEARCHED_IN_PASSING + 1);
    // The next one is in the sample.
    for number in [5, 6, 7] {
        assert_eq!(reader.read(&scaled(number)).map(|it| u64::from(it.number)), Some(number));
    }
}

#[test]
fn a_strip_that_appears_late_is_noticed_soon_and_then_every_picture_is_read() {
    let mut pattern = Pattern::new("320x240".parse().unwrap(), 7);
    let mut marked = |number: u64| pattern.frame(number, Duration::from_secs(number)).unwrap();
    let mut reader = StripReader::new();
    let blank = blank();
    for _ in 0..READ + 7 {
        assert_eq!(reader.read(&blank), None);
    }
    let noticed =
        (1..=SAMPLED).filter_map(|number| reader.read(&marked(number))).map(|it| u64::from(it.number));
    let noticed: Vec<_> = noticed.collect();
    assert!(!noticed.is_empty(), "{noticed:?}");
    assert!(noticed.iter().copied().eq(noticed[0]..=SAMPLED), "{noticed:?}");
    for _ in 0..READ + 7 {
        assert_eq!(reader.read(&blank), None);
    }
    assert_eq!(reader.read(&marked(100)).map(|it| it.number), Some(100));
}

#[test]
fn a_picture_that_came_before_it_was_taken_has_no_age() {
    let identity = Identity { time_us: 5_000_000, number: 1, source: 2 };
    let second = Duration::from_secs(1);
    let strip = Strip::of(&identity, Some(second * 5), Some(second / 2));
    assert_eq!(strip.age_ms, Some(500.0));
    for (began, arrival) in [(Some(second), Some(second)), (None, Some(second)), (Some(second * 9), None)] {
        assert_eq!(Strip::of(&identity, began, arrival).age_ms, None);
    }
}
