//! A playhead over a recorded directory: its frames with their recorded fields and gaps.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::block::{BLOCK_BYTES, Block, Ending, Playhead};
use super::round_length::round_length;
use super::shared_file::SharedFile;
use super::speed::Speed;
use crate::inside;

/// The name of the manifest in a recorded directory.
pub(super) const MANIFEST: &str = "manifest.jsonl";
/// The longest line of a manifest that is read.
const LINE_BYTES: u64 = 1 << 20;

/// A line of the manifest: what is read of it.
#[derive(Debug, Deserialize)]
struct Line {
    file: Option<String>,
    arrival_ms: Option<f64>,
    body_bytes: Option<u64>,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    resumed: bool,
}

/// A frame that can be sent.
#[derive(Debug)]
pub struct Recorded {
    /// Its file, below the directory.
    pub file: String,
    /// When it came, since the first byte of the stream.
    pub at: Duration,
    body_bytes: Option<u64>,
    fields: Vec<(String, String)>,
    /// Whether a run that resumed the recording begins before it.
    begins_run: bool,
}

/// The frames of a manifest, in order. It keeps one line in memory.
#[derive(Debug)]
pub struct Manifest {
    lines: BufReader<SharedFile>,
    line: Vec<u8>,
}

impl Manifest {
    /// The frames of this file, from its start.
    pub fn new(file: &SharedFile) -> Self {
        Self { lines: BufReader::new(file.at_start()), line: Vec::new() }
    }

    /// The next frame that has a file; `None` behind the last whole line.
    ///
    /// # Errors
    ///
    /// When the manifest cannot be read, or has no times.
    pub fn next(&mut self) -> io::Result<Option<Recorded>> {
        let mut begins_run = false;
        loop {
            self.line.clear();
            self.lines.by_ref().take(LINE_BYTES).read_until(b'\n', &mut self.line)?;
            if !self.line.ends_with(b"\n") {
                return Ok(None);
            }
            let line: Line = serde_json::from_slice(&self.line).map_err(io::Error::other)?;
            begins_run |= line.resumed;
            let Some(file) = line.file.filter(|file| inside::is_plain(file)) else { continue };
            let at = line.arrival_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
            let Some(at) = at else {
                return Err(io::Error::other(
                    "its frames have no arrival_ms: they were recorded from a file",
                ));
            };
            let Line { body_bytes, fields, .. } = line;
            return Ok(Some(Recorded { file, at, body_bytes, fields, begins_run }));
        }
    }
}

/// What all viewers of a recorded directory share.
#[derive(Debug)]
pub struct Album {
    /// The directory.
    pub folder: PathBuf,
    /// Its manifest. `record --keep` replaces it.
    manifest: Mutex<SharedFile>,
    /// The head of the response.
    pub head: Vec<u8>,
    /// The delimiter line with its dashes, without its line end.
    pub delimiter: String,
}

impl Album {
    /// A recorded directory with this manifest.
    pub fn new(folder: PathBuf, manifest: SharedFile, head: Vec<u8>, delimiter: String) -> Self {
        Self { folder, manifest: Mutex::new(manifest), head, delimiter }
    }

    /// The frames of the manifest that the directory has now. If it has none, those of the last one that was opened.
    fn frames(&self) -> Manifest {
        let path = self.folder.join(MANIFEST);
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        if !manifest.is_at(&path)
            && let Ok(newer) = SharedFile::open(&path)
        {
            *manifest = newer;
        }
        Manifest::new(&manifest)
    }
}

/// Makes the blocks of one viewer.
#[derive(Debug)]
pub struct ManifestPlayhead {
    album: Arc<Album>,
    speed: Speed,
    /// Rounds that follow the current one; `None` is without end.
    rounds: Option<u32>,
    manifest: Manifest,
    /// The open frame: its file, how many bytes of it were read, and when it is due.
    frame: Option<(File, u64, Duration)>,
    /// The frame behind it, whose head leaves together with the bytes before it.
    next: Option<(File, Duration)>,
    /// What is added to the recorded times, counted from `first`.
    shift: Duration,
    /// Frames since `shift` was changed last, and the recorded times of the first and the last one.
    count: u32,
    first: Duration,
    last: Duration,
    is_begun: bool,
    is_over: bool,
}

