//! Reports of the system about the files of one directory.

use std::ffi::OsStr;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

#[cfg(target_os = "linux")]
use inotify::{EventMask, Inotify, WatchMask};

/// Events after which the watch is useless: the directory itself was deleted or moved.
#[cfg(target_os = "linux")]
const LOST: EventMask =
    EventMask::IGNORED.union(EventMask::DELETE_SELF).union(EventMask::MOVE_SELF).union(EventMask::UNMOUNT);

/// All events of files and of the directory itself.
#[cfg(target_os = "linux")]
const ALL: WatchMask = WatchMask::CREATE
    .union(WatchMask::OPEN)
    .union(WatchMask::MODIFY)
    .union(WatchMask::ATTRIB)
    .union(WatchMask::CLOSE)
    .union(WatchMask::MOVE)
    .union(WatchMask::DELETE)
    .union(WatchMask::DELETE_SELF)
    .union(WatchMask::MOVE_SELF)
    .union(WatchMask::ONLYDIR);

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub enum Report {
    /// Its name was created.
    Created,
    /// Its permissions, owner, times or number of names were changed.
    Changed,
    /// It was opened.
    Opened,
    /// It was written.
    Written,
    /// It was closed, and was open only for reading.
    Closed,
    /// It was closed, and was open for writing; or it was renamed to this name.
    Finished,
    /// It was deleted, or renamed to another name.
    Removed,
}

/// A change in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub enum Change<'a> {
    /// A change of one file.
    File(&'a OsStr, Report),
    /// Each file may have changed: reports were lost.
    Everything,
}

/// A watch of one directory.
///
/// Without inotify, or on a file system that does not report writes of other machines, it reports nothing.
#[derive(Debug, Default)]
pub struct Watch {
    /// Device and inode of the watched directory.
    place: Option<(u64, u64)>,
    #[cfg(target_os = "linux")]
    inotify: Option<Inotify>,
    is_local: bool,
}

impl Watch {
    /// Watches the directory of this name, if it exists. It may block.
    pub fn new(folder: &Path) -> Self {
        Self {
            place: place(folder),
            #[cfg(target_os = "linux")]
            inotify: Inotify::init().ok().filter(|inotify| inotify.watches().add(folder, ALL).is_ok()),
            is_local: is_local(folder),
        }
    }

    /// The watch that replaces a watch of `place`, if it reports nothing any more: another directory may have been mounted
    /// or renamed there, or a link may have a new target. It may block.
    pub fn renewed(folder: &Path, place_before: Option<(u64, u64)>) -> Option<Self> {
        let now = place(folder);
        (now.is_none() || now != place_before).then(|| Self::new(folder))
    }

    /// Device and inode of the watched directory. `None` if the directory did not exist, or was deleted or moved.
    pub fn place(&self) -> Option<(u64, u64)> {
        self.place
    }

    /// Whether each change in the directory is reported.
    pub fn reports_changes(&self) -> bool {
        self.is_local && self.place.is_some() && self.is_armed()
    }

