//! A file that is read only while no writer has it open.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use inotify::{EventMask, Inotify, WatchMask};

use super::io_thread::Progress;
use super::picture_file::{self, Look};
use super::stamp::Stamp;

/// An open file and the reports of the system about it.
///
/// The file is opened before it is read, so each report that it was opened is about another program. If its writer has
/// closed it, and nothing is reported until the read is over, then nothing was written during the read, however short the
/// pauses of the writer are: a program must open a file before it can write to it. This does not hold for several writers
/// at the same time.
#[derive(Debug)]
pub struct Guarded {
    file: File,
    path: PathBuf,
    stamp: Stamp,
    #[cfg(target_os = "linux")]
    reports: Inotify,
    state: State,
}

/// What the reports say about the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
enum State {
    /// Some program may have opened the file.
    Open,
    /// It was written and not closed.
    Written,
    /// Its writer has closed it.
    Closed,
}

impl Guarded {
    /// Opens a file without blocking. `None` if that fails, or if the system reports nothing about it.
    #[cfg(target_os = "linux")]
    pub fn open(path: &Path) -> Option<Self> {
        use std::os::fd::AsRawFd;

        let file = picture_file::open(path).ok()?;
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let reports = Inotify::init().ok()?;
        // The name may belong to another file now.
        let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mask = WatchMask::OPEN.union(WatchMask::MODIFY).union(WatchMask::CLOSE_WRITE);
        reports.watches().add(opened, mask).ok()?;
        Some(Self { file, path: path.into(), stamp: Stamp::of(&metadata), reports, state: State::Open })
    }

    /// Nothing is reported here.
    #[cfg(not(target_os = "linux"))]
    pub fn open(_: &Path) -> Option<Self> {
        None
    }

    /// Whether this is the state of the file.
    pub fn is_file(&self, stamp: &Stamp) -> bool {
        self.stamp.is_same_file(stamp)
    }

    /// Reads the file. `None` if a writer may have it open, or may have opened it during the read.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read(&mut self, progress: &Progress) -> io::Result<Option<Look>> {
        self.drain();
        if self.state != State::Closed {
            return Ok(None);
        }
        let look = picture_file::read(&self.file, &self.path, progress, |_| true)?;
        let is_alone = self.drain() == 0;
        Ok(Some(look).filter(|look| is_alone && matches!(look, Look::Read(..))))
    }

    /// Takes the reports of the system. Returns how many there were.
    #[cfg(target_os = "linux")]
    fn drain(&mut self) -> usize {
        let mut buffer = [0; 1024];
        let mut count = 0;
        while let Ok(events) = self.reports.read_events(&mut buffer) {
            for event in events {
                count += 1;
                self.state = match (event.mask, self.state) {
                    (EventMask::MODIFY, _) => State::Written,
                    // Without a write it may be mapped into memory, and writes to memory are not reported.
                    (EventMask::CLOSE_WRITE, State::Written) => State::Closed,
                    // Also a reader, and lost reports.
                    _ => State::Open,
                };
            }
        }
        count
    }

    #[cfg(not(target_os = "linux"))]
    fn drain(&mut self) -> usize {
        1
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;
    use crate::source::picture::SMALLEST;

    fn is_read(guarded: &mut Guarded) -> bool {
        guarded.read(&Progress::default()).unwrap().is_some()
    }

    #[test]
    fn a_file_is_read_between_its_close_and_the_next_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.jpg");
        std::fs::write(&path, SMALLEST).unwrap();
        let mut guarded = Guarded::open(&path).unwrap();
        assert!(!is_read(&mut guarded), "a writer may have it open");
        let open = || OpenOptions::new().write(true).open(&path).unwrap();
        for round in 0..3 {
            let mut writer = open();
            assert!(!is_read(&mut guarded), "{round}: it is open");
            writer.write_all(&SMALLEST[..9]).unwrap();
            assert!(!is_read(&mut guarded), "{round}: it is being written");
            writer.write_all(&SMALLEST[9..]).unwrap();
            drop(writer);
            assert!(is_read(&mut guarded) && is_read(&mut guarded), "{round}: it is closed");
        }
        drop(open());
        assert!(!is_read(&mut guarded), "the writer may have mapped it into memory");
        std::fs::write(&path, SMALLEST).unwrap();
        drop(File::open(&path).unwrap());
        assert!(!is_read(&mut guarded), "a reader is not told from a writer");
    }

    #[test]
    fn a_file_that_is_replaced_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let [path, new] = ["image.jpg", "new"].map(|name| folder.path().join(name));
        std::fs::write(&path, SMALLEST).unwrap();
        let guarded = Guarded::open(&path).unwrap();
        let stamp = || Stamp::of(&std::fs::metadata(&path).unwrap());
        assert!(guarded.is_file(&stamp()));
        std::fs::write(&new, SMALLEST).unwrap();
        std::fs::rename(&new, &path).unwrap();
        assert!(!guarded.is_file(&stamp()));
    }
}
