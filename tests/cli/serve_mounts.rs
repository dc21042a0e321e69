//! `mjpeg serve` on a file system that reports no writes by others: a FUSE mount of a directory that is
//! written behind its back, as a network file system is by other machines.
//!
//! Where bindfs is not installed or may not mount, these tests say so and pass.

use crate::kit;

use std::fs;
use std::path::PathBuf;

use kit::picture::solid;
use kit::run::{Run, Server, start};
use kit::{http, peer};
use tempfile::TempDir;

#[test]
fn a_file_that_is_written_elsewhere_is_served() {
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

    let said = |what: &str| kit::eventually(what, || server.run.err().contains(what).then_some(()));
    fs::write(&file, &fourth[..fourth.len() / 2]).unwrap();
    said("is not sent: it ends before its end marker");
    shows(&third);
    fs::write(&file, &fourth).unwrap();
    shows(&fourth);
    fs::remove_file(&file).unwrap();
    said("does not exist; waiting for it");
    shows(&fourth);
    fs::write(&file, &fifth).unwrap();
    shows(&fifth);
    server.stop();
}

#[test]
fn a_directory_that_grows_elsewhere_is_played() {
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

/// A directory that is seen through FUSE as another one; unmounted when dropped.
struct Mount {
    bindfs: Run,
    folder: TempDir,
}

impl Mount {
    /// A mount, or `None` after saying that there can be none.
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

    /// Where it is mounted.
    fn path(&self) -> PathBuf {
        self.folder.path().join("path")
    }

    /// What is mounted there.
    fn below(&self) -> PathBuf {
        self.folder.path().join("below")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.bindfs.child().try_wait().unwrap().is_some() {
            return;
        }
        // It unmounts when it is asked to end, and leaves a dead mount when it is killed.
        self.bindfs.signal("TERM");
        kit::eventually("bindfs to end", || self.bindfs.child().try_wait().unwrap());
    }
}

#[expect(clippy::print_stderr, reason = "a test that shows nothing must say so")]
fn skip(why: &str) {
    eprintln!("{why}: this test shows nothing");
}
