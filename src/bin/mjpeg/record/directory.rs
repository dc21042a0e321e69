//! OUT: the files of good and damaged frames, and their manifest.
//!
//! After each step, and so after kill -9 at any moment: every line of the manifest has its file, which is whole. Files without a line are
//! at most the last one, and with `--keep` those that are being removed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::damaged;
use super::earlier::{Earlier, Lines};
use super::existing::Existing;
use super::folder::{Folder, HIDDEN_FRAME, Published};
use super::line::Line;
use super::listing::{Listing, Unlisted};
use super::lock::Lock;
use super::manifest;
use super::moment::Moment;
use super::name::NamePattern;
use super::ring::Limit;
use crate::durability::Durability;
use crate::problem::Problem;

/// Lines of damaged frames that wait for the first good frame at most.
const MOST_HELD: usize = 1000;

/// How files are written.
#[derive(Debug, Clone)]
pub struct Style {
    /// What happens to an earlier recording.
    pub existing: Existing,
    /// The names of good frames.
    pub names: NamePattern,
    /// How much stays.
    pub limit: Option<Limit>,
    /// How safe a file is before it gets its name.
    pub durability: Durability,
}

/// OUT. It is locked from the first look at it on.
pub struct Directory {
    out: PathBuf,
    style: Style,
    earlier: Earlier,
    /// `None` while OUT does not exist.
    lock: Option<Lock>,
    state: State,
    last_seq: u64,
    last_damaged: u64,
    /// Whether the next line is the first one behind those of an earlier run.
    is_resumed: bool,
    /// Files that were removed because their lines could not be written.
    removed: Vec<Unlisted>,
}

enum State {
    /// Nothing was touched, everything is done, or the manifest cannot be written.
    Shut,
    /// An earlier recording stays until the first good frame. These lines wait for it.
    Waiting { folder: Folder, held: Vec<Line> },
    /// Frames are written.
    Open { folder: Folder, listing: Listing },
}

impl Directory {
    /// Looks whether OUT may be recorded to. Nothing is changed.
    ///
    /// # Errors
    ///
    /// When it holds a recording that must not be lost, is being recorded to, or is not a directory.
    pub fn look(out: &Path, style: Style) -> Result<Self, Problem> {
        let mut directory = Self {
            out: out.into(),
            style,
            earlier: Earlier::default(),
            lock: None,
            state: State::Shut,
            last_seq: 0,
            last_damaged: 0,
            is_resumed: false,
            removed: Vec::new(),
        };
        if fs::symlink_metadata(out).is_ok() {
            directory.look_inside()?;
        }
        Ok(directory)
    }

