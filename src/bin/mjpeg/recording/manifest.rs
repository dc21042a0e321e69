//! The manifest of a recording, and the files that it names. Reading them may wait for a mount that hangs.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::line::Line;
use crate::inside;
use crate::problem::Problem;

/// The name of the manifest.
pub const MANIFEST: &str = "manifest.jsonl";
/// The longest line that is read, in bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// The largest file that is read, in bytes: the limit of the parser for bodies.
const LARGEST_FILE: u64 = 64 << 20;

/// The lines of a manifest, in order.
#[derive(Debug)]
pub struct Manifest {
    directory: PathBuf,
    manifest: BufReader<File>,
    number: u64,
    /// The number of the last line, if it is cut.
    cut_line: Option<u64>,
}

impl Manifest {
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
        Ok(Self { directory: directory.into(), manifest: BufReader::new(file), number: 0, cut_line: None })
    }

    /// The next line; `None` behind the last whole one.
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
        let parsed = serde_json::from_slice::<Line>(&text);
        if parsed.is_err() && !text.ends_with(b"\n") && (text.len() as u64) < LONGEST_LINE {
            self.cut_line = Some(self.number + 1);
            return Ok(None);
        }
        let line = parsed.map_err(|error| anyhow!("{}: not a line of a manifest: {error}", place()))?;
        self.number += 1;
        Ok(Some(line))
    }

    /// The number of the last line, if the end of the file cuts it. A recorder that is killed leaves such a line.
    pub fn cut_line(&self) -> Option<u64> {
        self.cut_line
    }

    /// The contents of the file of a line; `None`: a recorder with `--keep` has removed it since the manifest was opened.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is too large, or is outside the directory.
    pub fn contents(&self, file: &str) -> io::Result<Option<Vec<u8>>> {
        let (file, len) = match inside::open(&self.directory, file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.is_replaced() => return Ok(None),
            opened => opened?,
        };
        if len > LARGEST_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 64 MiB"));
        }
        let mut contents = Vec::new();
        file.take(LARGEST_FILE).read_to_end(&mut contents)?;
        Ok(Some(contents))
    }

    /// Whether another file has the name of the manifest now.
    fn is_replaced(&self) -> bool {
        let of = |it: fs::Metadata| (it.dev(), it.ino());
        let now = fs::metadata(self.directory.join(MANIFEST)).map(of);
        let open = self.manifest.get_ref().metadata().map(of);
        now.ok().zip(open.ok()).is_some_and(|(now, open)| now != open)
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
        let mut recording = Manifest::open(folder.path()).unwrap();
        let line = recording.next_line().unwrap().unwrap();
        assert_eq!((line.part, line.offset, line.fields.len()), (1, 96, 0));
        let error = recording.next_line().unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        for file in ["", "../x", "/etc/passwd", "a/../../x"] {
            assert_eq!(recording.contents(file).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{file}");
        }
        assert_eq!(recording.contents("no.jpg").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(recording.contents("manifest.jsonl").is_ok());
        // As `record --keep` does it.
        fs::write(folder.path().join("new"), "").unwrap();
        fs::rename(folder.path().join("new"), folder.path().join(MANIFEST)).unwrap();
        assert_eq!(recording.contents("no.jpg").unwrap(), None);
    }

    #[test]
    fn a_line_without_its_end_is_no_line_and_no_error() {
        let folder = tempfile::tempdir().unwrap();
        for (end, cut) in
            [("", None), ("{\"part\":2,\"off", Some(2)), ("\0\0\0", Some(2)), ("\u{e4}", Some(2))]
        {
            fs::write(folder.path().join(MANIFEST), format!("{{\"part\":1,\"offset\":96}}\n{end}")).unwrap();
            let mut recording = Manifest::open(folder.path()).unwrap();
            assert!(recording.next_line().unwrap().is_some());
            assert!(recording.next_line().unwrap().is_none(), "{end}");
            assert_eq!(recording.cut_line(), cut, "{end}");
        }
        // Whole, and only its line end is missing.
        fs::write(folder.path().join(MANIFEST), "{\"part\":1,\"offset\":96}").unwrap();
        let mut recording = Manifest::open(folder.path()).unwrap();
        assert!(recording.next_line().unwrap().is_some() && recording.next_line().unwrap().is_none());
        assert_eq!(recording.cut_line(), None);
    }
}
