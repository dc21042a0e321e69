//! How safe bytes are before a file gets its name.

use std::fs::File;
use std::io;

/// What happens to a file before it counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is closed without an error.
    Closed,
    /// It is also on the disk (`--fsync`).
    Synced,
}

impl Durability {
    /// Writes the bytes of `file` to the disk, if that is asked for.
    ///
    /// # Errors
    ///
    /// Those of fsync.
    pub fn settle(self, file: &File) -> io::Result<()> {
        if self == Self::Synced { file.sync_data() } else { Ok(()) }
    }

    /// Closes `file`.
    ///
    /// # Errors
    ///
    /// Those of fsync and close. NFS and quotas report only there that bytes were lost; dropping a `File` ignores it.
    pub fn close(self, file: File) -> io::Result<()> {
        self.settle(&file)?;
        Ok(nix::unistd::close(file)?)
    }
}
