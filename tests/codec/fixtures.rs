//! Where the fixtures are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A path below `fixtures/`.
pub fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(below)
}

/// A picture of `fixtures/streams/frames`.
pub fn frame(name: &str) -> Vec<u8> {
    let path = path("streams/frames").join(format!("{name}.jpg"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A picture of `fixtures/frames`.
pub fn picture(number: usize) -> Vec<u8> {
    let path = path("frames").join(format!("frame-{number:06}.jpg"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pictures that the streams of `fixtures/streams` carry, in order.
pub fn frames() -> Vec<Vec<u8>> {
    (1..=6).map(|number| frame(&number.to_string())).collect()
}

/// The streams that devices send: name and folder.
pub fn devices() -> Vec<(String, PathBuf)> {
    let mut devices = entries("streams");
    devices.retain(|(_, path)| path.join("stream.http").exists());
    devices
}

/// The recipes, by the name of their folder and their own.
pub fn recipes() -> Vec<(String, PathBuf)> {
    let mut recipes = Vec::new();
    for (folder, path) in entries("recipes") {
        if path.is_dir() {
            let of_folder = entries(&format!("recipes/{folder}"));
            recipes.extend(of_folder.into_iter().map(|(name, path)| (format!("{folder}/{name}"), path)));
        }
    }
    recipes
}

/// The captures of real servers.
pub fn captures() -> Vec<(String, PathBuf)> {
    let mut captures = entries("captures");
    captures.retain(|(name, _)| name.ends_with(".http"));
    captures
}

fn entries(below: &str) -> Vec<(String, PathBuf)> {
    let folder = path(below);
    let listed = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<_> = listed
        .map(|entry| entry.expect("readable").path())
        .map(|path| (path.file_name().expect("named").to_string_lossy().into_owned(), path))
        .collect();
    entries.sort();
    entries
}

/// Asserts that `actual` is what the file holds, or writes the file with `MJPEG_BLESS=1`.
pub fn assert_agrees(path: &Path, expected: &str, actual: &str, blessed: impl FnOnce() -> String) {
    if expected == actual {
        return;
    }
    if std::env::var_os("MJPEG_BLESS").is_some() {
        fs::write(path, blessed()).expect("writable");
        return;
    }
    let differs = expected.lines().zip(actual.lines()).find(|(a, b)| a != b);
    let (expected, actual) = (expected.lines().count(), actual.lines().count());
    panic!("{}: {differs:#?}, {expected} and {actual} lines", path.display());
}

/// Runs `check` over all items on all processors.
pub fn for_each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(item)));
                    if run.is_err() {
                        failed.lock().expect("no panic holds it").push(());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic holds it").len();
    assert_eq!(failed, 0, "{failed} of {} failed", items.len());
}
