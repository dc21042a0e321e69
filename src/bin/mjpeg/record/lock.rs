//! One recorder per directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use crate::problem::Problem;

/// The name of the lock file.
pub const NAME: &str = ".mjpeg.lock";
/// How often another recorder may remove the file between our open and our lock.
const MOST_TRIES: usize = 100;

/// The lock file of a directory that is being recorded to. The system drops the lock with the process, also after
/// kill -9; a file that stays behind is locked again by the next recorder.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks `directory`.
    ///
    /// # Errors
    ///
    /// When another process records to it, or the file cannot be created.
    pub fn take(directory: &Path) -> Result<Self, Problem> {
        let path = directory.join(NAME);
        for _ in 0..MOST_TRIES {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .custom_flags(OFlags::NOFOLLOW.bits() as i32)
                .open(&path)
                .with_context(|| format!("cannot write to {}", directory.display()))?;
            if is_locked_by_another(&file) {
                let mut holder = String::new();
                let _ = file.take(20).read_to_string(&mut holder);
                let cause =
                    anyhow!("{} is being recorded to by process {}", directory.display(), holder.trim());
                return Err(Problem::new(cause).hint("record to another directory"));
            }
            // The last holder removes the file. A lock on a file without a name locks nothing.
            if fs::symlink_metadata(&path).is_ok_and(|named| is_same(&file, &named)) {
                let _ = file.set_len(0).and_then(|()| file.rewind());
                let _ = file.write_all(std::process::id().to_string().as_bytes());
                return Ok(Self { path, _file: file });
            }
        }
        Err(anyhow!("cannot lock {}", path.display()).into())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock is released: a new holder must not lose its file.
        let _ = fs::remove_file(&self.path);
    }
}

/// Locks `file` unless another process holds its lock. File systems without locks protect nothing.
pub fn is_locked_by_another(file: &File) -> bool {
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::INTR) => {}
            result => return result == Err(Errno::WOULDBLOCK),
        }
    }
}

fn is_same(file: &File, named: &fs::Metadata) -> bool {
    let identity = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().is_ok_and(|metadata: fs::Metadata| identity(&metadata) == identity(named))
}

/// Whether another process writes to the file at `path`.
///
/// # Errors
///
/// When the file cannot be opened.
pub fn is_in_use(path: &Path) -> io::Result<bool> {
    Ok(is_locked_by_another(&OpenOptions::new().write(true).open(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_once_and_the_file_goes_with_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), "99999999999 left behind by a killed recorder").unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let refused = Lock::take(dir.path()).unwrap_err().to_string();
        assert!(refused.ends_with(&format!("by process {}", std::process::id())), "{refused}");
        drop(lock);
        assert!(!dir.path().join(NAME).exists());
        Lock::take(dir.path()).unwrap();
    }
}
