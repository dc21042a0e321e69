//! A FUSE mount, which can be made to hang. If bindfs is not installed or may not mount, there is none.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::peer;
use super::run::{Run, start};

/// A FUSE mount of a directory. It is unmounted when dropped.
pub struct Mount {
    bindfs: Run,
    folder: TempDir,
}

impl Mount {
    /// A mount, or `None` with a message if mounting is not possible.
    pub fn new() -> Option<Self> {
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
        let is_there = super::eventually("the mount, or bindfs to give up", || {
            let gave_up = mount.bindfs.child().try_wait().unwrap().is_some();
            let mounted = path.join("here").exists();
            (gave_up || mounted).then_some(mounted)
        });
        if !is_there {
            skip(&format!("bindfs may not mount: {}", mount.bindfs.err().trim()));
        }
        is_there.then_some(mount)
    }

    /// Sends bindfs a signal: STOP makes the mount hang, CONT ends that.
    pub fn signal(&self, name: &str) {
        self.bindfs.signal(name);
    }

    /// The mount point.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("path")
    }

    /// The mounted directory.
    pub fn below(&self) -> PathBuf {
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
        super::eventually("bindfs to end", || self.bindfs.child().try_wait().unwrap());
    }
}

#[expect(clippy::print_stderr, reason = "a test that checks nothing must say so")]
fn skip(why: &str) {
    eprintln!("{why}: this test checks nothing");
}
