//! One open file that all viewers read, each at its own place: a viewer then needs no descriptor but its socket.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

/// A place in a file. Clones share the file, not the place.
#[derive(Debug, Clone)]
pub struct SharedFile {
    file: Arc<File>,
    at: u64,
}

impl SharedFile {
    /// The start of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: Arc::new(File::open(path)?), at: 0 })
    }

    /// The start of the same file.
    pub fn at_start(&self) -> Self {
        Self { file: Arc::clone(&self.file), at: 0 }
    }

    /// How many bytes the file has now.
    ///
    /// # Errors
    ///
    /// When that cannot be asked.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether a path leads to this file.
    pub fn is_at(&self, path: &Path) -> bool {
        let of = |it: io::Result<Metadata>| it.ok().map(|it| (it.dev(), it.ino()));
        of(std::fs::metadata(path)) == of(self.file.metadata())
    }

    /// Reads at another place. Returns how many bytes were read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(bytes, at)
    }
}

impl Read for SharedFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.read_at(bytes, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
