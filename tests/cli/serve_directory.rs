//! `mjpeg serve` of a directory whose files change, are broken, or block.

use crate::kit;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kit::http::{self, Client};
use kit::run::{Server, run};
use kit::writer::Writer;

/// A picture of 32 blocks that carry the number of the round in which it was written. All have one length, so half of one and
/// half of another are a complete JPEG.
fn of_round(round: usize) -> Vec<u8> {
    let block = [b"\xff\xfe\x10\x02", &[round as u8; 4096][..]].concat();
    [b"\xff\xd8", &block.repeat(32)[..], kit::picture::SMALLEST].concat()
}

/// The round in which a picture was written; `None` if it has blocks of two rounds.
fn round(picture: &[u8]) -> Option<u8> {
    let round = picture[6];
    (picture == of_round(round.into())).then_some(round)
}

/// The longest time in milliseconds that a writer stood between two blocks of a picture, because the machine was busy.
static HELD_UP: AtomicU64 = AtomicU64::new(0);

/// Rewrites a file in place, block by block, with `pause` between two blocks.
fn rewrite(file: &Path, round: usize, pause: Duration) {
    let mut file = OpenOptions::new().write(true).open(file).unwrap();
    let mut written = Instant::now();
    for block in of_round(round).chunks(16 << 10) {
        file.write_all(block).unwrap();
        HELD_UP.fetch_max(written.elapsed().as_millis() as u64, Ordering::Relaxed);
        written = Instant::now();
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

/// Fails the test unless the server answers while its source blocks, and ends at a signal.
fn answers_and_ends(server: Server) {
    let (head, _) = http::get(server.address(), "/healthz");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let started = Instant::now();
    server.run.signal("TERM");
    let end = server.run.end().expect(0);
    assert!(started.elapsed() < Duration::from_secs(10), "{}", end.err);
}

#[test]
fn files_that_block_or_are_not_files_are_skipped() {
    let frames = kit::contents(&kit::frames());
    let folder = kit::picture::folder(&[&frames[0], &frames[1]]);
    // A read of this file waits for the next message of the kernel, although it is a regular file.
    symlink("/proc/kmsg", folder.path().join("00.jpg")).unwrap();
    symlink("/dev/zero", folder.path().join("01.jpg")).unwrap();
    run(Command::new("mkfifo").arg(folder.path().join("02.jpg"))).expect(0);
    fs::create_dir(folder.path().join("03.jpg")).unwrap();
    let server = Server::start(folder.path(), &["--fps", "50"]);
    let mut client = Client::watch(server.address(), "/stream");
    for n in 0..6 {
        assert!(client.part().unwrap().body == frames[n % 2], "part {n}");
    }
    server.run.says("00.jpg is skipped: ");
    assert_eq!(server.run.err().matches(" is skipped: ").count(), 1, "{}", server.run.err());
    answers_and_ends(server);
}

#[test]
fn a_file_that_becomes_a_named_pipe_while_it_is_opened_blocks_nothing() {
    let frames = kit::contents(&kit::frames());
    let folder = kit::picture::folder(&[&frames[0], &frames[1]]);
    let other = tempfile::tempdir_in(folder.path()).unwrap();
    let [file, pipe, new] = ["file", "pipe", "new"].map(|name| other.path().join(name));
    fs::write(&file, &frames[0]).unwrap();
    run(Command::new("mkfifo").arg(&pipe)).expect(0);
    let server = Server::start(folder.path(), &["--fps", "200"]);
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == frames[0]);
    let changed = folder.path().join("0.jpg");
    let _writer = Writer::start(move |n| {
        let kind = if n % 2 == 0 { &pipe } else { &file };
        fs::hard_link(kind, &new).unwrap();
        fs::rename(&new, &changed).unwrap();
    });
    for n in 0..400 {
        assert!(frames[..2].contains(&client.part().unwrap().body), "part {n}");
    }
    // Whether it sees a pipe and says so depends on timing.
    let _ = server.run.err();
    answers_and_ends(server);
}

#[test]
fn a_picture_is_never_half_old_and_half_new() {
    let folder = kit::picture::folder(&[&of_round(0), &of_round(0), &of_round(0), &of_round(0)]);
    let server = Server::start(folder.path(), &["--fps", "50", "--viewer-buffer", "1M"]);
    let mut client = Client::watch(server.address(), "/stream");
    assert_eq!(round(&client.part().unwrap().body), Some(0));
    let writers = [0, 1, 2, 3].map(|n| {
        let file = folder.path().join(format!("{n}.jpg"));
        Writer::start(move |n| rewrite(&file, n + 1, Duration::ZERO))
    });
    let mixed: Vec<_> = (0..150).filter(|_| round(&client.part().unwrap().body).is_none()).collect();
    drop(writers);
    // A file that stays the same for a second counts as written: so long must the machine not have stopped a writer.
    let held_up = HELD_UP.load(Ordering::Relaxed);
    assert!(mixed.is_empty() || held_up > 900, "parts {mixed:?} are mixed, longest pause {held_up} ms");
    // A writer that pauses longer than it writes.
    let file = folder.path().join("0.jpg");
    let _writer = Writer::start(move |n| {
        rewrite(&file, n + 1, Duration::from_millis(10));
        std::thread::sleep(Duration::from_millis(100));
    });
    let mut rounds = std::collections::HashSet::new();
    let started = Instant::now();
    while rounds.len() < 8 {
        let body = client.part().unwrap().body;
        rounds.insert(round(&body).expect("a picture that is not mixed"));
        assert!(started.elapsed() < kit::PATIENCE, "{rounds:?}");
    }
}

/// Fails the test if a server that starts while a writer is at work sends a mixed picture. `source`: what to serve.
fn the_first_pictures_are_whole(source: impl Fn(&Path) -> &Path) {
    let folder = kit::picture::folder(&[&of_round(0)]);
    let file = folder.path().join("0.jpg");
    let written = file.clone();
    let _writer = Writer::start(move |n| {
        rewrite(&written, n + 1, Duration::from_millis(10));
        std::thread::sleep(Duration::from_millis(50));
    });
    for n in 0..6 {
        // At another time of the writer.
        std::thread::sleep(Duration::from_millis(13 * n));
        let server = Server::start(source(&file), &["--repeat", "0s", "--fps", "50"]);
        let mut client = Client::watch(server.address(), "/stream");
        for part in 0..3 {
            let body = client.part().unwrap().body;
            assert!(round(&body).is_some(), "part {part} of run {n} is mixed");
        }
        server.stop();
    }
}

#[test]
fn the_first_picture_of_a_directory_is_never_half_old_and_half_new() {
    the_first_pictures_are_whole(|file| file.parent().unwrap());
}

#[test]
fn the_first_picture_of_a_watched_file_is_never_half_old_and_half_new() {
    the_first_pictures_are_whole(|file| file);
}

#[test]
fn broken_files_take_no_time_from_good_ones_and_one_message() {
    let frames = kit::contents(&kit::frames());
    let few = kit::picture::folder(&[&frames[0], &frames[1]]);
    let many = kit::picture::folder(&[&frames[0], &frames[1]]);
    for n in 2..20_002 {
        fs::write(many.path().join(format!("{n}.jpg")), b"no picture").unwrap();
    }
    let servers = [few.path(), many.path()].map(|folder| Server::start(folder, &["--fps", "100"]));
    let mut clients =
        servers.each_ref().map(|server| Client::watch(server.address(), "/stream?layout=early"));
    // The first round reads all files.
    clients.iter_mut().for_each(|client| (0..4).for_each(|_| assert!(client.part().is_some())));
    let [of_few, of_many] = std::thread::scope(|scope| {
        let counts = clients.each_mut().map(|client| {
            scope.spawn(|| {
                let started = Instant::now();
                (0..)
                    .take_while(|_| started.elapsed() < Duration::from_secs(3) && client.part().is_some())
                    .count()
            })
        });
        counts.map(|count| count.join().unwrap())
    });
    assert!(of_many * 10 >= of_few * 7, "{of_many} frames beside broken files, {of_few} without them");
    let err = servers[1].run.err();
    assert_eq!(err.matches("skipped").count(), 1, "{err}");
    let [few, many] = servers;
    few.stop();
    many.run.signal("TERM");
    many.run.end().expect(0);
}

#[test]
fn at_the_end_the_number_of_skipped_files_is_written() {
    let frames = kit::contents(&kit::frames());
    let folder = kit::picture::folder(&[&frames[0], b"", b"", b"", &frames[1]]);
    let server = Server::start(folder.path(), &["--once", "--fps", "20"]);
    assert_eq!(Client::watch(server.address(), "/stream").rest().len(), 2);
    let end = server.run.end().expect(0);
    assert!(end.err.contains("1.jpg is skipped: it is empty"), "{}", end.err);
    assert!(end.err.contains("2 more files in "), "{}", end.err);
}

#[test]
fn changes_of_the_targets_of_links_are_seen() {
    let frames = kit::contents(&kit::frames());
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = other.path().join("camera.jpg");
    fs::write(&target, &frames[0]).unwrap();
    symlink(&target, folder.path().join("1.jpg")).unwrap();
    let server = Server::start(folder.path(), &["--fps", "50"]);
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == frames[0]);
    fs::write(&target, &frames[1]).unwrap();
    kit::eventually("the new picture", || (client.part().unwrap().body == frames[1]).then_some(()));
    server.stop();
}
