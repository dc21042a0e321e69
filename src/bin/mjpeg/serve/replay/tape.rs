//! A tape: what is replayed.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::block::Playhead;
use super::capture_playhead::CapturePlayhead;
use super::manifest_playhead::{Album, MANIFEST, Manifest, ManifestPlayhead};
use super::recording::Recording;
use super::scan::{Rounds, Scan};
use super::shared_file::SharedFile;
use super::speed::Speed;
use crate::clock::Clock;
use crate::inside;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::io_thread::{IoThread, Outcome, PATIENCE, Progress};
use crate::source::picture::Picture;

/// After so many lines the reading counts as progress.
const STEP_LINES: u64 = 256;

/// What is replayed, and its first picture.
#[derive(Debug, Clone)]
pub struct Tape {
    kind: Kind,
    scan: Arc<Scan>,
    /// When it was recorded, since 1970-01-01 UTC, if that is known.
    pub recorded: Option<Duration>,
}

#[derive(Debug, Clone)]
enum Kind {
    Capture(Arc<Recording>),
    Directory(Arc<Album>),
}

impl Tape {
    /// The capture at a path; `None` if it has no timing file.
    ///
    /// # Errors
    ///
    /// See [`Recording::of`].
    pub fn capture(
        path: &Path,
        rounds: Option<u32>,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Option<Self>, Problem> {
        let Some(recording) = Recording::of(path, stop)? else { return Ok(None) };
        let played = if rounds == Some(1) { Rounds::One } else { Rounds::More };
        let scan = Scan::start(&recording, played, clock, stop)?;
        let recorded = recording.start;
        Ok(Some(Self { kind: Kind::Capture(Arc::new(recording)), scan, recorded }))
    }

    /// The recorded directory at a path, sent with this head of the response and this delimiter. It is looked at in a thread.
    ///
    /// # Errors
    ///
    /// When it has no manifest, or that has no frame or no times.
    pub fn directory(path: &Path, head: Vec<u8>, delimiter: String, stop: &Stop) -> Result<Self, Problem> {
        let folder = path.to_path_buf();
        let look = move |progress: &Progress| look(&folder, progress);
        let (manifest, picture) = match IoThread::new(PATIENCE).run_until(look, || stop.signal().is_some()) {
            Outcome::Done(found) => found?,
            _ => return Err(anyhow!("cannot read {}: no answer for {PATIENCE:?}", path.display()).into()),
        };
        let album = Arc::new(Album::new(path.into(), manifest, head, delimiter));
        Ok(Self { kind: Kind::Directory(album), scan: Scan::of(picture), recorded: None })
    }

    /// What is known of its frames.
    pub fn scan(&self) -> &Arc<Scan> {
        &self.scan
    }

    /// The head of the response; empty if there is none.
    pub fn head(&self) -> &[u8] {
        match &self.kind {
            Kind::Capture(recording) => &recording.head,
            Kind::Directory(album) => &album.head,
        }
    }

    /// Descriptors of files that stay open.
    pub const FILES: usize = 2;

    /// A playhead at its start. It is played `rounds` times, or without end if `None`.
    ///
    /// # Errors
    ///
    /// When the times cannot be read.
    pub fn playhead(&self, rounds: Option<u32>, speed: Speed) -> io::Result<Box<dyn Playhead>> {
        Ok(match &self.kind {
            Kind::Capture(recording) => Box::new(CapturePlayhead::new(recording, &self.scan, rounds, speed)?),
            Kind::Directory(album) => Box::new(ManifestPlayhead::new(album, rounds, speed)),
        })
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Capture(recording) => recording.path.display().to_string(),
            Kind::Directory(album) => album.folder.display().to_string(),
        }
    }
}

/// Reads the manifest of a directory, and its first picture.
fn look(folder: &Path, progress: &Progress) -> Result<(SharedFile, Option<Picture>), Problem> {
    let path = folder.join(MANIFEST);
    let context = || format!("cannot use {}", path.display());
    let hint = "--timing manifest plays a directory that `mjpeg record URL` has written";
    let read = || -> io::Result<_> {
        let file = SharedFile::open(&path)?;
        let mut manifest = Manifest::new(&file);
        let (mut count, mut first) = (0_u64, None);
        while let Some(recorded) = manifest.next()? {
            count += 1;
            first.get_or_insert(recorded.file);
            if count.is_multiple_of(STEP_LINES) {
                progress.step();
            }
        }
        let first = first.ok_or_else(|| io::Error::other("it has no frame"))?;
        Ok((file, first))
    };
    let (file, first) = read().with_context(context).map_err(|error| Problem::new(error).hint(hint))?;
    let bytes = inside::open(folder, &first).and_then(|(mut file, _)| {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    Ok((file, bytes.ok().and_then(|bytes| Picture::new(bytes).ok())))
}
