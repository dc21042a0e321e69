//! Code that the end-to-end tests share: runs of the binary, deadlines, peers, a plain HTTP client.
//!
//! A child process is killed when its handle is dropped. Each wait has a deadline. The system chooses each port.

#![allow(unreachable_pub)]

pub mod bridge;
pub mod browser;
pub mod busy_camera;
pub mod camera;
pub mod crowded;
pub mod http;
pub mod monitor;
pub mod mount;
pub mod nginx;
pub mod page_camera;
pub mod peer;
pub mod picture;
pub mod process;
pub mod run;
pub mod stderr;
pub mod timing;
pub mod verdict;
pub mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The deadline of all waits. It is long, because test machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The subcommands that have a page of help.
pub const COMMANDS: [&[&str]; 13] = [
    &["serve"],
    &["record"],
    &["check"],
    &["inspect"],
    &["monitor"],
    &["bench"],
    &["bench", "chunks"],
    &["bench", "clients"],
    &["bench", "slow"],
    &["bench", "path"],
    &["bench", "merge"],
    &["completions"],
    &["man"],
];

/// The path of a file or directory of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The thirty frames that most tests serve.
pub fn frames() -> PathBuf {
    repository("fixtures/frames")
}

/// The files of a directory whose names end in `.jpg`, in the order of their names.
pub fn jpegs(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jpg"))
        .collect();
    files.sort();
    files
}

/// The contents of the `.jpg` files of a directory, in the order of their names.
pub fn contents(directory: &Path) -> Vec<Vec<u8>> {
    jpegs(directory).iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The text of a message about something that happened in a run: `mjpeg: serve: 2026-11-28T08:44:03.123Z the text`. `None` if the
/// line has another form.
pub fn event<'a>(command: &str, line: &'a str) -> Option<&'a str> {
    let (time, text) = line.strip_prefix(&format!("mjpeg: {command}: "))?.split_once(' ')?;
    is_time_of_day(time).then_some(text)
}

/// Whether a text is a time of day in UTC with milliseconds, within the last hour.
pub fn is_time_of_day(text: &str) -> bool {
    let Ok(time) = text.parse::<jiff::Timestamp>() else { return false };
    let age = jiff::Timestamp::now().as_millisecond() - time.as_millisecond();
    text.len() == "2026-11-28T08:44:03.123Z".len() && text.ends_with('Z') && (0..3_600_000).contains(&age)
}

/// Calls `ask` until it returns a value, and fails the test after [`PATIENCE`].
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether `fuzz/` has to be there. A package is published without it, because it has a manifest of its own.
pub fn has_fuzz() -> bool {
    repository("fuzz").exists() || !repository("Cargo.toml.orig").exists()
}

/// All documents of the repository, by their paths.
pub fn documents() -> Vec<String> {
    fn below(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" {
                below(&path, found);
            } else if name.ends_with(".md") {
                let path = path.strip_prefix(repository("")).unwrap();
                found.push(path.to_str().unwrap().into());
            }
        }
    }
    let mut names =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(String::from).to_vec();
    for folder in ["docs", "benches", "fixtures", "fuzz"] {
        if folder != "fuzz" || has_fuzz() {
            below(&repository(folder), &mut names);
        }
    }
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    names
}
