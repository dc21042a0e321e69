//! Tests of the rounds of a directory.

use super::*;
use crate::source::picture::SMALLEST;
use std::fs;

fn jpeg(text: &str) -> Vec<u8> {
    let length = (text.len() + 2) as u16;
    [b"\xff\xd8\xff\xfe", &length.to_be_bytes()[..], text.as_bytes(), &SMALLEST[2..]].concat()
}

fn write(dir: &tempfile::TempDir, name: &str, text: &str) {
    fs::write(dir.path().join(name), jpeg(text)).unwrap();
}

/// A directory that keeps `limit` bytes, and the poll that it wakes.
fn open(dir: &tempfile::TempDir, rounds: Option<u32>, limit: usize) -> (Directory, mio::Poll) {
    let (wake, poll) = Wake::for_test();
    let clock = Clock::real();
    let begin =
        (Watch::new(dir.path()), listing::list(dir.path(), Detail::Names, &Default::default()).unwrap());
    let notices = Notices::new(clock.clone(), Reporter::new("test"));
    let io = IoThread::new(PATIENCE);
    let files = Files::new(dir.path().into(), begin, Catalogue::new(limit), io, notices, clock.clone());
    (Directory::start(files, &clock, rounds, ReadAhead::new(Rate::default()), wake).unwrap(), poll)
}

/// The text of the next picture; `nothing` if there is none, `end` at the end.
fn next(directory: &mut Directory) -> String {
    let start = std::time::Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(20), "no answer");
        match directory.next(0, Duration::ZERO) {
            Next::Picture(picture) => {
                let jpeg = picture.jpeg();
                return String::from_utf8(jpeg[6..jpeg.len() + 2 - SMALLEST.len()].to_vec()).unwrap();
            }
            Next::Nothing => return "nothing".into(),
            Next::End => return "end".into(),
            Next::Later => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn play(directory: &mut Directory, n: usize) -> Vec<String> {
    (0..n).map(|_| next(directory)).collect()
}

/// Plays until the last pictures are `expected`.
fn until(directory: &mut Directory, expected: &[&str]) {
    let start = std::time::Instant::now();
    let mut last = std::collections::VecDeque::new();
    while last != expected {
        assert!(start.elapsed() < Duration::from_secs(20), "{last:?} instead of {expected:?}");
        last.push_back(next(directory));
        if last.len() > expected.len() {
            last.pop_front();
        }
        // The pace of a stream.
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn files_are_played_in_natural_order_round_after_round() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["f10.jpg", "f9.JPEG", "f1.jpg", ".f0.jpg", "notes.txt"] {
        write(&dir, name, name);
    }
    let order = ["f1.jpg", "f9.JPEG", "f10.jpg"];
    for limit in [0, KEPT] {
        let (mut once, _poll) = open(&dir, Some(1), limit);
        assert_eq!(play(&mut once, 4), [&order[..], &["end"]].concat());
        let (mut twice, _poll) = open(&dir, Some(2), limit);
        assert_eq!(play(&mut twice, 7), [&order[..], &order, &["end"]].concat());
        let (mut endless, _poll) = open(&dir, None, limit);
        assert_eq!(play(&mut endless, 99), order.repeat(33));
    }
}

#[test]
fn each_round_plays_the_files_that_exist_now() {
    for limit in [0, KEPT] {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, "b.jpg", "b");
        write(&dir, "d.jpg", "d");
        let (mut directory, _poll) = open(&dir, None, limit);
        assert_eq!(play(&mut directory, 4), ["b", "d", "b", "d"]);
        write(&dir, "a.jpg", "a");
        write(&dir, "c.jpg", "c");
        fs::remove_file(dir.path().join("b.jpg")).unwrap();
        write(&dir, "d.jpg", "longer d");
        until(&mut directory, &["a", "c", "longer d", "a", "c"]);
        fs::write(dir.path().join("a.jpg"), &jpeg("cut")[..6]).unwrap();
        until(&mut directory, &["longer d", "c", "longer d"]);
        for name in ["a.jpg", "c.jpg", "d.jpg"] {
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        until(&mut directory, &["nothing", "nothing"]);
        write(&dir, "d.jpg", "back");
        until(&mut directory, &["back", "back"]);
    }
}

#[test]
fn while_nothing_changes_the_thread_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir, "1.jpg", "good");
    fs::write(dir.path().join("2.jpg"), b"").unwrap();
    let (mut directory, _poll) = open(&dir, None, KEPT);
    // The end of the first round is known with the first picture of the second one.
    assert_eq!(play(&mut directory, 2), ["good", "good"]);
    let (closed, _) = channel();
    directory.messages = closed;
    assert_eq!(play(&mut directory, 1000), ["good"; 1000]);
}

#[test]
fn a_directory_without_pictures_cannot_be_opened() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| {
        let (clock, reporter) = (Clock::real(), Reporter::new("test"));
        let (rate, wake) = (Rate::default(), Wake::for_test().0);
        Directory::open(path, None, rate, wake, &clock, reporter, &Stop::default()).unwrap_err()
    };
    assert!(open(dir.path()).to_string().contains("holds no JPEG files"));
    assert!(open(&dir.path().join("missing")).to_string().contains("cannot read directory"));
}
