//! OUT as an open directory: files appear in it whole, or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, mkdirat, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::durability::Durability;

/// The name of a frame while it is written. There is one writer, so one name is enough, and what a killed run leaves is
/// overwritten by the next one.
pub const HIDDEN_FRAME: &str = ".frame.part";

/// How a folder in the directory is opened. Links are not followed: another user may have put them there.
const BELOW: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// An open directory. It is addressed by its descriptor: it may be moved while it is recorded to.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    durability: Durability,
}

/// What became of a new name.
#[derive(Debug, PartialEq, Eq)]
pub enum Published {
    /// The file has it.
    Done,
    /// Another file has it.
    Exists,
}

impl Folder {
    /// Opens a directory.
    ///
    /// # Errors
    ///
    /// When it does not exist, or is not a directory.
    pub fn open(path: &Path, durability: Durability) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { fd: rustix::fs::open(path, flags, Mode::empty())?, durability })
    }

    /// Creates a file for writing at its end, in place of a file of that name. A link of that name is not followed.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn create(&self, name: &str) -> io::Result<File> {
        // If another program empties the file meanwhile, the next bytes come first, and no hole is before them.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::APPEND | OFlags::CLOEXEC;
        let create = || openat(&self.fd, name, flags, Mode::from_raw_mode(0o666));
        let fd = match create() {
            Err(Errno::EXIST) => {
                self.remove(name)?;
                create()?
            }
            result => result?,
        };
        Ok(File::from(fd))
    }

    /// Writes a hidden file with this content, and closes it.
    ///
    /// # Errors
    ///
    /// When it cannot be written, also when that shows only at the close. No file stays behind.
    pub fn stage(&self, hidden: &str, content: &[u8]) -> io::Result<()> {
        let mut file = self.create(hidden)?;
        let written = file.write_all(content).and_then(|()| self.durability.close(file));
        written.inspect_err(|_| {
            let _ = self.remove(hidden);
        })
    }

    /// Gives a hidden file its name, unless another file has it.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed. The hidden file is removed.
    pub fn publish(&self, hidden: &str, name: &str) -> io::Result<Published> {
        let published = self.rename_new(hidden, name).and_then(|published| {
            self.sync()?;
            Ok(published)
        });
        if !matches!(published, Ok(Published::Done)) {
            let _ = self.remove(hidden);
        }
        published
    }

    fn rename_new(&self, hidden: &str, name: &str) -> io::Result<Published> {
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        let below = self.below(folders)?;
        let to = below.as_ref().unwrap_or(&self.fd);
        match renameat_with(&self.fd, hidden, to, file, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(Published::Done),
            Err(Errno::EXIST) => Ok(Published::Exists),
            // File systems without this flag, such as NFS. The lock keeps other recorders away.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                if self.has(name) {
                    return Ok(Published::Exists);
                }
                renameat(&self.fd, hidden, to, file)?;
                Ok(Published::Done)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the folder of a name, and creates it; `None`: the directory itself.
    fn below(&self, folders: &str) -> io::Result<Option<OwnedFd>> {
        let mut below: Option<OwnedFd> = None;
        for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
            let at = below.as_ref().unwrap_or(&self.fd);
            match mkdirat(at, folder, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            let opened = openat(at, folder, BELOW, Mode::empty()).map_err(|error| match error {
                Errno::LOOP | Errno::NOTDIR => io::Error::other(format!("`{folder}` is a link or a file")),
                error => error.into(),
            });
            below = Some(opened?);
        }
        Ok(below)
    }

    /// Gives a hidden file the name of a file that it replaces.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub fn replace(&self, hidden: &str, name: &str) -> io::Result<()> {
        renameat(&self.fd, hidden, &self.fd, name)?;
        self.sync()
    }

    /// Whether there is an entry of this name.
    pub fn has(&self, name: &str) -> bool {
        statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Removes a file. It is not an error if there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        remove_at(&self.fd, name)
    }

    /// Removes the file of an earlier recording, and its folders if they are empty then. The name comes from its manifest, so a link on
    /// the way out of the directory is not followed.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn remove_below(&self, name: &str) -> io::Result<()> {
        let Some((folders, file)) = name.rsplit_once('/') else { return self.remove(name) };
        let mut opened: Vec<(&str, OwnedFd)> = Vec::new();
        for folder in folders.split('/') {
            let at = opened.last().map_or(&self.fd, |(_, fd)| fd);
            match openat(at, folder, BELOW, Mode::empty()) {
                Ok(fd) => opened.push((folder, fd)),
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        remove_at(opened.last().map_or(&self.fd, |(_, fd)| fd), file)?;
        while let Some((folder, _)) = opened.pop() {
            let at = opened.last().map_or(&self.fd, |(_, fd)| fd);
            if unlinkat(at, folder, AtFlags::REMOVEDIR).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Removes a folder if it is empty.
    pub fn remove_empty(&self, name: &str) {
        let _ = unlinkat(&self.fd, name, AtFlags::REMOVEDIR);
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is a link.
    pub fn read(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.fd, name, flags, Mode::empty())?))
    }

    /// Opens a file for writing at its end, behind its first `len` bytes; the others are removed.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or cut.
    pub fn append(&self, name: &str, len: u64) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(&self.fd, name, flags, Mode::from_raw_mode(0o666))?);
        file.set_len(len)?;
        Ok(file)
    }

    /// Writes the names of the directory to the disk, if that is asked for.
    fn sync(&self) -> io::Result<()> {
        if self.durability == Durability::Synced { Ok(rustix::fs::fsync(&self.fd)?) } else { Ok(()) }
    }
}

fn remove_at(fd: &OwnedFd, name: &str) -> io::Result<()> {
    match unlinkat(fd, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_name_is_given_once_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(dir.path().join("mine.jpg"), "mine").unwrap();
        std::os::unix::fs::symlink("../mine.jpg", out.join(HIDDEN_FRAME)).unwrap();
        std::os::unix::fs::symlink("..", out.join("up")).unwrap();
        let folder = Folder::open(&out, Durability::Synced).unwrap();
        folder.stage(HIDDEN_FRAME, b"new").unwrap();
        assert_eq!(folder.publish(HIDDEN_FRAME, "a/1.jpg").unwrap(), Published::Done);
        folder.stage(HIDDEN_FRAME, b"newer").unwrap();
        assert_eq!(folder.publish(HIDDEN_FRAME, "a/1.jpg").unwrap(), Published::Exists);
        assert_eq!(fs::read(out.join("a/1.jpg")).unwrap(), b"new");
        assert!(!out.join(HIDDEN_FRAME).exists());
        folder.stage(HIDDEN_FRAME, b"newest").unwrap();
        let refused = folder.publish(HIDDEN_FRAME, "up/2.jpg").unwrap_err().to_string();
        assert_eq!(refused, "`up` is a link or a file");
        assert!(!dir.path().join("2.jpg").exists() && !out.join(HIDDEN_FRAME).exists());
        folder.remove_below("up/mine.jpg").unwrap();
        assert_eq!(fs::read(dir.path().join("mine.jpg")).unwrap(), b"mine");
        folder.remove_below("a/1.jpg").unwrap();
        folder.remove_below("a/1.jpg").unwrap();
        assert!(!out.join("a").exists(), "an empty folder goes too");
        for name in ["a/b/1.jpg", "a/2.jpg"] {
            folder.stage(HIDDEN_FRAME, b"new").unwrap();
            folder.publish(HIDDEN_FRAME, name).unwrap();
        }
        folder.remove_below("a/b/1.jpg").unwrap();
        assert!(!out.join("a/b").exists() && out.join("a/2.jpg").exists());
    }
}
