//! What an earlier run left in OUT.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;

use super::damaged;
use super::folder::HIDDEN_FRAME;
use super::manifest::{self, LastLine};
use super::name::stays_inside;
use super::ring::Entry;

/// The longest line of a manifest that is read.
const LONGEST_LINE: u64 = 1 << 20;

/// An earlier recording. Other files of the directory are not part of it.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Its files, relative to OUT: those in the manifest, and those with a default name.
    pub files: Vec<String>,
    /// The lines of its manifest, if they are kept, and then the files with a default name that have no line: a killed run left them.
    pub entries: Vec<Entry>,
    /// The largest number of a good frame.
    pub last_seq: u64,
    /// The largest number of a file in the folder of damaged frames.
    pub last_damaged: u64,
    /// Bytes of the whole lines of its manifest.
    pub manifest_bytes: u64,
    /// How the last one of them ends.
    pub last_line: LastLine,
    /// Files that a killed run had not finished.
    pub unfinished: Vec<String>,
}

/// Whether the lines of a manifest are kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// They are needed to remove the oldest ones.
    Kept,
    /// They are only counted.
    Counted,
}

/// What is read of a line.
#[derive(Debug, Deserialize)]
struct Written {
    seq: Option<u64>,
    file: Option<String>,
}

impl Earlier {
    /// Reads what `directory` holds. With [`Lines::Kept`] it returns the lines of the manifest too.
    ///
    /// # Errors
    ///
    /// When it is not a directory, or cannot be read.
    pub fn read(directory: &Path, lines: Lines) -> io::Result<Self> {
        let mut earlier = Self::default();
        earlier.read_folder(directory, "")?;
        if let Err(error) = earlier.read_folder(&directory.join(damaged::FOLDER), damaged::FOLDER)
            && !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        {
            return Err(error);
        }
        earlier.read_manifest(directory, lines)?;
        Ok(earlier)
    }

    /// Whether there is something to lose. A run that got no frame leaves an empty manifest.
    pub fn is_recording(&self) -> bool {
        !self.files.is_empty() || self.manifest_bytes > 0
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            if let Some(number) = number(name) {
                let last = if prefix.is_empty() { &mut self.last_seq } else { &mut self.last_damaged };
                *last = (*last).max(number);
                self.files.push(path);
            } else if prefix.is_empty() && is_unfinished(name) {
                self.unfinished.push(path);
            }
        }
        Ok(())
    }

    fn read_manifest(&mut self, directory: &Path, lines: Lines) -> io::Result<()> {
        let file: Box<dyn Read> = match File::open(directory.join(manifest::NAME)) {
            // Its frames are there all the same.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Box::new(io::empty()),
            file => Box::new(file?),
        };
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        let mut unlisted = BTreeSet::new();
        if lines == Lines::Kept {
            unlisted.extend(self.files.iter().cloned());
        }
        while self.last_line == LastLine::Ended {
            line.clear();
            let n = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            let written = serde_json::from_slice::<Written>(&line);
            if !line.ends_with(b"\n") {
                if n as u64 == LONGEST_LINE || written.is_err() {
                    // The end, or half a line.
                    break;
                }
                self.last_line = LastLine::Open;
            }
            self.manifest_bytes += n as u64;
            let written = written.unwrap_or(Written { seq: None, file: None });
            self.last_seq = self.last_seq.max(written.seq.unwrap_or(0));
            let file = written.file.filter(|file| is_ours(file));
            if lines == Lines::Kept {
                let line_bytes = n as u64 + u64::from(self.last_line == LastLine::Open);
                self.entries.push(entry(directory, file.clone(), line_bytes, written.seq.is_some()));
            }
            let Some(file) = file else { continue };
            unlisted.remove(&file);
            if !is_default(&file) {
                self.files.push(file);
            }
        }
        let entry = |file: String| {
            let is_good = !file.contains('/');
            entry(directory, Some(file), 0, is_good)
        };
        self.entries.extend(unlisted.into_iter().map(entry));
        Ok(())
    }
}

