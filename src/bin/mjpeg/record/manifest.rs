//! `manifest.jsonl`: one line per frame, with everything that the JPEG file does not contain.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mjpeg::jpeg::Refusal;
use mjpeg::multipart::{Deviation, Part};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The name of the file.
pub const NAME: &str = "manifest.jsonl";
/// Bytes of lines that wait at most.
const MOST_WAITING: usize = 64 << 10;

/// One line. Keys that are unknown are absent.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Number among the written frames; absent for a damaged one, which is not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Number of the part, from 1.
    pub part: u64,
    /// Name of the file in the same directory; absent when none was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Bytes of the decoded body before this frame.
    pub offset: u64,
    /// Bytes of the body.
    pub body_bytes: u64,
    /// When its last byte came, since the first byte of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival_ms: Option<f64>,
    /// Names and values in the order sent.
    pub fields: Vec<(String, String)>,
    /// What departed from the standard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<String>,
    /// Why no consumer shows the frame; absent for a good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<&'static str>,
    /// The SHA-256 of the bytes written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Line {
    /// The line of a part. Its deviations are known later.
    pub fn new(part: &Part<'_>, arrival: Option<Duration>, refusal: Option<Refusal>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            seq: None,
            part: part.number,
            file: None,
            offset: part.spans.body.start,
            body_bytes: part.spans.body.len,
            arrival_ms: arrival.map(crate::output::ms),
            fields: part.fields.iter().map(|(name, value)| (text(name), text(value))).collect(),
            deviations: Vec::new(),
            damage: refusal.map(Refusal::name),
            sha256: None,
        }
    }

    /// Adds what departed from the standard.
    pub fn set_deviations(&mut self, deviations: &[Deviation]) {
        self.deviations = deviations.iter().map(|deviation| deviation.kind.to_string()).collect();
    }

    /// Adds the hash of what was written.
    pub fn hash(&mut self, written: &[u8]) {
        self.sha256 = Some(Sha256::digest(written).iter().map(|byte| format!("{byte:02x}")).collect());
    }
}

/// The open file.
#[derive(Debug)]
pub struct Manifest {
    file: File,
    path: PathBuf,
    /// Whole lines that are not in the file yet.
    waiting: Vec<u8>,
    /// Bytes of the whole lines in the file.
    len: u64,
}

impl Manifest {
    /// Makes a new manifest in `directory`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    pub fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(NAME);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path, waiting: Vec::new(), len: 0 })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line. It is in the file after the next [`Manifest::flush`].
    ///
    /// # Errors
    ///
    /// As [`Manifest::flush`], when enough lines wait.
    pub fn push(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.waiting, line)?;
        self.waiting.push(b'\n');
        if self.waiting.len() < MOST_WAITING { Ok(()) } else { self.flush() }
    }

    /// Writes the lines that wait, so that a reader who follows the file sees whole lines only.
    ///
    /// # Errors
    ///
    /// When they cannot be written, such as on a full disk. The file then ends behind its last whole line.
    pub fn flush(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.waiting);
        let len = self.waiting.len() as u64;
        self.waiting.clear();
        match written {
            Ok(()) => self.len += len,
            Err(_) => {
                // Without the seek, a later line would leave a hole before it.
                let _ = self.file.set_len(self.len);
                let _ = self.file.seek(io::SeekFrom::Start(self.len));
            }
        }
        written
    }
}
