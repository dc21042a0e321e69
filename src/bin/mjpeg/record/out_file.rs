//! A file of the user's choice that takes whole pieces: the pictures of `--concat` and `--mkv`, the bytes of
//! `--raw`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::OFlags;

use super::existing::Existing;
use super::lock::is_locked_by_another;
use crate::durability::Durability;
use crate::problem::Problem;

/// A file that is written front to back. If it may replace an earlier one, it has a hidden name until
/// [`OutFile::replace`].
#[derive(Debug)]
pub struct OutFile {
    path: PathBuf,
    /// The name while the earlier file still has its own.
    hidden: Option<PathBuf>,
    file: File,
    durability: Durability,
    /// Whether it was created here.
    is_new: bool,
    /// Bytes of the whole pieces.
    len: u64,
}

impl OutFile {
    /// Creates the file. Under [`Existing::Overwrite`] an earlier file keeps its name for now.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn create(path: &Path, existing: Existing, durability: Durability) -> Result<Self, Problem> {
        let hidden = (existing == Existing::Overwrite && path.exists()).then(|| hidden(path));
        Self::create_as(path, hidden, durability)
    }

    /// Creates the file under its hidden name, whether there is an earlier file or not.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn create_hidden(path: &Path, durability: Durability) -> Result<Self, Problem> {
        Self::create_as(path, Some(hidden(path)), durability)
    }

    fn create_as(path: &Path, hidden: Option<PathBuf>, durability: Durability) -> Result<Self, Problem> {
        let file = match &hidden {
            None => File::create_new(path),
            Some(hidden) => {
                // What a killed run left, or a link to elsewhere.
                let _ = fs::remove_file(hidden);
                File::create_new(hidden)
            }
        };
        let file = file.with_context(|| format!("cannot create {}", path.display()))?;
        // Others must see that it is in use.
        let _ = is_locked_by_another(&file);
        Ok(Self { path: path.into(), hidden, file, durability, is_new: true, len: 0 })
    }

    /// Opens the file to add to it, behind the `len` bytes that `whole` finds in it.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or read.
    pub fn append(
        path: &Path,
        durability: Durability,
        whole: impl FnOnce(&mut dyn Read) -> io::Result<u64>,
    ) -> Result<Self, Problem> {
        let opened = || {
            let flags = OFlags::NOFOLLOW.bits() as i32;
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).custom_flags(flags).open(path)?;
            if is_locked_by_another(&file) {
                return Err(io::Error::other("another process records to it"));
            }
            let len = whole(&mut file)?;
            file.set_len(len)?;
            file.seek(SeekFrom::Start(len))?;
            Ok((file, len))
        };
        let (file, len) = opened().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path: path.into(), hidden: None, file, durability, is_new: false, len })
    }

    /// Bytes that are written.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Writes a piece.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The file then ends behind the last whole piece.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Problem> {
        self.write_pieces(piece, &[piece.len()]).map_err(|(problem, _)| problem)
    }

    /// Writes pieces, each of which ends at one of `ends`.
    ///
    /// # Errors
    ///
    /// When not all can be written: why, and the number of pieces that are in the file. It ends behind the last one.
    pub fn write_pieces(&mut self, pieces: &[u8], ends: &[usize]) -> Result<(), (Problem, usize)> {
        let written = self.file.write_all(pieces).and_then(|()| match self.durability {
            Durability::Closed => Ok(()),
            Durability::Synced => self.durability.settle(&self.file),
        });
        let Err(error) = written else {
            self.len += pieces.len() as u64;
            return Ok(());
        };
        let reached = match self.durability {
            Durability::Closed => self.file.stream_position().unwrap_or(self.len),
            // What could not be synced may be lost.
            Durability::Synced => self.len,
        };
        let whole = ends.partition_point(|&end| self.len + end as u64 <= reached);
        if let Some(last) = whole.checked_sub(1) {
            self.len += ends[last] as u64;
        }
        let _ = self.file.set_len(self.len);
        let _ = self.file.seek(SeekFrom::Start(self.len));
        let cause = anyhow::Error::new(error).context(format!("cannot write {}", self.path.display()));
        Err((cause.into(), whole))
    }

    /// Writes a piece that is in several slices.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The file then ends behind the last whole piece.
    pub fn write_slices(&mut self, mut slices: &mut [IoSlice<'_>]) -> Result<(), Problem> {
        let bytes: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut left = bytes;
        while left > 0 {
            match self.file.write_vectored(slices) {
                Ok(0) => return Err(self.cut_back(io::ErrorKind::WriteZero.into())),
                Ok(n) => {
                    left -= n;
                    IoSlice::advance_slices(&mut slices, n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.cut_back(error)),
            }
        }
        self.len += bytes as u64;
        Ok(())
    }

    /// Writes a piece that [`OutFile::settle`] writes to the disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written. The file then ends behind the last whole piece.
    pub fn write_unsettled(&mut self, piece: &[u8]) -> Result<(), Problem> {
        if let Err(error) = self.file.write_all(piece) {
            return Err(self.cut_back(error));
        }
        self.len += piece.len() as u64;
        Ok(())
    }

    /// Writes what was written to the disk, under `--fsync`.
    ///
    /// # Errors
    ///
    /// Those of fsync.
    pub fn settle(&mut self) -> Result<(), Problem> {
        let settled = self.durability.settle(&self.file);
        Ok(settled.with_context(|| format!("cannot write {}", self.path.display()))?)
    }

    /// Removes the file again: it is not needed after all.
    pub fn discard(self) {
        let _ = fs::remove_file(self.hidden.as_ref().unwrap_or(&self.path));
    }

    /// Replaces bytes of earlier pieces.
    ///
    /// # Errors
    ///
    /// When they cannot be replaced.
    pub fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<(), Problem> {
        Ok(self
            .file
            .write_all_at(bytes, at)
            .with_context(|| format!("cannot write {}", self.path.display()))?)
    }

    /// Ends the file behind its last whole piece.
    fn cut_back(&mut self, error: io::Error) -> Problem {
        let _ = self.file.set_len(self.len);
        let _ = self.file.seek(SeekFrom::Start(self.len));
        anyhow::Error::new(error).context(format!("cannot write {}", self.path.display())).into()
    }

    /// Replaces the earlier file, if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be replaced.
    pub fn replace(&mut self) -> Result<(), Problem> {
        if let Some(hidden) = &self.hidden {
            fs::rename(hidden, &self.path)
                .with_context(|| format!("cannot create {}", self.path.display()))?;
            self.hidden = None;
        }
        Ok(())
    }

    /// Closes the file. If it has not replaced the earlier one, or nothing could be written to it, it is removed.
    ///
    /// # Errors
    ///
    /// Those of the close, such as a quota that is exceeded on NFS.
    pub fn close(self) -> Result<(), Problem> {
        if self.is_new && self.len == 0 {
            self.discard();
            return Ok(());
        }
        let closed = self.durability.close(self.file);
        match &self.hidden {
            Some(hidden) => {
                let _ = fs::remove_file(hidden);
                Ok(())
            }
            None => Ok(closed.with_context(|| format!("cannot write {}", self.path.display()))?),
        }
    }
}

fn hidden(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}