    fn look_inside(&mut self) -> Result<(), Problem> {
        let context = || format!("cannot write to {}", self.out.display());
        let looked = fs::read_dir(&self.out).with_context(context);
        if fs::metadata(&self.out).is_ok_and(|it| it.is_file()) {
            let hint = "OUT is a directory, or with --frames 1 a file named *.jpg; --concat FILE writes all frames to one file";
            return looked.map(drop).map_err(|cause| Problem::new(cause).hint(hint));
        }
        drop(looked?);
        self.lock = Some(Lock::take(&self.out)?);
        let manifest = self.out.join(manifest::NAME);
        if fs::symlink_metadata(&manifest).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(anyhow!("{} is not a regular file", manifest.display()).into());
        }
        let lines = if self.style.limit.is_some() { Lines::Kept } else { Lines::Counted };
        self.earlier = Earlier::read(&self.out, lines).with_context(context)?;
        if self.style.existing == Existing::Refuse && self.earlier.is_recording() {
            return Err(Problem::new(anyhow!("{} holds a recording already", self.out.display()))
                .hint("record to another directory, add to it with --resume, or overwrite it with --force"));
        }
        Ok(())
    }

    /// Makes OUT ready, now that there is a stream. It is created if it does not exist.
    ///
    /// # Errors
    ///
    /// When it cannot be created or written to.
    pub fn open(&mut self, at: Moment) -> Result<(), Problem> {
        let context = || format!("cannot write to {}", self.out.display());
        fs::create_dir_all(&self.out).with_context(context)?;
        if self.lock.is_none() {
            self.look_inside()?;
        }
        let context = || format!("cannot write to {}", self.out.display());
        let folder = Folder::open(&self.out, self.style.durability).with_context(context)?;
        for file in &self.earlier.unfinished {
            folder.remove(file).with_context(context)?;
        }
        self.state = match self.style.existing {
            Existing::Overwrite if self.earlier.is_recording() => State::Waiting { folder, held: Vec::new() },
            Existing::Resume => self.resume(folder, at)?,
            Existing::Refuse | Existing::Overwrite => self.create(folder)?,
        };
        Ok(())
    }

    fn create(&self, folder: Folder) -> Result<State, Problem> {
        let listing = Listing::create(&folder, self.style.durability, self.style.limit);
        Ok(State::Open { listing: listing.with_context(|| self.cannot_write(manifest::NAME))?, folder })
    }

    fn resume(&mut self, folder: Folder, at: Moment) -> Result<State, Problem> {
        let earlier = std::mem::take(&mut self.earlier);
        (self.last_seq, self.last_damaged) = (earlier.last_seq, earlier.last_damaged);
        self.is_resumed = earlier.manifest_bytes > 0;
        let limit = self.style.limit.map(|limit| (limit, at.steady));
        let listing = Listing::resume(&folder, self.style.durability, limit, earlier);
        Ok(State::Open { listing: listing.with_context(|| self.cannot_write(manifest::NAME))?, folder })
    }

    /// Writes a good frame that came `at` this moment, and returns its number and its name.
    ///
    /// # Errors
    ///
    /// With the name of the file; nothing half-written stays behind.
    pub fn good(&mut self, jpeg: &[u8], at: Moment) -> Result<(u64, String), Problem> {
        // First the lines of all earlier files.
        self.flush(at)?;
        let (seq, name) = self.next_name(at.unix)?;
        self.stage(jpeg, &name)?;
        if let State::Waiting { .. } = self.state {
            self.replace_earlier(at)?;
        }
        self.publish(&name, Some(jpeg.len() as u64))?;
        self.last_seq = seq;
        Ok((seq, name))
    }

    /// Writes a damaged frame, and returns its name. Nothing is written while an earlier recording may have to stay.
    ///
    /// # Errors
    ///
    /// As [`Directory::good`].
    pub fn damaged(&mut self, bytes: &[u8], at: Moment) -> Result<Option<String>, Problem> {
        if bytes.is_empty() || !matches!(self.state, State::Open { .. }) {
            return Ok(None);
        }
        self.flush(at)?;
        let name = damaged::name(self.last_damaged + 1);
        self.stage(bytes, &name)?;
        self.publish(&name, None)?;
        self.last_damaged += 1;
        Ok(Some(name))
    }

    /// The number and name of the next good frame. A run that resumes goes on behind files that have no line.
    fn next_name(&self, unix: Duration) -> Result<(u64, String), Problem> {
        let mut seq = self.last_seq + 1;
        loop {
            let name = self.style.names.name(seq, unix).map_err(|error| anyhow!("--name: {error}"))?;
            let is_taken = || self.folder().is_some_and(|folder| folder.has(&name));
            if self.style.existing != Existing::Resume || !is_taken() {
                return Ok((seq, name));
            }
            seq += 1;
        }
    }

    fn stage(&self, bytes: &[u8], name: &str) -> Result<(), Problem> {
        let staged = self.folder().map_or(Ok(()), |folder| folder.stage(HIDDEN_FRAME, bytes));
        Ok(staged.with_context(|| self.cannot_write(name))?)
    }

    fn publish(&mut self, name: &str, good_bytes: Option<u64>) -> Result<(), Problem> {
        let context = self.cannot_write(name);
        let State::Open { folder, listing } = &mut self.state else { return Ok(()) };
        match folder.publish(HIDDEN_FRAME, name).context(context.clone())? {
            Published::Done => listing.published(name.into(), good_bytes),
            Published::Exists => return Err(anyhow!("{context}: it exists").into()),
        }
        Ok(())
    }

    /// Removes the earlier recording. The first good frame is in its hidden file already, so there is room for it.
    fn replace_earlier(&mut self, at: Moment) -> Result<(), Problem> {
        let State::Waiting { folder, held } = std::mem::replace(&mut self.state, State::Shut) else {
            return Ok(());
        };
        let earlier = std::mem::take(&mut self.earlier);
        self.state = self.create(folder)?;
        for file in &earlier.files {
            let removed = self.folder().map_or(Ok(()), |folder| folder.remove_below(file));
            removed.with_context(|| format!("cannot remove {}", self.out.join(file).display()))?;
        }
        if let Some(folder) = self.folder() {
            folder.remove_empty(damaged::FOLDER);
        }
        for line in held {
            self.note(line, at)?;
        }
        self.flush(at)
    }

    /// Appends a line to the manifest. It is in the file after the next [`Directory::flush`].
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&mut self, mut line: Line, at: Moment) -> Result<(), Problem> {
        line.resumed = std::mem::take(&mut self.is_resumed);
        let context = || self.out.join(manifest::NAME).display().to_string();
        match &mut self.state {
            State::Shut => {}
            State::Waiting { held, .. } if held.len() < MOST_HELD => held.push(line),
            State::Waiting { .. } => {}
            State::Open { listing, .. } => {
                listing.note(&line, at.steady).with_context(|| format!("cannot write {}", context()))?;
            }
        }
        Ok(())
    }

    /// Writes the lines of the manifest that wait.
    ///
    /// # Errors
    ///
    /// When they cannot be written. The files without a line are removed then, and the recording ends.
    pub fn flush(&mut self, at: Moment) -> Result<(), Problem> {
        let State::Open { folder, listing } = &mut self.state else { return Ok(()) };
        let flushed = listing.flush(folder, at.steady);
        if flushed.is_err() {
            self.removed = listing.take_unlisted();
            for file in &self.removed {
                let _ = folder.remove_below(&file.name);
            }
            self.state = State::Shut;
        }
        Ok(flushed.with_context(|| self.cannot_write(manifest::NAME))?)
    }

    /// The bytes of the good frames that were removed because their lines could not be written.
    pub fn removed(&self) -> impl Iterator<Item = u64> {
        self.removed.iter().filter_map(|file| file.good_bytes)
    }

    /// Writes what waits, and closes the manifest.
    ///
    /// # Errors
    ///
    /// As [`Directory::flush`], and those of the close.
    pub fn close(&mut self, at: Moment) -> Result<(), Problem> {
        let flushed = self.flush(at);
        let closed = match std::mem::replace(&mut self.state, State::Shut) {
            State::Open { listing, .. } => listing.close().with_context(|| self.cannot_write(manifest::NAME)),
            State::Shut | State::Waiting { .. } => Ok(()),
        };
        self.lock = None;
        flushed.and(Ok(closed?))
    }

    fn folder(&self) -> Option<&Folder> {
        match &self.state {
            State::Waiting { folder, .. } | State::Open { folder, .. } => Some(folder),
            State::Shut => None,
        }
    }

    fn cannot_write(&self, name: &str) -> String {
        format!("cannot write {}", self.out.join(name).display())
    }
}
