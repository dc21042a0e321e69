//! `mjpeg serve` on a file system that does not report writes from outside: a FUSE mount of a directory that the test writes
//! directly, as other machines write a network file system.
//!
//! If bindfs is not installed or may not mount, these tests print a message and pass.

use crate::kit;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use kit::picture::solid;
use kit::run::{Run, Server, start};
use kit::{http, peer};
use tempfile::TempDir;

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
    mount.bindfs.signal("STOP");
    let server = Server::start(folder.path(), &["--fps", "50"]);
    let mut viewer = http::Client::watch(server.address(), "/stream");
    assert!(http::get(server.address(), "/healthz").0.starts_with("HTTP/1.1 200"));
    // The first picture, then a pause, then the third picture and the first one again.
    for n in [0, 1, 0, 1] {
        assert!(viewer.part().expect("a part").body == pictures[n], "picture {n}");
    }
    server.run.says("2.jpg is skipped: a read of it hangs");
    mount.bindfs.signal("CONT");
    let is_next = || (viewer.part().expect("a part").body == pictures[2]).then_some(());
    kit::eventually("the picture that can be read again", is_next);
    mount.bindfs.signal("STOP");
    server.run.signal("TERM");
    server.run.end().expect(0);
    mount.bindfs.signal("CONT");
}

/// A FUSE mount of a directory. It is unmounted when dropped.
struct Mount {
    bindfs: Run,
    folder: TempDir,
}

impl Mount {
    /// A mount, or `None` with a message if mounting is not possible.
    fn new() -> Option<Self> {
        let Some(bindfs) = peer::look_for("bindfs") else {
            skip("bindfs is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [below, path] = ["below", "path"].map(|name| folder.path().join(name));
        fs::create_dir(&below).unwrap();
        fs::create_dir(&path).unwrap();
        let bindfs = start(std::process::Command::new(bindfs).arg("-f").arg(&below).arg(&path));
        let mut mount = Self { bindfs, folder };
        fs::write(below.join("here"), "").unwrap();
        let is_there = kit::eventually("the mount, or bindfs to give up", || {
            let gave_up = mount.bindfs.child().try_wait().unwrap().is_some();
            let mounted = path.join("here").exists();
            (gave_up || mounted).then_some(mounted)
        });
        if !is_there {
            skip(&format!("bindfs may not mount: {}", mount.bindfs.err().trim()));
        }
        is_there.then_some(mount)
    }

    /// The mount point.
    fn path(&self) -> PathBuf {
        self.folder.path().join("path")
    }

    /// The mounted directory.
    fn below(&self) -> PathBuf {
        self.folder.path().join("below")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.bindfs.child().try_wait().unwrap().is_some() {
            return;
        }
        self.bindfs.signal("CONT");
        // bindfs unmounts on SIGTERM; if it were killed, a dead mount would remain.
        self.bindfs.signal("TERM");
        kit::eventually("bindfs to end", || self.bindfs.child().try_wait().unwrap());
    }
}

#[expect(clippy::print_stderr, reason = "a test that checks nothing must say so")]
fn skip(why: &str) {
    eprintln!("{why}: this test checks nothing");
}