impl ManifestPlayhead {
    /// A playhead at the first frame of a directory that is played `rounds` times, or without end if `None`.
    pub fn new(album: &Arc<Album>, rounds: Option<u32>, speed: Speed) -> Self {
        Self {
            manifest: album.frames(),
            album: Arc::clone(album),
            speed,
            rounds: rounds.map(|rounds| rounds.saturating_sub(1)),
            frame: None,
            next: None,
            shift: Duration::ZERO,
            count: 0,
            first: Duration::ZERO,
            last: Duration::ZERO,
            is_begun: false,
            is_over: false,
        }
    }

    /// Opens the next frame and adds its delimiter and head to the block, in a new round if this one is over.
    fn prepare(&mut self, block: &mut Block) -> io::Result<()> {
        let recorded = match self.next_recorded()? {
            Some(recorded) => Some(recorded),
            None if self.rounds == Some(0) || self.count == 0 => None,
            None => {
                self.rounds = self.rounds.map(|rounds| rounds - 1);
                self.move_behind();
                self.manifest = self.album.frames();
                self.next_recorded()?
            }
        };
        if recorded.is_none() && self.count == 0 {
            return Err(io::Error::other("no frame of its manifest can be opened"));
        }
        let Some((recorded, file, len)) = recorded else {
            let delimiter = &self.album.delimiter;
            block.bytes.extend_from_slice(format!("{delimiter}--\r\n").as_bytes());
            return Ok(());
        };
        if self.count > 0 && (recorded.begins_run || recorded.at < self.last) {
            // A recording that was resumed counts from zero again.
            self.move_behind();
        }
        if self.count == 0 {
            self.first = recorded.at;
        }
        self.count = self.count.saturating_add(1);
        self.last = recorded.at;
        block.bytes.extend_from_slice(format!("{}\r\n", self.album.delimiter).as_bytes());
        let is_whole = recorded.body_bytes.is_none_or(|bytes| bytes == len);
        for (name, value) in &recorded.fields {
            let is_length = name.eq_ignore_ascii_case("content-length");
            // A file that was trimmed is shorter than its part was.
            let field =
                if is_length && !is_whole { format!("{name}: {len}") } else { format!("{name}: {value}") };
            if !field.contains(['\r', '\n']) {
                block.bytes.extend_from_slice(field.as_bytes());
                block.bytes.extend_from_slice(b"\r\n");
            }
        }
        block.bytes.extend_from_slice(b"\r\n");
        self.next = Some((file, self.shift.saturating_add(self.last - self.first)));
        Ok(())
    }

    /// Moves the times that follow behind those of the frames since the last move.
    fn move_behind(&mut self) {
        self.shift = self.shift.saturating_add(round_length(self.first, self.last, self.count));
        self.count = 0;
    }

    /// The next frame of this round whose file can be opened.
    fn next_recorded(&mut self) -> io::Result<Option<(Recorded, File, u64)>> {
        let mut begins_run = false;
        while let Some(mut recorded) = self.manifest.next()? {
            begins_run |= recorded.begins_run;
            recorded.begins_run = begins_run;
            // Another program may remove files.
            if let Ok((file, len)) = inside::open(&self.album.folder, &recorded.file) {
                return Ok(Some((recorded, file, len)));
            }
        }
        Ok(None)
    }
}

impl Playhead for ManifestPlayhead {
    fn next(&mut self) -> io::Result<Option<Block>> {
        let mut block = Block { bytes: Vec::with_capacity(BLOCK_BYTES), ..Block::default() };
        if !std::mem::replace(&mut self.is_begun, true) {
            block.bytes.extend_from_slice(&self.album.head);
            self.prepare(&mut block)?;
            block.push_time(Duration::ZERO);
        }
        while !block.is_full() {
            let Some((file, at, due)) = &mut self.frame else {
                let Some((file, due)) = self.next.take() else {
                    self.is_over = true;
                    break;
                };
                self.frame = Some((file, 0, due));
                continue;
            };
            let due = self.speed.of(*due);
            let start = block.bytes.len();
            block.bytes.resize(BLOCK_BYTES.max(start), 0);
            let n = file.read_at(&mut block.bytes[start..], *at)?;
            block.bytes.truncate(start + n);
            *at += n as u64;
            if n == 0 {
                self.frame = None;
                block.frames.push(block.bytes.len());
                block.bytes.extend_from_slice(b"\r\n");
                self.prepare(&mut block)?;
            }
            block.push_time(due);
        }
        if self.is_over {
            let at = block.due.last().map_or(Duration::ZERO, |(_, at)| *at);
            block.ending = Some((Ending::Close, at));
        }
        Ok(Some(block))
    }
}
