//! The response as received, in a file: `--raw FILE`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::sink::Existing;
use crate::problem::Problem;
use crate::transport::{Tap, Target};

/// The open file.
pub struct RawFile {
    file: File,
    path: PathBuf,
}

impl RawFile {
    /// Whether the file may be created, as far as can be told without touching it: it is a new or a regular
    /// file, it is outside of OUT, and it is not the file that is read.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn may_create(path: &Path, existing: Existing, out: &Path, target: &Target) -> Result<(), Problem> {
        let context = || format!("cannot create {}", path.display());
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path == out || parent == out || is_same(parent, out) || is_same(path, out) {
            let cause = anyhow!("{} is in the directory of the recording", path.display());
            return Err(Problem::new(cause).hint("choose a file outside of it"));
        }
        let parent = fs::metadata(parent).with_context(context)?;
        if !parent.is_dir() {
            let cause = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(anyhow::Error::new(cause).context(context()).into());
        }
        match fs::metadata(path) {
            Err(_) => Ok(()),
            Ok(metadata) if !metadata.is_file() => {
                Err(anyhow!("cannot create {}: it is not a regular file", path.display()).into())
            }
            Ok(_) if existing == Existing::Refuse => Err(Problem::new(anyhow!("{} exists", path.display()))
                .hint("choose another file, or overwrite it with --force")),
            Ok(_) => match target {
                Target::File(read) if is_same(path, read) => {
                    Err(anyhow!("{} is the file that is read", path.display()).into())
                }
                _ => Ok(()),
            },
        }
    }

    /// Creates the file, in place of an earlier one if it may be overwritten.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, Problem> {
        let file = match existing {
            Existing::Refuse => File::create_new(path),
            Existing::Overwrite => File::create(path),
        };
        let file = file.with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { file, path: path.into() })
    }
}

/// Whether both names lead to the same file.
fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}

impl Tap for RawFile {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        Ok(self.file.write_all(bytes).with_context(|| format!("cannot write {}", self.path.display()))?)
    }
}
