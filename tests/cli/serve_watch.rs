//! `mjpeg serve` of one file that another program rewrites.

use crate::kit;

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::time::Duration;

use kit::http::{self, Client};
use kit::run::Server;
use kit::writer::{Writer, replace};

#[test]
fn a_watched_file_is_served_again_after_any_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&file, &frames[0]).unwrap();
    let server = Server::start(&file, &["--repeat", "0s"]);
    let mut client = Client::watch(server.address(), "/stream");
    assert_eq!(client.part().unwrap().body, frames[0]);
    // Delete the file and write it again.
    fs::remove_file(&file).unwrap();
    fs::write(&file, &frames[1]).unwrap();
    assert_eq!(client.part().unwrap().body, frames[1]);
    // Truncate the file, then replace it.
    fs::write(&file, &frames[2][..5000]).unwrap();
    kit::eventually("the torn frame is counted", || {
        let state: serde_json::Value =
            serde_json::from_slice(&http::get(server.address(), "/state").1).unwrap();
        (state["frames_torn"].as_u64() >= Some(1)).then_some(())
    });
    server.run.says("camera.jpg is not sent");
    let other = folder.path().join("other");
    fs::write(&other, &frames[2]).unwrap();
    fs::rename(&other, &file).unwrap();
    assert_eq!(client.part().unwrap().body, frames[2]);
    // Move the folder away and create it again.
    let away = folder.path().with_extension("away");
    fs::rename(folder.path(), &away).unwrap();
    fs::create_dir(folder.path()).unwrap();
    fs::write(&file, &frames[3]).unwrap();
    assert_eq!(client.part().unwrap().body, frames[3]);
    fs::remove_dir_all(away).unwrap();
}

#[test]
fn an_incomplete_picture_is_never_sent_while_a_writer_rewrites_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&file, &frames[0]).unwrap();
    let server = Server::start(&file, &[]);
    let all = frames.clone();
    let _writer = Writer::start(move |n| {
        // Truncate the file and write it in two steps, as simple cameras do.
        let frame = &all[n % all.len()];
        let mut out = File::create(&file).unwrap();
        out.write_all(&frame[..frame.len() / 2]).unwrap();
        std::thread::yield_now();
        out.write_all(&frame[frame.len() / 2..]).unwrap();
        drop(out);
        std::thread::sleep(Duration::from_millis(3));
    });
    let mut client = Client::watch(server.address(), "/stream");
    for n in 0..200 {
        assert!(frames.contains(&client.part().unwrap().body), "part {n} is torn");
    }
    // Whether the server reports an incomplete picture depends on timing.
    let _ = server.run.err();
}

#[test]
fn events_of_other_files_do_not_make_an_incomplete_picture_complete() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    // Two pictures of the same length: half of one and half of the other are a complete JPEG.
    let picture =
        |fill: u8| [b"\xff\xd8\xff\xfe\x10\x02", &[fill; 4096][..], kit::picture::SMALLEST].concat();
    let pictures = [picture(b'a'), picture(b'b')];
    fs::write(&file, &pictures[0]).unwrap();
    let server = Server::start(&file, &["--repeat", "0s"]);
    // The server must know the file before the writer starts: it cannot see that the first picture is half new.
    let mut client = Client::watch(server.address(), "/stream");
    assert!(client.part().unwrap().body == pictures[0]);
    let (noise, all) = (folder.path().join("other.log"), pictures.clone());
    let _noise = Writer::start(move |n| {
        fs::write(&noise, n.to_string()).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    });
    let _writer = Writer::start(move |n| {
        // Overwrite the old picture slowly, without truncating the file.
        let mut out = OpenOptions::new().write(true).open(&file).unwrap();
        let (first, second) = all[(n + 1) % 2].split_at(2000);
        out.write_all(first).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        out.seek(SeekFrom::Start(2000)).unwrap();
        out.write_all(second).unwrap();
        drop(out);
        // The interval of the writer: the server needs time to read a picture between two writes.
        std::thread::sleep(Duration::from_millis(400));
    });
    for n in 0..6 {
        assert!(pictures.contains(&client.part().unwrap().body), "part {n} is torn");
    }
}

