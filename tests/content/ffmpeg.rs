//! FFmpeg: it makes the clips, and its filters judge them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::clip::FPS;

/// The verdict of the filters on each frame.
pub struct Detected {
    pub black: Vec<bool>,
    pub frozen: Vec<bool>,
}

/// Whether FFmpeg is installed. If not, says so; panics where the environment asks for peers with
/// `MJPEG_REQUIRE_PEERS=1`.
#[expect(clippy::print_stderr, reason = "a test that shows nothing must say so")]
pub fn is_there() -> bool {
    let is_there = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok();
    let required = std::env::var_os("MJPEG_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(is_there || !required, "ffmpeg is not installed");
    if !is_there {
        eprintln!("not checked, as ffmpeg is not installed");
    }
    is_there
}

/// Runs FFmpeg and returns its messages.
pub fn run(arguments: &[&str]) -> String {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostats", "-nostdin", "-y"])
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("ffmpeg: {error}"));
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {messages}");
    messages
}

impl Detected {
    /// Judges the frames of a clip, with the filters' defaults.
    pub fn of(path: &Path, frames: usize) -> Self {
        let path = path.to_str().expect("it is made of names in ASCII");
        let fps = FPS.to_string();
        let filters = "blackdetect,freezedetect";
        let messages =
            run(&["-f", "mjpeg", "-framerate", &fps, "-i", path, "-vf", filters, "-f", "null", "-"]);
        let mut detected = Self { black: vec![false; frames], frozen: vec![false; frames] };
        for line in messages.lines().filter(|line| line.contains("black_start:")) {
            let (start, end) = (number(line, "black_start:"), number(line, "black_end:"));
            let (start, end) = (frame(start.unwrap()), frame(end.unwrap()));
            // At the end of the input, the end is the time of the last frame.
            let end = if end + 1 == frames { frames } else { end };
            detected.black[start..end].fill(true);
        }
        let mut started = None;
        for line in messages.lines() {
            if let Some(start) = number(line, "freeze_start: ") {
                started = Some(frame(start));
            }
            if let Some((start, end)) = started.zip(number(line, "freeze_end: ")) {
                detected.frozen[start..frame(end)].fill(true);
                started = None;
            }
        }
        if let Some(start) = started {
            detected.frozen[start..].fill(true);
        }
        detected
    }
}

fn number(line: &str, name: &str) -> Option<f64> {
    let rest = line.split(name).nth(1)?;
    rest.split_whitespace().next()?.parse().ok()
}

fn frame(seconds: f64) -> usize {
    (seconds * f64::from(FPS)).round() as usize
}
