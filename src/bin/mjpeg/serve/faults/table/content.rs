//! Faults of what the pictures show, and of when they were taken.

use std::time::Duration;

use image::{Rgb, imageops};
use mjpeg::multipart::Timestamp;

use super::super::edit::{Out, Target};
use super::super::entry::{Act, Draw, Entry, Takes};
use super::drawn::{decoded, encoded, grey, without_colour};
use super::row::{row, wire, wire_at};
use super::splice::with_tables_first;

const fn drawn(name: &'static str, draw: Draw, rule: &'static str, help: &'static str) -> Entry {
    row(name, Act::Drawn(draw), rule, help)
}

const fn drawn_at(
    name: &'static str,
    example: &'static str,
    draw: Draw,
    rule: &'static str,
    help: &'static str,
) -> Entry {
    Entry { example, ..drawn(name, draw, rule, help) }
}

/// The picture with a block that shows the number of the part by its brightness.
fn clock(jpeg: &[u8], part: u64) -> Option<Vec<u8>> {
    let mut picture = decoded(jpeg)?;
    let level = 96 + (part * 53 % 64) as u8;
    let corner = picture.enumerate_pixels_mut().filter(|(x, y, _)| *x < 8 && *y < 8);
    corner.for_each(|(_, _, pixel)| *pixel = Rgb([level; 3]));
    encoded(&picture, 90)
}

/// A head with an earlier X-Timestamp.
fn earlier(target: &Target<'_>, by: Duration) -> Option<Vec<Out>> {
    target.field("X-Timestamp", &|value| {
        let Timestamp(taken) = Timestamp::parse(value.as_bytes())?;
        Some(Timestamp(taken.saturating_sub(by)).to_string())
    })
}

/// How much later than the one before each part says that it was taken.
const GROWTH: Duration = Duration::from_millis(30);

pub const ENTRIES: &[Entry] = &[
    drawn(
        "frozen",
        |scene| Some(scene.made.unwrap_or(scene.jpeg).to_vec()),
        "frozen",
        "all pictures are the first one",
    ),
    Entry {
        takes: Takes::Parts(Some(12)),
        ..drawn(
            "repeated",
            |scene| {
                let is_new = scene.run.is_multiple_of(scene.argument);
                Some(scene.made.filter(|_| !is_new).unwrap_or(scene.jpeg).to_vec())
            },
            "frozen",
            "each picture is sent PARTS times (12)",
        )
    },
    row(
        "nearly-frozen",
        Act::Hang(|scene| clock(scene.jpeg, scene.part)),
        "nearly-frozen",
        "the source hangs: three parts are missing after the first one, and then only a clock moves",
    ),
    drawn(
        "black",
        // A light that moves: else the pictures would be frozen too.
        |scene| grey(scene.jpeg, |x, y| if y == 0 && u64::from(x) == scene.part % 16 { 12 } else { 4 }),
        "black",
        "the pictures are black",
    ),
    drawn(
        "flat",
        |scene| grey(scene.jpeg, |_, _| 120 + (scene.part % 4) as u8),
        "flat",
        "the pictures are grey, without detail",
    ),
    drawn(
        "white",
        |scene| {
            let part = scene.part;
            grey(scene.jpeg, |x, y| if (u64::from(x + y) + part).is_multiple_of(16) { 180 } else { 255 })
        },
        "over-exposed",
        "the pictures are white for the most part",
    ),
    drawn_at(
        "lower-half-grey",
        "lower-half-grey@5",
        |scene| {
            let mut picture = decoded(scene.jpeg)?;
            let half = picture.height() / 2;
            let lower = picture.enumerate_pixels_mut().filter(|(_, y, _)| *y >= half);
            lower.for_each(|(_, _, pixel)| *pixel = Rgb([128; 3]));
            encoded(&picture, 90)
        },
        "concealed",
        "the lower half of the picture is grey, as a decoder leaves it",
    ),
    drawn_at(
        "wrong-size",
        "wrong-size@5",
        |scene| {
            let picture = decoded(scene.jpeg)?;
            let (width, height) = (picture.width().div_ceil(2), picture.height().div_ceil(2));
            encoded(&imageops::crop_imm(&picture, 0, 0, width, height).to_image(), 90)
        },
        "size-change",
        "a picture of half the width and height",
    ),
    drawn(
        "quality-change",
        |scene| {
            let quality = if scene.part.is_multiple_of(2) { 90 } else { 15 };
            Some(with_tables_first(&encoded(&decoded(scene.jpeg)?, quality)?))
        },
        "quality-change",
        "the pictures are of low and high quality by turns",
    ),
    drawn_at(
        "sampling-change",
        "sampling-change@5",
        |scene| without_colour(scene.jpeg),
        "sampling-change",
        "a picture with one component: grey",
    ),
    Entry {
        takes: Takes::Time(Some(3_000_000)),
        ..wire(
            "old",
            |target| earlier(target, Duration::from_micros(target.argument)),
            "lag",
            "X-Timestamp is TIME before the real one (3s)",
        )
    },
    wire(
        "older-and-older",
        |target| earlier(target, GROWTH * u32::try_from(target.part).unwrap_or(u32::MAX)),
        "lag-grows",
        "X-Timestamp falls behind by 30 ms with each part",
    ),
    wire_at(
        "time-back",
        "time-back@20",
        |target| earlier(target, Duration::from_millis(500)),
        "capture-time-back",
        "X-Timestamp is 500 ms before the real one",
    ),
    wire(
        "no-time",
        |target| target.field("X-Timestamp", &|_| Some("0".into())),
        "not-capture-time",
        "X-Timestamp is 0",
    ),
];