    /// Waits until there is a report or `other` is readable, `longest` at most. Returns whether there is a report.
    pub fn wait(&self, other: Option<BorrowedFd<'_>>, longest: Duration) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        let mut files = Vec::with_capacity(2);
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsFd;
            files.extend(
                self.inotify.as_ref().map(|inotify| PollFd::from_borrowed_fd(inotify.as_fd(), PollFlags::IN)),
            );
        }
        let has_watch = !files.is_empty();
        files.extend(other.map(|other| PollFd::from_borrowed_fd(other, PollFlags::IN)));
        let timeout = Timespec::try_from(longest).ok();
        // After an error, such as a signal, the caller looks again.
        let ready = poll(&mut files, timeout.as_ref()).is_ok_and(|ready| ready > 0);
        ready && has_watch && !files[0].revents().is_empty()
    }

    /// Calls `each` for the reports so far. Never blocks.
    #[cfg(target_os = "linux")]
    pub fn drain(&mut self, mut each: impl FnMut(Change<'_>)) {
        let Some(inotify) = &mut self.inotify else { return };
        let mut buffer = [0; 4096];
        let mut is_lost = false;
        while let Ok(events) = inotify.read_events(&mut buffer) {
            for event in events {
                is_lost |= event.mask.intersects(LOST);
                if event.mask.intersects(EventMask::Q_OVERFLOW | LOST) {
                    each(Change::Everything);
                } else if let (Some(name), Some(report)) = (event.name, report(event.mask)) {
                    each(Change::File(name, report));
                }
            }
        }
        if is_lost {
            self.inotify = None;
            self.place = None;
        }
    }

    /// Nothing is reported here.
    #[cfg(not(target_os = "linux"))]
    pub fn drain(&mut self, _: impl FnMut(Change<'_>)) {}

    #[cfg(target_os = "linux")]
    fn is_armed(&self) -> bool {
        self.inotify.is_some()
    }

    #[cfg(not(target_os = "linux"))]
    fn is_armed(&self) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
fn report(mask: EventMask) -> Option<Report> {
    let reports = [
        (EventMask::CLOSE_WRITE.union(EventMask::MOVED_TO), Report::Finished),
        (EventMask::DELETE.union(EventMask::MOVED_FROM), Report::Removed),
        (EventMask::MODIFY, Report::Written),
        (EventMask::OPEN, Report::Opened),
        (EventMask::CLOSE_NOWRITE, Report::Closed),
        (EventMask::CREATE, Report::Created),
        (EventMask::ATTRIB, Report::Changed),
    ];
    reports.into_iter().find(|(event, _)| mask.intersects(*event)).map(|(_, report)| report)
}

fn place(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata(folder).ok().map(|folder| (folder.dev(), folder.ino()))
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
    use std::os::unix::fs::{PermissionsExt, symlink};

    const LONG: Duration = Duration::from_secs(10);

    fn reports(watch: &mut Watch) -> Vec<(String, Report)> {
        let mut reports = Vec::new();
        watch.drain(|change| match change {
            Change::File(name, report) => reports.push((name.to_string_lossy().into_owned(), report)),
            Change::Everything => reports.push(("everything".into(), Report::Removed)),
        });
        reports
    }

    #[test]
    fn each_change_of_a_file_is_reported_once() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.jpg"), dir.path().join("b.jpg"));
        let mut watch = Watch::new(dir.path());
        assert!(watch.reports_changes() && !watch.wait(None, Duration::ZERO));
        let on = |name: &str, reports: &[Report]| -> Vec<(String, Report)> {
            reports.iter().map(|report| (name.to_string(), *report)).collect()
        };
        use Report::{Changed, Closed, Created, Finished, Opened, Removed, Written};
        fs::write(&a, "text").unwrap();
        assert!(watch.wait(None, LONG));
        assert_eq!(reports(&mut watch), on("a.jpg", &[Created, Opened, Written, Finished]));
        fs::read(&a).unwrap();
        assert_eq!(reports(&mut watch), on("a.jpg", &[Opened, Closed]));
        fs::set_permissions(&a, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(reports(&mut watch), on("a.jpg", &[Changed]));
        fs::rename(&a, &b).unwrap();
        assert_eq!(reports(&mut watch), [on("a.jpg", &[Removed]), on("b.jpg", &[Finished])].concat());
        fs::remove_file(&b).unwrap();
        assert_eq!(reports(&mut watch), on("b.jpg", &[Removed]));
        assert!(reports(&mut watch).is_empty());
    }

    #[test]
    fn a_new_folder_of_the_same_name_needs_a_new_watch() {
        let dir = tempfile::tempdir().unwrap();
        let [old, new, link] = ["old", "new", "link"].map(|name| dir.path().join(name));
        fs::create_dir(&old).unwrap();
        fs::create_dir(&new).unwrap();
        symlink(&old, &link).unwrap();
        let watch = Watch::new(&link);
        assert!(Watch::renewed(&link, watch.place()).is_none());
        symlink(&new, dir.path().join("next")).unwrap();
        fs::rename(dir.path().join("next"), &link).unwrap();
        let mut watch = Watch::renewed(&link, watch.place()).unwrap();
        fs::write(new.join("a.jpg"), "").unwrap();
        assert!(watch.wait(None, LONG) && !reports(&mut watch).is_empty());
        fs::rename(&new, dir.path().join("moved")).unwrap();
        reports(&mut watch);
        assert!(watch.place().is_none() && !watch.reports_changes());
    }

    #[test]
    fn a_folder_that_does_not_exist_yet_is_watched_later() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("later");
        let watch = Watch::new(&folder);
        assert!(!watch.reports_changes() && watch.place().is_none());
        fs::create_dir(&folder).unwrap();
        assert!(Watch::renewed(&folder, watch.place()).unwrap().reports_changes());
    }
}
