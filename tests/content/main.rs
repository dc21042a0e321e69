//! What the means of blocks say of pictures, against FFmpeg's `blackdetect` and `freezedetect`, which read every
//! pixel.

mod clip;
mod ffmpeg;
mod ours;

use clip::{CLIPS, Clip, Kind};

/// Frames that both call the same, and all frames.
#[derive(Default)]
struct Agreement {
    black: (usize, usize),
    frozen: (usize, usize),
}

#[test]
#[expect(clippy::print_stdout, reason = "the rate is what it is for")]
fn black_and_frozen_frames_are_those_of_ffmpeg() {
    if !ffmpeg::is_there() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut all = Agreement::default();
    for clip in CLIPS.iter().filter(|clip| clip.kind != Kind::Noise) {
        let path = clip.make(directory.path());
        let frames = ours::Frames::of(&path);
        let theirs = ffmpeg::Detected::of(&path, frames.count());
        let agreement = Agreement {
            black: compare(clip, "black", &frames.black_seconds(), &theirs.black),
            frozen: compare(clip, "frozen", &frames.frozen_seconds(), &theirs.frozen),
        };
        println!(
            "black {}/{} ({} in all), frozen {}/{} ({} in all)  {}",
            agreement.black.0,
            agreement.black.1,
            theirs.black.iter().filter(|&&is| is).count(),
            agreement.frozen.0,
            agreement.frozen.1,
            theirs.frozen.iter().filter(|&&is| is).count(),
            clip.name,
        );
        all.black = (all.black.0 + agreement.black.0, all.black.1 + agreement.black.1);
        all.frozen = (all.frozen.0 + agreement.frozen.0, all.frozen.1 + agreement.frozen.1);
    }
    for (word, (same, count)) in [("black", all.black), ("frozen", all.frozen)] {
        let percent = same as f64 * 100.0 / count as f64;
        println!("{word}: {same} of {count} frames agree, {percent:.2} %");
        assert!(count > 3000 && percent >= 99.0, "{word}: {percent:.2} % of {count} frames");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn a_still_scene_with_noise_is_not_frozen() {
    if !ffmpeg::is_there() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for clip in CLIPS.iter().filter(|clip| clip.kind == Kind::Noise) {
        let path = clip.make(directory.path());
        let frames = ours::Frames::of(&path);
        let theirs = ffmpeg::Detected::of(&path, frames.count());
        let ours = frames.frozen_seconds().iter().filter(|&&is| is).count();
        let theirs = theirs.frozen.iter().filter(|&&is| is).count();
        println!("{ours} frozen frames, freezedetect {theirs}, of {}  {}", frames.count(), clip.name);
        assert_eq!(ours, 0, "{}", clip.name);
    }
}

fn compare(clip: &Clip, word: &str, ours: &[bool], theirs: &[bool]) -> (usize, usize) {
    assert_eq!(ours.len(), theirs.len());
    let differences: Vec<usize> = (0..ours.len()).filter(|&n| ours[n] != theirs[n]).collect();
    if !differences.is_empty() {
        report(clip, word, ours, &differences);
    }
    (ours.len() - differences.len(), ours.len())
}

#[expect(clippy::print_stdout, reason = "every disagreement is shown")]
fn report(clip: &Clip, word: &str, ours: &[bool], differences: &[usize]) {
    let shown: Vec<String> =
        differences.iter().map(|&n| format!("{n}{}", if ours[n] { "+" } else { "-" })).collect();
    println!("{}: {word} here (+) or there (-): {}", clip.name, shown.join(" "));
}
