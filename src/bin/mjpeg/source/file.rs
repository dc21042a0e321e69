//! One file that another program rewrites again and again.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::live::Mailbox;
use super::picture::Picture;
use super::picture_file::{PICTURE_LIMIT, Stamp};
use super::watch::Watch;
use crate::output::Reporter;

/// How often the file is checked without an event: some writers never close it, and some file systems report
/// no events.
const SLOW_CHECK: Duration = Duration::from_secs(1);
/// The shortest interval between two checks where the file system reports no events.
const FASTEST_CHECK: Duration = Duration::from_millis(10);

/// Publishes the picture in a file each time the file is completely rewritten.
///
/// A file is complete when its writer closed it or renamed it to this name. It must then hold a complete JPEG and
/// must not change while it is read. Without an event, a file counts as complete when it did not change between
/// two checks.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    name: OsString,
    mailbox: Mailbox,
    reporter: Reporter,
    /// How often to check where the file system reports no events.
    fast_check: Duration,
    /// The state of the file whose picture was published, or was found incomplete.
    done: Option<Stamp>,
    /// The state of the file at the last check.
    last: Option<Stamp>,
    state: Reported,
}

/// The state in the last message, so that each state is reported once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reported {
    Complete,
    Missing,
    Torn,
}

/// Why the file is read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// The system reported that the writer has finished.
    Finished,
    /// The file did not change between two checks.
    Unchanged,
    /// A check found a new inode. If the picture is incomplete, the writer may not have finished.
    NewInode,
}

impl WatchedFile {
    /// Watches `path`, which need not exist yet. `fast_check` is the check interval where the file system reports no
    /// events. It is clamped to 10 ms to 1 s.
    pub fn new(path: &Path, mailbox: Mailbox, fast_check: Duration, reporter: Reporter) -> Self {
        let name = path.file_name().unwrap_or_default().to_os_string();
        let path = path.to_path_buf();
        let fast_check = fast_check.clamp(FASTEST_CHECK, SLOW_CHECK);
        Self { path, name, mailbox, reporter, fast_check, done: None, last: None, state: Reported::Complete }
    }

    /// Watches without end.
    pub fn run(mut self) {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        // Watch the directory, not the file: after a rename, a watch of the file follows the old inode and
        // reports nothing.
        let mut watch = Watch::new(&folder);
        self.read(Occasion::Finished);
        loop {
            // If the path is a link, the target may be in another directory, which is not watched.
            let linked = self.path.is_symlink();
            let interval = if watch.reports_changes() && !linked { SLOW_CHECK } else { self.fast_check };
            match watch.wait(&self.name, interval) {
                true => self.read(Occasion::Finished),
                false => self.check(),
            }
        }
    }

    fn check(&mut self) {
        // NFS asks its server when a file is opened; without that the metadata may be a minute old.
        let now = open(&self.path).and_then(|file| file.metadata()).ok().map(|it| Stamp::of(&it));
        let unchanged = now == self.last;
        self.last = now;
        // A new inode was most likely renamed to this name and is complete. If a writer does that more often than
        // we check, two checks never see the same state.
        let replaced = now.map(Stamp::inode) != self.done.map(Stamp::inode);
        if now.is_none() || (unchanged && now != self.done) {
            self.read(Occasion::Unchanged);
        } else if replaced && !unchanged {
            self.read(Occasion::NewInode);
        }
    }

    fn read(&mut self, occasion: Occasion) {
        let (picture, stamp, modified) = match self.picture() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.report(Reported::Missing, "does not exist; waiting for it");
                return;
            }
            Err(error) => {
                self.report(Reported::Torn, &format!("cannot be read: {error}"));
                return;
            }
        };
        match picture {
            Ok(picture) => {
                self.done = Some(stamp);
                self.state = Reported::Complete;
                self.mailbox.publish(picture, modified);
            }
            Err(_) if occasion == Occasion::NewInode => {}
            Err(why) => {
                if occasion == Occasion::Finished || self.done != Some(stamp) {
                    self.mailbox.count_torn();
                }
                self.done = Some(stamp);
                self.report(Reported::Torn, &format!("is not sent: {why}"));
            }
        }
    }

    /// The picture in the file, the state of the file, and when it was written.
    fn picture(&self) -> io::Result<(Result<Picture, String>, Stamp, Duration)> {
        let file = open(&self.path)?;
        let before = file.metadata()?;
        let stamp = Stamp::of(&before);
        let modified =
            before.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        if !before.is_file() {
            return Ok((Err("it is not a regular file".into()), stamp, modified));
        }
        if before.len() > PICTURE_LIMIT {
            return Ok((Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20)), stamp, modified));
        }
        let mut bytes = self.mailbox.buffer(before.len() as usize);
        (&file).take(PICTURE_LIMIT).read_to_end(&mut bytes)?;
        let picture = if Stamp::of(&file.metadata()?) == stamp {
            Picture::new(bytes).map_err(|unsound| unsound.to_string())
        } else {
            Err("it changed while it was read".into())
        };
        Ok((picture, stamp, modified))
    }

    fn report(&mut self, state: Reported, what: &str) {
        if self.state != state {
            self.reporter.message(&format!("{} {what}", self.path.display()));
        }
        self.state = state;
    }
}

/// Opens the path without blocking, even if it is a pipe or a device.
fn open(path: &Path) -> io::Result<File> {
    // The flag does nothing to a regular file.
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    OpenOptions::new().read(true).custom_flags(flags as i32).open(path)
}
