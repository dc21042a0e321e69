//! A file in the place of an earlier one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is written under a hidden name, and takes the place of an earlier one when it is complete. Dropped before, it
/// leaves nothing behind.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    hidden: PathBuf,
    file: File,
    is_done: bool,
}

impl Replacement {
    /// Creates the hidden file in place of a file, or of what a link leads to. It has the permissions of the earlier file.
    ///
    /// # Errors
    ///
    /// If the place is not a regular file, or cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let earlier = fs::metadata(&path).ok();
        if earlier.as_ref().is_some_and(|earlier| !earlier.is_file()) {
            return Err(io::Error::other("it is not a regular file"));
        }
        let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let hidden = path.with_file_name(hidden);
        // The first process of a container has always the same number, so an earlier run may have left the name. Nothing is written
        // through a link that others put there.
        match fs::remove_file(&hidden) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::create_new(&hidden)?;
        let replacement = Self { path, hidden, file, is_done: false };
        if let Some(earlier) = earlier {
            replacement.file.set_permissions(earlier.permissions())?;
        }
        Ok(replacement)
    }

    /// Writes the contents, and gives the file its name.
    ///
    /// # Errors
    ///
    /// If it cannot be written. The earlier file is still there then.
    pub fn finish(mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()?;
        fs::rename(&self.hidden, &self.path)?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_file(&self.hidden);
        }
    }
}
