//! A recording: a capture with the times of its reads beside it.

use std::fs;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use mjpeg::http::Head;

use super::shared_file::SharedFile;
use crate::capture::{TimingReader, timing_path};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::io_thread::{IoThread, Outcome, PATIENCE, Progress};

/// Where the head of the response is looked for.
const HEAD_BYTES: u64 = 64 << 10;
/// After so many lines the reading counts as progress.
const STEP_LINES: u64 = 4096;

/// A capture that can be replayed.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The path of the capture.
    pub path: PathBuf,
    /// The capture.
    pub file: SharedFile,
    /// Its bytes when it was opened.
    pub length: u64,
    timing: SharedFile,
    /// When its first byte came, since 1970-01-01 UTC, if that is known.
    pub start: Option<Duration>,
    /// The head of its response; empty if it has none.
    pub head: Vec<u8>,
    /// Whether the head says how long the body is: then a viewer expects no more.
    pub has_length: bool,
}

impl Recording {
    /// Looks at a path in a thread. `None`: it has no timing file.
    ///
    /// # Errors
    ///
    /// If there is a timing file, and it or the capture cannot be used, or if a signal arrives.
    pub fn of(path: &Path, stop: &Stop) -> Result<Option<Self>, Problem> {
        let of_thread = path.to_path_buf();
        let look = move |progress: &Progress| look(&of_thread, progress);
        match IoThread::new(PATIENCE).run_until(look, || stop.signal().is_some()) {
            Outcome::Done(recording) => recording,
            Outcome::Refused => Err(anyhow!("cannot start a thread to read {}", path.display()).into()),
            Outcome::Hangs(_) => {
                Err(anyhow!("cannot read {}: no answer for {PATIENCE:?}", path.display()).into())
            }
        }
    }

    /// The times of its reads, from the start.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn times(&self) -> io::Result<TimingReader<BufReader<SharedFile>>> {
        TimingReader::new(BufReader::new(self.timing.at_start())).map_err(io::Error::other)
    }
}

fn look(path: &Path, progress: &Progress) -> Result<Option<Recording>, Problem> {
    let path_of_timing = timing_path(path);
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if !is_file(path) || !is_file(&path_of_timing) {
        return Ok(None);
    }
    let check = || {
        let file = SharedFile::open(&path_of_timing)?;
        let mut reads = TimingReader::new(BufReader::new(file.at_start()))?;
        let mut count: u64 = 0;
        while reads.next_read()?.is_some() {
            count += 1;
            if count.is_multiple_of(STEP_LINES) {
                progress.step();
            }
        }
        anyhow::Ok((file, reads.start()))
    };
    let (timing, started) = check().map_err(|error| {
        let cause = error.context(format!("cannot use {}", path_of_timing.display()));
        Problem::new(cause).hint("with --fps the capture is played without its times")
    })?;
    let mut start = Vec::new();
    let file = SharedFile::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let length = file.length().with_context(|| format!("cannot read {}", path.display()))?;
    file.at_start()
        .take(HEAD_BYTES)
        .read_to_end(&mut start)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let head = Head::parse(&start).ok().flatten();
    let has_length =
        head.as_ref().is_some_and(|head| !head.is_chunked() && head.text("content-length").is_some());
    let head = head.map(|head| start[..head.len].to_vec()).unwrap_or_default();
    Ok(Some(Recording { path: path.into(), file, length, timing, start: started, head, has_length }))
}