/// What is known of a file below `directory`, or of a line without one.
fn entry(directory: &Path, file: Option<String>, line_bytes: u64, is_good: bool) -> Entry {
    let metadata = file.as_ref().and_then(|file| fs::symlink_metadata(directory.join(file)).ok());
    let at = metadata.as_ref().and_then(|it| it.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let file_bytes = metadata.as_ref().map_or(0, fs::Metadata::len);
    Entry { file, file_bytes, line_bytes, at: at.unwrap_or(Duration::ZERO), is_good }
}

/// Whether the file of a line may be one of ours. A manifest may come from anywhere.
fn is_ours(file: &str) -> bool {
    stays_inside(file).is_ok() && !file.starts_with('.') && file != manifest::NAME
}

/// Whether the listing of the folders has found the file, if it exists.
fn is_default(file: &str) -> bool {
    let name = file.strip_prefix(damaged::FOLDER).and_then(|rest| rest.strip_prefix('/')).unwrap_or(file);
    number(name).is_some()
}

/// The number in a default name.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("frame-")?.strip_suffix(".jpg")?;
    let is_number = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

fn is_unfinished(name: &str) -> bool {
    name == HIDDEN_FRAME || name == manifest::HIDDEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_told_from_other_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("damaged")).unwrap();
        for name in ["frame-000007.jpg", "damaged/frame-000002.jpg", "frame-x.jpg", "notes", ".frame.part"] {
            fs::write(dir.path().join(name), "four").unwrap();
        }
        let lines = "{\"seq\":9,\"file\":\"a.jpg\"}\n{\"file\":\"../x\"}\nnot JSON\n";
        fs::write(dir.path().join(manifest::NAME), format!("{lines}{{\"seq\":99")).unwrap();
        let earlier = Earlier::read(dir.path(), Lines::Kept).unwrap();
        let mut files = earlier.files.clone();
        files.sort();
        assert_eq!(files, ["a.jpg", "damaged/frame-000002.jpg", "frame-000007.jpg"]);
        assert_eq!((earlier.last_seq, earlier.last_damaged), (9, 2));
        assert_eq!(earlier.manifest_bytes, lines.len() as u64);
        assert_eq!(earlier.unfinished, [".frame.part"]);
        // Three lines, and two files without one.
        let entries: Vec<_> = earlier.entries.iter().map(|it| (it.file.as_deref(), it.is_good)).collect();
        let lines = [(Some("a.jpg"), true), (None, false), (None, false)];
        let unlisted = [(Some("damaged/frame-000002.jpg"), false), (Some("frame-000007.jpg"), true)];
        assert_eq!(entries, [&lines[..], &unlisted].concat());
        assert_eq!(earlier.last_line, LastLine::Ended);
    }

    #[test]
    fn frames_without_a_manifest_are_known_too() {
        let dir = tempfile::tempdir().unwrap();
        for number in [1, 2] {
            fs::write(dir.path().join(format!("frame-00000{number}.jpg")), "x").unwrap();
        }
        let earlier = Earlier::read(dir.path(), Lines::Kept).unwrap();
        let files: Vec<_> = earlier.entries.iter().map(|it| (it.file.as_deref(), it.line_bytes)).collect();
        assert_eq!(files, [(Some("frame-000001.jpg"), 0), (Some("frame-000002.jpg"), 0)]);
        assert_eq!((earlier.last_seq, earlier.manifest_bytes), (2, 0));
    }

    #[test]
    fn a_whole_line_counts_also_without_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let lines = "{\"seq\":1,\"file\":\"frame-000001.jpg\"}\n{\"seq\":2,\"file\":\"frame-000002.jpg\"}";
        fs::write(dir.path().join(manifest::NAME), lines).unwrap();
        let earlier = Earlier::read(dir.path(), Lines::Kept).unwrap();
        assert_eq!((earlier.last_seq, earlier.last_line), (2, LastLine::Open));
        assert_eq!(earlier.manifest_bytes, lines.len() as u64);
        assert_eq!(earlier.entries.iter().map(|it| it.line_bytes).sum::<u64>(), lines.len() as u64 + 1);
    }
}
