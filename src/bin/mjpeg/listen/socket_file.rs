//! The file of a Unix-domain socket.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A file, known by its path, device and inode. Another process may replace it at any time; then the new file is
/// not this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketFile {
    path: PathBuf,
    place: (u64, u64),
}

impl SocketFile {
    /// The socket that is at `path` now; `None` if there is none.
    pub fn at(path: &Path) -> Option<Self> {
        let found = std::fs::symlink_metadata(path).ok().filter(|found| found.file_type().is_socket())?;
        Some(Self { path: path.into(), place: (found.dev(), found.ino()) })
    }

    /// Removes the file if it is still at its path. Returns whether it was.
    ///
    /// While a process has the socket open, no other file has its inode number.
    pub fn remove(&self) -> bool {
        Self::at(&self.path).as_ref() == Some(self) && std::fs::remove_file(&self.path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_the_same_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert_eq!(SocketFile::at(&path), None);
        let _first = UnixListener::bind(&path).unwrap();
        let file = SocketFile::at(&path).unwrap();
        std::fs::rename(&path, folder.path().join("away")).unwrap();
        assert!(!file.remove());
        let _second = UnixListener::bind(&path).unwrap();
        assert!(!file.remove() && path.exists());
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "notes").unwrap();
        assert!(!file.remove() && path.exists());
        std::fs::rename(folder.path().join("away"), &path).unwrap();
        assert!(file.remove() && !path.exists());
    }
}
