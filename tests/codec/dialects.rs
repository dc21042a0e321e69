//! Every frame of every device, bit-exact, the moment its last byte is in.

use std::fs;

use mjpeg::jpeg::Walk;
use mjpeg::multipart::{Extent, Framing, Limits};

use super::fixtures;
use super::invariants::cuts::Cuts;
use super::invariants::parser::open;
use super::invariants::transcript::{Told, tell};
use super::recipe::Recipe;

/// The whole pictures in `body`, and how many bytes had come when each was told.
fn pictures(body: &[u8], boundary: Option<&[u8]>) -> Vec<(Vec<u8>, Framing, u64, usize)> {
    let mut pictures = Vec::new();
    tell(Walk::new(), body, boundary, Limits::default(), Cuts::new(1), |told, received| {
        if let Told::Part { framing, extent: Extent::Complete { end }, spans, .. } = told {
            let start = spans.body.start as usize;
            pictures.push((body[start..start + end].to_vec(), framing, spans.body.end(), received));
        }
    });
    pictures
}

#[test]
fn every_device_gives_its_six_frames_bit_exact() {
    let frames = fixtures::frames();
    let devices = fixtures::devices();
    assert_eq!(devices.len(), 58);
    fixtures::for_each(&devices, |(name, path)| {
        let (boundary, body) = open(&fs::read(path.join("stream.http")).expect("readable"));
        let found: Vec<_> =
            pictures(&body, boundary.as_deref()).into_iter().map(|(bytes, ..)| bytes).collect();
        assert!(found == frames, "{name}: {} frames", found.len());
    });
}

#[test]
fn every_deviation_gives_the_frames_that_were_sent() {
    let mut recipes = fixtures::recipes();
    recipes.retain(|(name, _)| name.starts_with("deviations/") && !name.contains("thumb"));
    fixtures::for_each(&recipes, |(name, path)| {
        let recipe = Recipe::parse(&fs::read_to_string(path).expect("readable"));
        let sent: Vec<_> = recipe
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("frame "))
            .filter(|frame| !frame.contains(".."))
            .map(fixtures::frame)
            .collect();
        let (boundary, body) = open(&recipe.stream);
        let mut found: Vec<_> =
            pictures(&body, boundary.as_deref()).into_iter().map(|(bytes, ..)| bytes).collect();
        found.retain(|picture| sent.contains(picture));
        assert!(found == sent, "{name}: {} of {} frames", found.len(), sent.len());
    });
}

#[test]
fn a_frame_with_an_honest_length_is_told_with_its_last_byte() {
    let mut counted = 0;
    for (name, path) in fixtures::devices() {
        let (boundary, body) = open(&fs::read(path.join("stream.http")).expect("readable"));
        for (picture, framing, end, received) in pictures(&body, boundary.as_deref()) {
            let is_exact = body[..end as usize].ends_with(&picture);
            if matches!(framing, Framing::ContentLength | Framing::Scanned) && is_exact {
                assert_eq!(received as u64, end, "{name}");
                counted += 1;
            }
        }
    }
    assert!(counted > 200, "{counted}");
}
