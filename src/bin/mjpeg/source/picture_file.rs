//! A file that holds one JPEG.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::picture::Picture;

/// Most bytes of one picture.
pub const PICTURE_LIMIT: u64 = 64 << 20;

/// What changes when a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// Which file it is.
    pub fn inode(self) -> u64 {
        self.inode
    }

    /// The stamp in a file's metadata.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// Reads a picture from a file.
///
/// # Errors
///
/// When the file cannot be read or is no whole JPEG, in words.
pub fn read(path: &Path, metadata: &Metadata, mark: usize) -> Result<Picture, String> {
    if !metadata.is_file() {
        return Err("it is no regular file".into());
    }
    if metadata.len() > PICTURE_LIMIT {
        return Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20));
    }
    let mut bytes = Picture::buffer(metadata.len() as usize);
    File::open(path)
        .and_then(|file| file.take(PICTURE_LIMIT).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Picture::new(bytes, mark).map_err(|unsound| unsound.to_string())
}
