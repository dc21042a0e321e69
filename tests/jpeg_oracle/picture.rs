//! Pictures of every kind that the programs at hand can make.

use std::fs;

use crate::damage::Random;
use crate::peer;

/// A picture, and what its encoder was told.
pub struct Picture {
    pub name: String,
    /// Pictures of one family differ in what they show alone.
    pub family: &'static str,
    pub jpeg: Vec<u8>,
    pub size: (u16, u16),
    pub quality: Option<u8>,
    pub sampling: Option<&'static str>,
    /// Whether its Huffman tables are those of T.81 K.3.
    pub standard_tables: bool,
}

/// Each family with the options of `cjpeg`, and its sampling.
const FAMILIES: &[(&str, &str, Option<&str>)] = &[
    ("420", "-sample 2x2", Some("4:2:0")),
    ("422", "-sample 2x1", Some("4:2:2")),
    ("444", "-sample 1x1", Some("4:4:4")),
    ("440", "-sample 1x2", Some("4:4:0")),
    ("411", "-sample 4x1", Some("4:1:1")),
    ("410", "-sample 4x2", Some("4:1:0")),
    ("grey", "-grayscale", Some("grey")),
    ("rgb", "-rgb", Some("4:4:4")),
    ("optimised", "-sample 2x2 -optimize", Some("4:2:0")),
    ("restart rows", "-sample 2x2 -restart 1", Some("4:2:0")),
    ("restart blocks", "-sample 2x1 -restart 1B", Some("4:2:2")),
    ("restart five", "-grayscale -restart 5B -optimize", Some("grey")),
    ("progressive", "-sample 2x2 -progressive", Some("4:2:0")),
    ("progressive 422", "-sample 2x1 -progressive", Some("4:2:2")),
    ("progressive grey", "-grayscale -progressive", Some("grey")),
    ("progressive restart", "-sample 2x2 -progressive -restart 3B", Some("4:2:0")),
    ("arithmetic", "-sample 2x2 -arithmetic", Some("4:2:0")),
];

/// A scan script: planes one after another.
const PLANES: &str = "0;\n1;\n2;\n";

/// A scan script in the manner of mozjpeg: DC of all components, few bands, refinements last.
const BANDS: &str = "0 1 2: 0-0, 0, 1;\n0: 1-8, 0, 2;\n1: 1-8, 0, 0;\n2: 1-8, 0, 0;\n0: 9-63, 0, 2;\n\
                     0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n1: 9-63, 0, 0;\n2: 9-63, 0, 0;\n0 1 2: 0-0, 1, 0;\n";

/// Small pictures of every family, in odd sizes and several qualities; `None` when the programs that
/// make them are not installed.
pub fn all() -> Option<Vec<Picture>> {
    if !peer::are_there(&["cjpeg", "djpeg", "jpegtran", "ffmpeg"]) {
        return None;
    }
    let mut pictures = Vec::new();
    for &(family, options, sampling) in FAMILIES {
        for (size, quality) in
            [((1, 1), 75), ((8, 16), 50), ((37, 23), 90), ((160, 120), 80), ((101, 67), 100)]
        {
            // The first entries of coarse tables alone do not identify an encoder.
            pictures.push(encode(family, options, sampling, size, quality, 7));
        }
    }
    for script in [PLANES, BANDS] {
        for size in [(33, 17), (160, 120)] {
            let base = encode("420", "-sample 2x2", Some("4:2:0"), size, 80, 9);
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), script).unwrap();
            let path = file.path().to_str().unwrap();
            let jpeg = peer::run("jpegtran", &["-scans", path], &base.jpeg);
            let name = format!("script {size:?}");
            pictures.push(Picture { name, jpeg, standard_tables: false, ..base });
        }
    }
    for format in ["yuvj420p", "yuvj422p", "yuvj444p"] {
        for tables in ["default", "optimal"] {
            pictures.push(from_ffmpeg(format, tables));
        }
    }
    Some(pictures)
}

/// Larger pictures of the families that cameras send, two of each side by side that show different
/// things.
pub fn large() -> Option<Vec<Picture>> {
    if !peer::are_there(&["cjpeg", "djpeg", "jpegtran", "ffmpeg"]) {
        return None;
    }
    let families = ["420", "422", "grey", "optimised", "restart rows", "restart five", "progressive"];
    let chosen = FAMILIES.iter().filter(|(family, _, _)| families.contains(family));
    let pictures = chosen.flat_map(|&(family, options, sampling)| {
        [1, 2].map(|seed| encode(family, options, sampling, (320, 240), 85, seed))
    });
    Some(pictures.collect())
}

fn encode(
    family: &'static str,
    options: &str,
    sampling: Option<&'static str>,
    size: (u16, u16),
    quality: u8,
    seed: u64,
) -> Picture {
    let number = quality.to_string();
    let arguments: Vec<&str> = ["-quality", &number].into_iter().chain(options.split(' ')).collect();
    let jpeg = peer::run("cjpeg", &arguments, &pixels(size, seed));
    let name = format!("{family} {size:?} quality {quality}");
    let changed = ["-optimize", "-progressive", "-arithmetic"];
    let standard_tables = !changed.iter().any(|option| options.contains(option));
    Picture { name, family, jpeg, size, quality: Some(quality), sampling, standard_tables }
}

fn from_ffmpeg(format: &'static str, tables: &str) -> Picture {
    let arguments = ["-v", "error", "-f", "ppm_pipe", "-i", "-", "-c:v", "mjpeg", "-q:v", "3"];
    let rest = ["-pix_fmt", format, "-huffman", tables, "-f", "image2pipe", "-"];
    let jpeg = peer::run("ffmpeg", &[&arguments[..], &rest[..]].concat(), &pixels((200, 120), 11));
    let sampling = match format {
        "yuvj420p" => "4:2:0",
        "yuvj422p" => "4:2:2",
        _ => "4:4:4",
    };
    Picture {
        name: format!("ffmpeg {format} {tables}"),
        family: "ffmpeg",
        jpeg,
        size: (200, 120),
        quality: None,
        sampling: Some(sampling),
        standard_tables: tables == "default",
    }
}

/// A picture with soft and sharp parts and noise, as PPM.
fn pixels((width, height): (u16, u16), seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut ppm = format!("P6\n{width} {height}\n255\n").into_bytes();
    let (a, b) = (random.below(40) + 10, random.below(60) + 20);
    for y in 0..usize::from(height) {
        for x in 0..usize::from(width) {
            let stripe = if (x / a + y / b) % 3 == 0 { 90 } else { 0 };
            let noise = if (x / 32 + y / 32) % 2 == 0 { random.below(48) } else { random.below(3) };
            let at = [x * 200 / 320 % 256, y * 180 / 240 % 256, (x + y) / 3 % 256];
            ppm.extend(at.map(|shade| (shade + stripe + noise).min(255) as u8));
        }
    }
    ppm
}
