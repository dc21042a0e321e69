//! Being told by the system when a file of a directory is completely written.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
use inotify::{EventMask, Inotify, WatchMask};

/// The directory itself was deleted or moved away: the watch is one of nothing.
#[cfg(target_os = "linux")]
const LOST: EventMask =
    EventMask::IGNORED.union(EventMask::DELETE_SELF).union(EventMask::MOVE_SELF).union(EventMask::UNMOUNT);

/// What makes a file complete.
#[cfg(target_os = "linux")]
const COMPLETED: WatchMask = WatchMask::CLOSE_WRITE.union(WatchMask::MOVED_TO);

/// What else changes a directory.
#[cfg(target_os = "linux")]
const REMOVED: WatchMask = WatchMask::DELETE.union(WatchMask::MOVED_FROM).union(WatchMask::CREATE);

/// A watch of one directory.
///
/// Where there is no inotify, or the directory lies on a file system that does not tell what other
/// machines write, it tells nothing and only lets time pass.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    /// Device and inode of what is watched.
    #[cfg(target_os = "linux")]
    place: Option<(u64, u64)>,
    #[cfg(target_os = "linux")]
    inotify: Option<Inotify>,
    local: bool,
}

impl Watch {
    /// Watches `folder`, which need not exist yet.
    pub fn new(folder: &Path) -> Self {
        let mut watch = Self {
            folder: folder.into(),
            #[cfg(target_os = "linux")]
            place: None,
            #[cfg(target_os = "linux")]
            inotify: None,
            local: false,
        };
        watch.arm();
        watch
    }

    /// Whether writers on this machine are seen.
    pub fn tells_changes(&self) -> bool {
        self.local && self.armed()
    }

    /// Waits until the file of this name has been written and closed, or renamed to it, or `longest` has
    /// passed. Says which: `true` for the file.
    #[cfg(target_os = "linux")]
    pub fn wait(&mut self, name: &OsStr, longest: Duration) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use std::os::fd::AsFd;
        use std::time::Instant;

        self.arm();
        // What happens to other files shortens nothing: whoever looks at this one must see it stand still.
        let end = Instant::now() + longest;
        loop {
            let Some(inotify) = &mut self.inotify else {
                std::thread::sleep(longest);
                return false;
            };
            let timeout = Timespec::try_from(end.saturating_duration_since(Instant::now())).ok();
            let ready = poll(&mut [PollFd::new(&inotify.as_fd(), PollFlags::IN)], timeout.as_ref());
            if ready == Err(rustix::io::Errno::INTR) {
                continue;
            }
            if ready != Ok(1) {
                return false;
            }
            let mut buffer = [0; 4096];
            let Ok(events) = inotify.read_events(&mut buffer) else { return false };
            let (mut written, mut lost) = (false, false);
            for event in events {
                let completed = event.mask.intersects(EventMask::CLOSE_WRITE | EventMask::MOVED_TO);
                written |=
                    (completed && event.name == Some(name)) || event.mask.contains(EventMask::Q_OVERFLOW);
                lost |= event.mask.intersects(LOST);
            }
            if lost {
                self.inotify = None;
                return written;
            }
            if written {
                return true;
            }
        }
    }

    /// Whether anything may have changed since the last call. Never waits.
    #[cfg(target_os = "linux")]
    pub fn changed(&mut self) -> bool {
        if self.arm() || !self.tells_changes() {
            return true;
        }
        let Some(inotify) = &mut self.inotify else { return true };
        let mut buffer = [0; 4096];
        let mut changed = false;
        let mut lost = false;
        while let Ok(events) = inotify.read_events(&mut buffer) {
            for event in events {
                changed = true;
                lost |= event.mask.intersects(LOST);
            }
        }
        if lost {
            self.inotify = None;
        }
        changed
    }

    /// It may always have.
    #[cfg(not(target_os = "linux"))]
    pub fn changed(&mut self) -> bool {
        true
    }

    /// Lets `longest` pass.
    #[cfg(not(target_os = "linux"))]
    pub fn wait(&mut self, _: &OsStr, longest: Duration) -> bool {
        std::thread::sleep(longest);
        false
    }

    /// Watches what has this name now: another directory may have been mounted or renamed to it, or be
    /// the target of a link. Says whether that is new.
    #[cfg(target_os = "linux")]
    fn arm(&mut self) -> bool {
        use std::os::unix::fs::MetadataExt;

        let place = std::fs::metadata(&self.folder).ok().map(|folder| (folder.dev(), folder.ino()));
        if self.inotify.is_some() && place == self.place {
            return false;
        }
        self.place = place;
        self.local = is_local(&self.folder);
        let mask = COMPLETED | REMOVED | WatchMask::DELETE_SELF | WatchMask::MOVE_SELF | WatchMask::ONLYDIR;
        self.inotify =
            Inotify::init().ok().filter(|inotify| inotify.watches().add(&self.folder, mask).is_ok());
        true
    }

    #[cfg(target_os = "linux")]
    fn armed(&self) -> bool {
        self.inotify.is_some()
    }

    #[cfg(not(target_os = "linux"))]
    fn arm(&mut self) -> bool {
        true
    }

    #[cfg(not(target_os = "linux"))]
    fn armed(&self) -> bool {
        false
    }
}

/// Whether everything written in this folder is written through this machine's kernel.
#[cfg(target_os = "linux")]
fn is_local(folder: &Path) -> bool {
    /// The magic numbers of NFS, FUSE, CIFS, SMB2, Ceph and 9P, from statfs(2).
    const REMOTE: [u32; 6] = [0x6969, 0x6573_5546, 0xff53_4d42, 0xfe53_4d42, 0x00c3_6400, 0x0102_1997];
    rustix::fs::statfs(folder)
        .map_or(true, |system| REMOTE.iter().all(|magic| i128::from(system.f_type) != i128::from(*magic)))
}

#[cfg(not(target_os = "linux"))]
fn is_local(_: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_done_in_the_folder_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(dir.path());
        assert!(watch.tells_changes() && !watch.changed());
        fs::write(dir.path().join("a.jpg"), "").unwrap();
        assert!(watch.changed() && !watch.changed());
        fs::remove_file(dir.path().join("a.jpg")).unwrap();
        assert!(watch.changed() && !watch.changed());
    }

    #[test]
    fn another_folder_of_the_same_name_is_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let [old, new, link] = ["old", "new", "link"].map(|name| dir.path().join(name));
        fs::create_dir(&old).unwrap();
        fs::create_dir(&new).unwrap();
        symlink(&old, &link).unwrap();
        let mut watch = Watch::new(&link);
        assert!(!watch.changed());
        symlink(&new, dir.path().join("next")).unwrap();
        fs::rename(dir.path().join("next"), &link).unwrap();
        assert!(watch.changed() && !watch.changed());
        fs::write(new.join("a.jpg"), "").unwrap();
        assert!(watch.wait("a.jpg".as_ref(), Duration::from_secs(10)));
    }

    #[test]
    fn a_folder_that_is_not_there_yet_may_always_have_changed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("later");
        let mut watch = Watch::new(&folder);
        assert!(!watch.tells_changes() && watch.changed() && watch.changed());
        fs::create_dir(&folder).unwrap();
        assert!(watch.changed() && !watch.changed() && watch.tells_changes());
    }
}
