//! The timing file of a capture.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the times of a capture are.
pub fn of(capture: &Path) -> PathBuf {
    let mut path = capture.as_os_str().to_os_string();
    path.push(".timing");
    path.into()
}

/// The offsets and times of a capture, up to its last whole line.
pub fn reads(capture: &Path) -> Vec<(usize, f64)> {
    let text = fs::read_to_string(of(capture)).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (end, at) = line.split_once(' ').unwrap();
        (end.parse().unwrap(), at.parse().unwrap())
    };
    lines.map(read).collect()
}
