//! `mjpeg serve` on a file system that does not report writes from outside: a FUSE mount of a directory that the test writes
//! directly, as other machines write a network file system.
//!
//! If bindfs is not installed or may not mount, these tests print a message and pass.

use crate::kit;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use kit::http;
use kit::mount::Mount;
use kit::picture::solid;
use kit::run::{Server, mjpeg, start};

#[test]
fn a_file_that_another_machine_writes_is_served() {
    let Some(mount) = Mount::new() else { return };
    let [first, second, third, fourth, fifth] =
        [0, 50, 100, 150, 200].map(|red| solid([red, 0, 0], 320, 240));
    let file = mount.below().join("camera.jpg");
    fs::write(&file, &first).unwrap();
    let server = Server::start(&mount.path().join("camera.jpg"), &[]);
    let shows = |picture: &[u8]| {
        let is_out = || (http::get(server.address(), "/snapshot").1 == picture).then_some(());
        kit::eventually("the new picture", is_out);
    };
    shows(&first);
    fs::write(&file, &second).unwrap();
    shows(&second);
    let new = mount.below().join("new");
    fs::write(&new, &third).unwrap();
    fs::rename(&new, &file).unwrap();
    shows(&third);

    let says = |what: &str| kit::eventually(what, || server.run.err().contains(what).then_some(()));
    fs::write(&file, &fourth[..fourth.len() / 2]).unwrap();
    says("is not sent: it ends before its end marker");
    shows(&third);
    fs::write(&file, &fourth).unwrap();
    shows(&fourth);
    fs::remove_file(&file).unwrap();
    says("does not exist; waiting for it");
    shows(&fourth);
    fs::write(&file, &fifth).unwrap();
    shows(&fifth);
    server.stop();
}

#[test]
fn a_directory_that_another_machine_writes_is_played() {
    let Some(mount) = Mount::new() else { return };
    let pictures = [0, 100, 200].map(|red| solid([red, 0, 0], 64, 48));
    fs::write(mount.below().join("1.jpg"), &pictures[0]).unwrap();
    let server = Server::start(&mount.path(), &["--fps", "50"]);
    let mut viewer = http::Client::watch(server.address(), "/stream");
    let mut shows = |picture: &[u8]| {
        let is_next = || (viewer.part().expect("a part").body == picture).then_some(());
        kit::eventually("the picture", is_next);
    };
    shows(&pictures[0]);
    fs::write(mount.below().join("2.jpg"), &pictures[1]).unwrap();
    shows(&pictures[1]);
    shows(&pictures[0]);
    fs::write(mount.below().join("new"), &pictures[2]).unwrap();
    fs::rename(mount.below().join("new"), mount.below().join("1.jpg")).unwrap();
    shows(&pictures[2]);
    drop(viewer);
    server.stop();
}

#[test]
fn a_file_system_that_does_not_answer_stops_neither_the_server_nor_other_files() {
    let Some(mount) = Mount::new() else { return };
    let pictures = [0, 100, 200].map(|red| solid([red, 0, 0], 64, 48));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1.jpg"), &pictures[0]).unwrap();
    fs::write(folder.path().join("3.jpg"), &pictures[1]).unwrap();
    fs::write(mount.below().join("2.jpg"), &pictures[2]).unwrap();
    symlink(mount.path().join("2.jpg"), folder.path().join("2.jpg")).unwrap();
    mount.signal("STOP");
    let server = Server::start(folder.path(), &["--fps", "50"]);
    let mut viewer = http::Client::watch(server.address(), "/stream");
    assert!(http::get(server.address(), "/healthz").0.starts_with("HTTP/1.1 200"));
    // The first picture, then a pause, then the third picture and the first one again. In a long pause the last picture is repeated.
    let mut before = Vec::new();
    for n in [0, 1, 0, 1] {
        let is_next = || {
            let body = viewer.part().expect("a part").body;
            assert!(body == pictures[n] || body == before, "picture {n}");
            (body == pictures[n]).then_some(body)
        };
        before = kit::eventually("the next picture", is_next);
    }
    server.run.says("2.jpg is skipped: a read of it hangs");
    mount.signal("CONT");
    let is_next = || (viewer.part().expect("a part").body == pictures[2]).then_some(());
    kit::eventually("the picture that can be read again", is_next);
    mount.signal("STOP");
    server.run.signal("TERM");
    server.run.end().expect(0);
    mount.signal("CONT");
}

#[test]
fn a_source_whose_file_system_does_not_answer_is_an_error_or_ends_with_a_signal() {
    let Some(mount) = Mount::new() else { return };
    fs::create_dir(mount.below().join("folder")).unwrap();
    mount.signal("STOP");
    for path in [mount.path().join("camera.jpg"), mount.path().join("folder"), mount.path()] {
        let named = [&b"b="[..], path.as_os_str().as_encoded_bytes()].concat();
        let named = std::ffi::OsStr::from_bytes(&named);
        let path = path.as_os_str();
        for args in [&[path][..], &["test:".as_ref(), "--stream".as_ref(), named]] {
            let serve = || start(mjpeg(["serve", "--listen", "127.0.0.1:0"]).args(args));
            let end = serve().end().expect(6);
            assert!(end.err.contains("answer"), "{}", end.err);
            let run = serve();
            kit::eventually("the handlers of signals", || run.handles_signals().then_some(()));
            run.signal("TERM");
            run.end().expect(0);
        }
    }
    mount.signal("CONT");
}
