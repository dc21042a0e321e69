//! One file that some program rewrites again and again.

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

/// How often a file is looked at even if nothing was told: some writers never close it, and some file
/// systems tell nothing.
const SLOW_LOOK: Duration = Duration::from_secs(1);
/// How often it is looked at, at most, where nothing is told.
const FASTEST_LOOK: Duration = Duration::from_millis(10);

/// Publishes a file's picture whenever it is completely rewritten.
///
/// A file is complete when its writer closed it or renamed it to this name, and when it then reads as a
/// whole JPEG, without having changed meanwhile. What the system does not tell, a look at the file
/// finds: it must have stood still from one look to the next.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    name: OsString,
    mailbox: Mailbox,
    reporter: Reporter,
    /// How often to look where the file system tells nothing.
    fast_look: Duration,
    /// The state of the file whose picture was published, or found broken.
    done: Option<Stamp>,
    /// The state of the file at the last look.
    last: Option<Stamp>,
    state: Told,
}

/// What has been told last about the file, to tell it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Fine,
    Missing,
    Torn,
}

/// Who says that the file can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// The system: its writer has finished.
    Finished,
    /// Nobody: we looked, and it stood still.
    Look,
    /// Nobody: we looked, and it was another file. If it is torn, its writer may be at work.
    Guess,
}

impl WatchedFile {
    /// Watches `path`, which need not exist yet. `fast_look` is how often to look at it where the file
    /// system tells no changes, within reason.
    pub fn new(path: &Path, mailbox: Mailbox, fast_look: Duration, reporter: Reporter) -> Self {
        let name = path.file_name().unwrap_or_default().to_os_string();
        let path = path.to_path_buf();
        let fast_look = fast_look.clamp(FASTEST_LOOK, SLOW_LOOK);
        Self { path, name, mailbox, reporter, fast_look, done: None, last: None, state: Told::Fine }
    }

    /// Watches for ever.
    pub fn run(mut self) {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        // The directory is watched, never the file: after a rename a watch of the file is one of the
        // old inode and stays silent for ever.
        let mut watch = Watch::new(&folder);
        self.read(Occasion::Finished);
        loop {
            // Of a file elsewhere, to which a link stands here, the folder tells nothing.
            let linked = self.path.is_symlink();
            let look = if watch.tells_changes() && !linked { SLOW_LOOK } else { self.fast_look };
            match watch.wait(&self.name, look) {
                true => self.read(Occasion::Finished),
                false => self.look(),
            }
        }
    }

    fn look(&mut self) {
        // Opened, as NFS asks its server then; without that it may know an old state for a minute.
        let now = open(&self.path).and_then(|file| file.metadata()).ok().map(|it| Stamp::of(&it));
        let settled = now == self.last;
        self.last = now;
        // Another file of this name was most probably renamed to it, and is whole: where somebody does that
        // faster than we look, it never stands still.
        let replaced = now.map(Stamp::inode) != self.done.map(Stamp::inode);
        if now.is_none() || (settled && now != self.done) {
            self.read(Occasion::Look);
        } else if replaced && !settled {
            self.read(Occasion::Guess);
        }
    }

    fn read(&mut self, occasion: Occasion) {
        let (picture, stamp, modified) = match self.picture() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.tell(Told::Missing, "is not there; waiting for it");
                return;
            }
            Err(error) => {
                self.tell(Told::Torn, &format!("cannot be read: {error}"));
                return;
            }
        };
        match picture {
            Ok(picture) => {
                self.done = Some(stamp);
                self.state = Told::Fine;
                self.mailbox.publish(picture, modified);
            }
            Err(_) if occasion == Occasion::Guess => {}
            Err(why) => {
                if occasion == Occasion::Finished || self.done != Some(stamp) {
                    self.mailbox.count_torn();
                }
                self.done = Some(stamp);
                self.tell(Told::Torn, &format!("is not sent: {why}"));
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
            return Ok((Err("it is no regular file".into()), stamp, modified));
        }
        if before.len() > PICTURE_LIMIT {
            return Ok((Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20)), stamp, modified));
        }
        let mut bytes = self.mailbox.buffer(before.len() as usize);
        (&file).take(PICTURE_LIMIT).read_to_end(&mut bytes)?;
        let picture = if Stamp::of(&file.metadata()?) == stamp {
            Picture::new(bytes, 0).map_err(|unsound| unsound.to_string())
        } else {
            Err("it changed while it was read".into())
        };
        Ok((picture, stamp, modified))
    }

    fn tell(&mut self, state: Told, what: &str) {
        if self.state != state {
            self.reporter.message(&format!("{} {what}", self.path.display()));
        }
        self.state = state;
    }
}

/// Opens what may be a pipe or a device that somebody has put there, without waiting for its other end.
fn open(path: &Path) -> io::Result<File> {
    // The flag does nothing to a regular file.
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    OpenOptions::new().read(true).custom_flags(flags as i32).open(path)
}
