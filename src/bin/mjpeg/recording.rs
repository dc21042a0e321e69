//! Reads the manifest of a recording that `mjpeg record` made.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;

use crate::problem::Problem;
use crate::signal::Stop;

/// The name of the manifest.
const MANIFEST: &str = "manifest.jsonl";
/// The longest line that is read, in bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// How often to look for a signal while the system does not answer.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// The largest file that is read, in bytes: the limit of the parser for bodies.
const LARGEST_FILE: u64 = 64 << 20;

/// The lines of a manifest, in order.
#[derive(Debug)]
pub struct Recording {
    directory: PathBuf,
    manifest: BufReader<File>,
    number: u64,
}

/// A line. Unknown keys are ignored.
#[derive(Debug, Default, Deserialize)]
pub struct Line {
    /// Number of the line, from 1.
    #[serde(skip)]
    pub number: u64,
    /// Number among the written frames.
    pub seq: Option<u64>,
    /// Number of the part, from 1.
    pub part: u64,
    /// Name of the file.
    pub file: Option<String>,
    /// Bytes of the decoded body before the part's body.
    pub offset: u64,
    /// Bytes of the part's body.
    pub body_bytes: Option<u64>,
    /// When its last byte came.
    pub arrival_ms: Option<f64>,
    /// Names and values in the order sent.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    /// What departed from the standards.
    #[serde(default)]
    pub deviations: Vec<String>,
    /// Why the frame is damaged.
    pub damage: Option<String>,
    /// The hash of the file, in lower-case hex.
    pub sha256: Option<String>,
}

/// Whether `path` is a directory. A mount that hangs does not answer: then it is none after `longest`, or at a signal.
pub fn is_directory(path: &Path, longest: Duration, stop: &Stop) -> bool {
    let (answer, answers) = channel();
    let path = path.to_path_buf();
    let thread = std::thread::Builder::new().name("directory".into()).stack_size(64 * 1024);
    let ask = move || {
        // The receiver is gone if the answer comes too late.
        let _ = answer.send(path.is_dir());
    };
    if thread.spawn(ask).is_err() {
        return false;
    }
    let mut left = longest;
    loop {
        let wait = left.min(STOP_CHECK_INTERVAL);
        match answers.recv_timeout(wait) {
            Ok(is_directory) => return is_directory,
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(wait),
        }
        if left.is_zero() || stop.signal().is_some() {
            return false;
        }
    }
}

impl Recording {
    /// Opens the recording in `directory`.
    ///
    /// # Errors
    ///
    /// When it has no manifest that can be read.
    pub fn open(directory: &Path) -> Result<Self, Problem> {
        let path = directory.join(MANIFEST);
        let opened = regular(&path).and_then(|_| File::open(&path));
        let file = opened.map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let problem = Problem::new(anyhow!(error).context(format!("cannot open {}", path.display())));
            match is_missing {
                true => {
                    problem.hint("a directory must be a recording of mjpeg record; else name a file in it")
                }
                false => problem,
            }
        })?;
        Ok(Self { directory: directory.into(), manifest: BufReader::new(file), number: 0 })
    }

    /// The next line; `None` behind the last one.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no line of a manifest.
    pub fn next_line(&mut self) -> Result<Option<Line>, Problem> {
        let mut text = Vec::new();
        let place = || format!("{}, line {}", self.directory.join(MANIFEST).display(), self.number + 1);
        let read = self.manifest.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text);
        read.with_context(place)?;
        if text.is_empty() {
            return Ok(None);
        }
        let line: Line = serde_json::from_slice(&text)
            .map_err(|error| anyhow!("{}: not a line of a manifest: {error}", place()))?;
        self.number += 1;
        Ok(Some(Line { number: self.number, ..line }))
    }

    /// Lines that were read.
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// The contents of the file of a line.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is too large, or is outside the directory.
    pub fn contents(&self, file: &str) -> io::Result<Vec<u8>> {
        let is_plain = |it: Component<'_>| matches!(it, Component::Normal(_));
        if file.is_empty() || !Path::new(file).components().all(is_plain) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "its name leads out of the directory"));
        }
        let path = self.directory.join(file);
        if regular(&path)? > LARGEST_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 64 MiB"));
        }
        fs::read(path)
    }
}

/// The size of a regular file. Opening a named pipe would wait for its writer.
fn regular(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_outside_the_directory_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), "{\"part\":1,\"offset\":96}\nnot json\n").unwrap();
        let mut recording = Recording::open(folder.path()).unwrap();
        let line = recording.next_line().unwrap().unwrap();
        assert_eq!((line.number, line.part, line.offset, line.fields.len()), (1, 1, 96, 0));
        let error = recording.next_line().unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        for file in ["", "../x", "/etc/passwd", "a/../../x"] {
            assert_eq!(recording.contents(file).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{file}");
        }
        assert_eq!(recording.contents("no.jpg").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(recording.contents("manifest.jsonl").is_ok());
    }
}
