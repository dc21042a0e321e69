//! A file of the user's choice that takes whole pieces: the pictures of `--concat` and `--mkv`, the bytes of
//! `--raw`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use rustix::fs::OFlags;

use super::existing::Existing;
use super::lock::{is_in_use, is_locked_by_another};
use crate::durability::Durability;
use crate::problem::Problem;
use crate::transport::Target;

/// What to do about a file that exists.
pub const EXISTS_HINT: &str = "choose another file, or overwrite it with --force";

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
    /// Whether the file may be created, as far as can be told without touching it: it is a new or a regular file, it
    /// is outside of OUT, it is not the file that is read, and no other process writes to it.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn may_create(
        path: &Path,
        existing: Existing,
        out: Option<&Path>,
        target: &Target,
    ) -> Result<(), Problem> {
        let context = || format!("cannot create {}", path.display());
        let parent = parent(path);
        if out.is_some_and(|out| path == out || parent == out || is_same(parent, out) || is_same(path, out)) {
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
                let cause = anyhow!("cannot create {}: it is not a regular file", path.display());
                Err(Problem::new(cause)
                    .hint("for a pipe or a device, write the frames to standard output: `-` as OUT"))
            }
            Ok(_) if existing == Existing::Refuse => {
                Err(Problem::new(anyhow!("{} exists", path.display())).hint(EXISTS_HINT))
            }
            Ok(_) => match target {
                Target::File(read) if is_same(path, read) => {
                    Err(anyhow!("{} is the file that is read", path.display()).into())
                }
                _ if is_in_use(path).with_context(|| format!("cannot write {}", path.display()))? => {
                    Err(anyhow!("another process records to {}", path.display()).into())
                }
                _ => Ok(()),
            },
        }
    }

    /// Whether no two of these paths lead to the same file, also through links.
    ///
    /// # Errors
    ///
    /// Which two do.
    pub fn are_distinct(paths: &[PathBuf]) -> Result<(), Problem> {
        for (n, path) in paths.iter().enumerate() {
            if let Some(other) = paths[..n].iter().find(|other| is_same_place(path, other)) {
                let cause = anyhow!("{} and {} are the same file", other.display(), path.display());
                return Err(Problem::new(cause).hint("--concat, --mkv and --raw need a file each"));
            }
        }
        Ok(())
    }

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

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn hidden(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

/// Whether both names lead to the same file, which may not exist yet.
fn is_same_place(a: &Path, b: &Path) -> bool {
    let node = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let place = |path: &Path| fs::canonicalize(parent(path)).ok().zip(path.file_name().map(OsString::from));
    node(a).is_some_and(|a| node(b) == Some(a)) || place(a).is_some_and(|a| place(b) == Some(a))
}

/// Whether both names lead to the same file.
fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}
