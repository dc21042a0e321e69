//! The response as received, in a file: `--raw FILE`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::sink::Existing;
use crate::problem::Problem;
use crate::transport::Tap;

/// The open file.
pub struct RawFile {
    file: File,
    path: PathBuf,
}

impl RawFile {
    /// Creates the file.
    ///
    /// # Errors
    ///
    /// When it cannot be created, or exists and must not be overwritten.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, Problem> {
        let mut options = OpenOptions::new();
        match existing {
            Existing::Refuse => options.write(true).create_new(true),
            Existing::Overwrite => options.write(true).create(true).truncate(true),
        };
        let file = options.open(path).with_context(|| format!("cannot create {}", path.display()));
        let file = file.map_err(|error| match existing {
            Existing::Refuse if path.exists() => {
                Problem::new(error).hint("choose another file, or overwrite it with --force")
            }
            _ => Problem::new(error),
        })?;
        Ok(Self { file, path: path.into() })
    }
}

impl Tap for RawFile {
    fn bytes(&mut self, bytes: &[u8], _: Duration) -> Result<(), Problem> {
        Ok(self.file.write_all(bytes).with_context(|| format!("cannot write {}", self.path.display()))?)
    }
}
