//! The file `manifest.jsonl`: one line per frame.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::folder::Folder;
use super::line::Line;
use crate::durability::Durability;
use crate::output;

/// The name of the file.
pub const NAME: &str = "manifest.jsonl";
/// The name of a new manifest until it replaces the old one.
pub const HIDDEN: &str = ".manifest.part";

/// How the last whole line of a manifest ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastLine {
    /// With the end of a line, as it was written, or there is no line.
    #[default]
    Ended,
    /// With the end of the file: an editor took the end of the line away.
    Open,
}

/// The open file. It ends behind a whole line at all times, except inside of a write.
#[derive(Debug)]
pub struct Manifest {
    file: File,
    durability: Durability,
    /// Whole lines that are not in the file yet.
    waiting: Vec<u8>,
    /// Bytes of the whole lines in the file.
    len: u64,
}

impl Manifest {
    /// Makes a new manifest in `folder`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When the file cannot be made. An earlier one is kept then.
    pub fn create(folder: &Folder, durability: Durability) -> io::Result<Self> {
        let file = folder.create(HIDDEN)?;
        folder.replace(HIDDEN, NAME)?;
        Ok(Self { file, durability, waiting: Vec::new(), len: 0 })
    }

    /// Opens the manifest in `folder` to add lines behind its first `len` bytes. The others, half a line, are removed.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    pub fn resume(
        folder: &Folder,
        durability: Durability,
        len: u64,
        last_line: LastLine,
    ) -> io::Result<Self> {
        let file = folder.append(NAME, len)?;
        let waiting = if last_line == LastLine::Open { vec![b'\n'] } else { Vec::new() };
        Ok(Self { file, durability, waiting, len })
    }

    /// Appends a line, and returns the number of its bytes. It is in the file after the next [`Manifest::flush`].
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn push(&mut self, line: &Line) -> io::Result<u64> {
        let before = self.waiting.len();
        self.waiting.extend_from_slice(output::json(line)?.as_bytes());
        self.waiting.push(b'\n');
        Ok((self.waiting.len() - before) as u64)
    }

    /// Writes the lines that wait, so that a reader who follows the file sees whole lines only.
    ///
    /// # Errors
    ///
    /// When they cannot be written, such as on a full disk. The file then ends behind its last whole line, and the lines
    /// are forgotten.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(&self.waiting).and_then(|()| self.durability.settle(&self.file));
        let len = self.waiting.len() as u64;
        self.waiting.clear();
        match written {
            Ok(()) => self.len += len,
            Err(_) => {
                let _ = self.file.set_len(self.len);
            }
        }
        written
    }

    /// Keeps only these bytes of the file, which are whole lines.
    ///
    /// # Errors
    ///
    /// When they cannot be written to a new file. The old one is kept then.
    pub fn keep(&mut self, folder: &Folder, kept: &[Range<u64>]) -> io::Result<()> {
        self.flush()?;
        let mut old = folder.read(NAME)?;
        let mut file = folder.create(HIDDEN)?;
        let mut copy = || {
            let mut len = 0;
            for range in kept {
                old.seek(SeekFrom::Start(range.start))?;
                len += io::copy(&mut Read::by_ref(&mut old).take(range.end - range.start), &mut file)?;
            }
            self.durability.settle(&file)?;
            folder.replace(HIDDEN, NAME)?;
            Ok(len)
        };
        self.len = copy().inspect_err(|_: &io::Error| {
            let _ = folder.remove(HIDDEN);
        })?;
        self.file = file;
        Ok(())
    }

    /// Writes the lines that wait, and closes the file.
    ///
    /// # Errors
    ///
    /// As [`Manifest::flush`], and those of the close.
    pub fn close(mut self) -> io::Result<()> {
        self.flush()?;
        self.durability.close(self.file)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn push(manifest: &mut Manifest, part: u64) -> u64 {
        manifest.push(&Line::skipped(part, 0, "too-large")).unwrap()
    }

    fn parts(text: &str) -> Vec<u64> {
        let part = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["part"].as_u64().unwrap();
        text.lines().map(part).collect()
    }

    #[test]
    fn lines_are_added_behind_the_last_whole_line_and_removed_at_the_front() {
        let dir = tempfile::tempdir().unwrap();
        let read = || fs::read_to_string(dir.path().join(NAME)).unwrap();
        let folder = Folder::open(dir.path(), Durability::Closed).unwrap();
        let mut manifest = Manifest::create(&folder, Durability::Synced).unwrap();
        let bytes = push(&mut manifest, 1) + push(&mut manifest, 2);
        push(&mut manifest, 3);
        manifest.close().unwrap();
        let len = read().len() as u64;
        fs::write(dir.path().join(NAME), read() + "{\"seq\":").unwrap();
        let mut manifest = Manifest::resume(&folder, Durability::Closed, len, LastLine::Ended).unwrap();
        push(&mut manifest, 4);
        manifest.flush().unwrap();
        let len = read().len() as u64;
        manifest.keep(&folder, std::slice::from_ref(&(bytes..len))).unwrap();
        assert_eq!(parts(&read()), [3, 4]);
        push(&mut manifest, 5);
        manifest.close().unwrap();
        assert_eq!(parts(&read()), [3, 4, 5]);
        let len = read().len() as u64 - 1;
        let mut manifest = Manifest::resume(&folder, Durability::Closed, len, LastLine::Open).unwrap();
        push(&mut manifest, 6);
        manifest.close().unwrap();
        assert_eq!(parts(&read()), [3, 4, 5, 6]);
        assert!(!dir.path().join(HIDDEN).exists());
    }

    #[test]
    fn a_manifest_that_is_emptied_meanwhile_goes_on_without_a_hole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        let folder = Folder::open(dir.path(), Durability::Closed).unwrap();
        let mut manifest = Manifest::create(&folder, Durability::Closed).unwrap();
        for part in 1..=3 {
            push(&mut manifest, part);
            manifest.flush().unwrap();
            if part == 2 {
                fs::write(&path, "").unwrap();
            }
        }
        manifest.close().unwrap();
        assert_eq!(parts(&fs::read_to_string(path).unwrap()), [3]);
    }
}
