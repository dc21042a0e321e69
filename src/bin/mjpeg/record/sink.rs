//! Where good frames go: files in a directory, or one stream of JPEGs on standard output.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::manifest::{self, Manifest};
use crate::problem::Problem;

/// OUT of the command line, ready to take frames.
pub enum Sink {
    /// `OUT/frame-000001.jpg`, ... and `OUT/manifest.jsonl`.
    Directory {
        /// OUT.
        path: PathBuf,
        /// Its manifest.
        manifest: Manifest,
    },
    /// `-`.
    Stdout,
}

/// What to do about an OUT that holds a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Overwrite it.
    Overwrite,
}

impl Sink {
    /// Whether OUT may be opened, as far as can be told without touching it.
    ///
    /// # Errors
    ///
    /// When it holds a recording that must not be lost, or is not a directory.
    pub fn may_open(out: &Path, existing: Existing) -> Result<(), Problem> {
        if out.as_os_str() == "-" || !out.exists() {
            return Ok(());
        }
        let context = || format!("cannot write to {}", out.display());
        let frames = frames(out).with_context(context)?;
        let manifest = out.join(manifest::NAME);
        if fs::symlink_metadata(&manifest).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(anyhow!("{} is not a regular file", manifest.display()).into());
        }
        // A run that got no frame leaves an empty manifest.
        let is_recording = fs::metadata(&manifest).is_ok_and(|manifest| manifest.len() > 0);
        if existing == Existing::Refuse && (is_recording || !frames.is_empty()) {
            return Err(Problem::new(anyhow!("{} holds a recording already", out.display()))
                .hint("record to another directory, or overwrite it with --force"));
        }
        Ok(())
    }

    /// Makes OUT ready to take frames. It is created if it does not exist.
    ///
    /// # Errors
    ///
    /// When it cannot be created, or holds a recording that must not be lost.
    pub fn open(out: &Path, existing: Existing) -> Result<Self, Problem> {
        if out.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        Self::may_open(out, existing)?;
        let context = || format!("cannot write to {}", out.display());
        fs::create_dir_all(out).with_context(context)?;
        for frame in frames(out).with_context(context)? {
            fs::remove_file(&frame).with_context(context)?;
        }
        let manifest = Manifest::create(out).with_context(context)?;
        Ok(Self::Directory { path: out.into(), manifest })
    }

    /// Writes frame `seq`. A file appears under its name only when it is whole.
    ///
    /// # Errors
    ///
    /// With the file's name; nothing half-written stays behind.
    pub fn write(&mut self, seq: u64, jpeg: &[u8]) -> Result<Written, Problem> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                match out.write_all(jpeg).and_then(|()| out.flush()) {
                    Ok(()) => Ok(Written::ToStdout),
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::ReaderGone),
                    Err(error) => {
                        Err(anyhow::Error::new(error).context("cannot write to standard output").into())
                    }
                }
            }
            Self::Directory { path, .. } => {
                let name = format!("frame-{seq:06}.jpg");
                let target = path.join(&name);
                write_whole(&target, jpeg).with_context(|| format!("cannot write {}", target.display()))?;
                Ok(Written::ToFile(name))
            }
        }
    }

    /// Appends a line to the manifest, if there is one. It is in the file after the next [`Sink::flush`].
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&mut self, line: &manifest::Line) -> Result<(), Problem> {
        self.on_manifest(|manifest| manifest.push(line))
    }

    /// Writes the lines of the manifest that wait.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn flush(&mut self) -> Result<(), Problem> {
        self.on_manifest(Manifest::flush)
    }

    fn on_manifest(&mut self, write: impl FnOnce(&mut Manifest) -> io::Result<()>) -> Result<(), Problem> {
        match self {
            Self::Stdout => Ok(()),
            Self::Directory { manifest, .. } => {
                Ok(write(manifest).with_context(|| format!("cannot write {}", manifest.path().display()))?)
            }
        }
    }
}

/// Where a frame went.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// Into the file of this name in OUT.
    ToFile(String),
    /// To standard output.
    ToStdout,
    /// Nowhere: the reader of standard output has closed it.
    ReaderGone,
}

/// Writes to a temporary name in the same directory, then renames.
fn write_whole(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut hidden = OsString::from(".");
    hidden.push(target.file_name().unwrap_or_default());
    hidden.push(".part");
    let hidden = target.with_file_name(hidden);
    let written = create_new(&hidden).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| fs::rename(&hidden, target)).inspect_err(|_| {
        let _ = fs::remove_file(&hidden);
    })
}

/// Makes a new file. An entry of that name, which may be a link to elsewhere, is removed first.
fn create_new(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            File::create_new(path)
        }
        result => result,
    }
}

/// The frames of an earlier recording, and nothing else.
fn frames(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut frames = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_frame = name
            .to_str()
            .and_then(|name| name.strip_prefix("frame-")?.strip_suffix(".jpg"))
            .is_some_and(|digits| digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit()));
        if is_frame {
            frames.push(entry.path());
        }
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_not_lost_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = Sink::open(dir.path(), Existing::Refuse).unwrap();
        for seq in 1..=2 {
            sink.write(seq, b"jpeg").unwrap();
        }
        fs::write(dir.path().join(manifest::NAME), "{}\n").unwrap();
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        assert!(Sink::open(dir.path(), Existing::Refuse).is_err());
        Sink::open(dir.path(), Existing::Overwrite).unwrap();
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["manifest.jsonl", "notes.txt"]);
    }
}
