//! A file that holds one JPEG.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::picture::Picture;

/// The largest picture, in bytes.
pub const PICTURE_LIMIT: u64 = 64 << 20;

/// The state of a file: any write to the file changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The inode: another inode is another file.
    pub fn inode(self) -> u64 {
        self.inode
    }

    /// The state in the metadata of a file.
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
/// If the file cannot be read, or is not a complete JPEG: the cause as text.
pub fn read(path: &Path, metadata: &Metadata) -> Result<Picture, String> {
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > PICTURE_LIMIT {
        return Err(format!("it has more than {} MiB", PICTURE_LIMIT >> 20));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    File::open(path)
        .and_then(|file| file.take(PICTURE_LIMIT).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Picture::new(bytes).map_err(|unsound| unsound.to_string())
}
