//! Waits until the system reports that a file of a directory is completely written.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
use inotify::{EventMask, Inotify, WatchMask};

/// Events after which the watch is useless: the directory itself was deleted or moved.
#[cfg(target_os = "linux")]
const LOST: EventMask =
    EventMask::IGNORED.union(EventMask::DELETE_SELF).union(EventMask::MOVE_SELF).union(EventMask::UNMOUNT);

/// Events that mean a file is complete.
#[cfg(target_os = "linux")]
const COMPLETED: WatchMask = WatchMask::CLOSE_WRITE.union(WatchMask::MOVED_TO);

/// Other events that change a directory.
#[cfg(target_os = "linux")]
const REMOVED: WatchMask = WatchMask::DELETE.union(WatchMask::MOVED_FROM).union(WatchMask::CREATE);

/// A watch of one directory.
///
/// Without inotify, or on a file system that does not report writes of other machines, it reports nothing and only
/// waits.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    /// Device and inode of the watched directory.
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

    /// Whether each change in the directory is reported.
    pub fn reports_changes(&self) -> bool {
        self.local && self.armed()
    }

    /// Waits until the file of this name was written and closed, or a file was renamed to it: then `true`. Returns
    /// `false` after `longest`.
    #[cfg(target_os = "linux")]
    pub fn wait(&mut self, name: &OsStr, longest: Duration) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use std::os::fd::AsFd;
        use std::time::Instant;

        self.arm();
        // Events of other files must not shorten the wait: the caller compares two states `longest` apart.
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

    /// Whether the directory may have changed since the last call. Never blocks.
    #[cfg(target_os = "linux")]
    pub fn changed(&mut self) -> bool {
        if self.arm() || !self.reports_changes() {
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

    /// Always `true`: changes are not reported here.
    #[cfg(not(target_os = "linux"))]
    pub fn changed(&mut self) -> bool {
        true
    }

    /// Waits for `longest`.
    #[cfg(not(target_os = "linux"))]
    pub fn wait(&mut self, _: &OsStr, longest: Duration) -> bool {
        std::thread::sleep(longest);
        false
    }

    /// Watches the directory that has this name now: another one may have been mounted or renamed there, or a link may
    /// have a new target. Returns whether the watch is new.
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

/// Whether all writes in this folder go through the kernel of this machine.
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
    fn each_change_in_the_folder_is_reported_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(dir.path());
        assert!(watch.reports_changes() && !watch.changed());
        fs::write(dir.path().join("a.jpg"), "").unwrap();
        assert!(watch.changed() && !watch.changed());
        fs::remove_file(dir.path().join("a.jpg")).unwrap();
        assert!(watch.changed() && !watch.changed());
    }

    #[test]
    fn a_new_folder_of_the_same_name_is_a_change() {
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
    fn a_folder_that_does_not_exist_yet_may_always_have_changed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("later");
        let mut watch = Watch::new(&folder);
        assert!(!watch.reports_changes() && watch.changed() && watch.changed());
        fs::create_dir(&folder).unwrap();
        assert!(watch.changed() && !watch.changed() && watch.reports_changes());
    }
}