#[test]
fn a_link_to_a_file_that_is_replaced_all_the_time_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let file = real.join("camera.jpg");
    let frames = kit::contents(&kit::frames());
    fs::write(&file, &frames[0]).unwrap();
    let link = folder.path().join("link.jpg");
    symlink(&file, &link).unwrap();
    let server = Server::start(&link, &["--repeat", "0s"]);
    let all = frames.clone();
    let _writer = Writer::start(move |n| {
        // Replace the file several times between two checks.
        replace(&file, &all[n % all.len()]);
        std::thread::sleep(Duration::from_millis(5));
    });
    let mut client = Client::watch(server.address(), "/stream");
    let mut seen = std::collections::HashSet::new();
    while seen.len() < 10 {
        let body = client.part().unwrap().body;
        assert!(frames.contains(&body));
        seen.insert(body);
    }
}

/// A picture of this many segments. Bytes of two such pictures, one after the other, are a complete JPEG too.
fn filled(fill: u8, segments: usize) -> Vec<u8> {
    let segment = [&b"\xff\xfe\x10\x02"[..], &[fill; 4096][..]].concat();
    [&b"\xff\xd8"[..], &segment.repeat(segments)[..], kit::picture::SMALLEST].concat()
}

/// Writes a picture over the old one, in two steps.
fn overwrite(out: &mut File, picture: &[u8]) {
    let (first, second) = picture.split_at(picture.len() / 2);
    out.seek(SeekFrom::Start(0)).unwrap();
    out.write_all(first).unwrap();
    std::thread::sleep(Duration::from_millis(7));
    out.write_all(second).unwrap();
    out.set_len(picture.len() as u64).unwrap();
}

#[test]
fn a_file_that_is_rewritten_in_place_after_short_pauses_gives_whole_pictures() {
    // All pictures have one length, or each has its own.
    for lengths in [[9, 9, 9], [9, 10, 11]] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("camera.jpg");
        let pictures: Vec<_> = (b'a'..).zip(lengths).map(|(fill, length)| filled(fill, length)).collect();
        fs::write(&file, &pictures[0]).unwrap();
        let server = Server::start(&file, &["--repeat", "0s"]);
        let mut client = Client::watch(server.address(), "/stream");
        assert!(client.part().unwrap().body == pictures[0]);
        let all = pictures.clone();
        let _writer = Writer::start(move |n| {
            overwrite(&mut OpenOptions::new().write(true).open(&file).unwrap(), &all[n % all.len()]);
            // Shorter than the time for which an unknown file must stay the same.
            std::thread::sleep(Duration::from_millis(5));
        });
        for n in 0..100 {
            assert!(pictures.contains(&client.part().unwrap().body), "{lengths:?}: part {n} is mixed");
        }
    }
}

#[test]
fn a_file_that_is_rewritten_in_place_without_a_pause_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("camera.jpg");
    let pictures = [filled(b'a', 9), filled(b'b', 9)];
    fs::write(&file, &pictures[0]).unwrap();
    let server = Server::start(&file, &[]);
    let snapshot = || http::get(server.address(), "/snapshot").1;
    kit::eventually("the first picture", || (snapshot() == pictures[0]).then_some(()));
    let mut out = OpenOptions::new().write(true).open(&file).unwrap();
    let all = pictures.clone();
    let writer = Writer::start(move |n| overwrite(&mut out, &all[n % 2]));
    server.run.says("camera.jpg is rewritten without a pause in which it can be read");
    assert!(snapshot() == pictures[0], "the old picture");
    drop(writer);
    fs::write(&file, &pictures[1]).unwrap();
    kit::eventually("the new picture", || (snapshot() == pictures[1]).then_some(()));
}
