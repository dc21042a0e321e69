//! One capture on the disk: the bytes of a response, and beside them the times of their reads.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::names::CaptureNames;
use crate::capture::{TimingWriter, timing_path};
use crate::clock::Clock;
use crate::durability::Durability;

/// How often another process may take the number that was free.
const MOST_TRIES: usize = 100;

/// The files of a capture. The bytes of reads are written before their lines, so every line concerns bytes that are in
/// the file.
#[derive(Debug)]
pub struct CaptureFile {
    /// The path of the bytes.
    pub path: PathBuf,
    bytes: File,
    timing: File,
    lines: TimingWriter,
    /// Lines whose bytes are written.
    text: String,
    /// Bytes that are written.
    pub len: u64,
    /// Bytes whose lines are written.
    whole: u64,
    first: Option<Duration>,
    last: Duration,
    durability: Durability,
    clock: Clock,
}

impl CaptureFile {
    /// Creates the files with the next free number. Nothing is overwritten.
    ///
    /// # Errors
    ///
    /// When they cannot be created.
    pub fn create(names: &CaptureNames, durability: Durability, clock: &Clock) -> anyhow::Result<Self> {
        let first = names.path(1);
        let mut number = names.next().with_context(|| format!("cannot create {}", first.display()))?;
        let mut tries = 0;
        let (path, bytes, timing) = loop {
            let path = names.path(number);
            match create(&path) {
                Ok((bytes, timing)) => break (path, bytes, timing),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < MOST_TRIES => {
                    number = number.saturating_add(1);
                    tries += 1;
                }
                Err(error) => return Err(error).with_context(|| format!("cannot create {}", path.display())),
            }
        };
        Ok(Self {
            path,
            bytes,
            timing,
            lines: TimingWriter::default(),
            text: String::new(),
            len: 0,
            whole: 0,
            first: None,
            last: Duration::ZERO,
            durability,
            clock: clock.clone(),
        })
    }

    /// Writes bytes that came at `at` of the clock. Their line is written by the next [`CaptureFile::flush`].
    ///
    /// # Errors
    ///
    /// When they cannot be written. The files then end behind the last whole read.
    pub fn write(&mut self, bytes: &[u8], at: Duration) -> anyhow::Result<()> {
        if let Err(error) = self.bytes.write_all(bytes) {
            // On a full disk the lines need the room of the bytes that have none.
            let _ = self.bytes.set_len(self.len);
            let _ = self.flush();
            return Err(self.cut_back(error));
        }
        self.len += bytes.len() as u64;
        let is_first = self.first.is_none();
        self.first.get_or_insert(at);
        self.last = self.last.max(at);
        let clock = &self.clock;
        let wall = |at: Duration| clock.unix().saturating_sub(clock.now().saturating_sub(at));
        self.lines.read(self.len, at, wall, &mut self.text);
        // Without its first lines the file of the times is none, also after kill -9.
        if is_first { self.flush() } else { Ok(()) }
    }

    /// Writes the lines that wait.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        if let Err(error) = self.timing.write_all(self.text.as_bytes()) {
            // The reader takes bytes without a line as those of the last one.
            return Err(error).with_context(|| format!("cannot write {}", timing_path(&self.path).display()));
        }
        self.text.clear();
        self.whole = self.len;
        Ok(())
    }

    /// When the first bytes came, and the last ones.
    pub fn time(&self) -> (Duration, Duration) {
        (self.first.unwrap_or_default(), self.last)
    }

    /// Writes how the response ended, and closes the files.
    ///
    /// # Errors
    ///
    /// When that cannot be written, or those of the close.
    pub fn close(mut self, word: &str, at: Duration) -> anyhow::Result<()> {
        self.lines.end(word, at, &mut self.text);
        let flushed = self.flush();
        let closed = [(self.path.clone(), self.bytes), (timing_path(&self.path), self.timing)]
            .map(|(path, file)| {
                self.durability.close(file).with_context(|| format!("cannot write {}", path.display()))
            })
            .into_iter()
            .collect::<anyhow::Result<()>>();
        flushed.and(closed)
    }

    fn cut_back(&self, error: io::Error) -> anyhow::Error {
        let _ = self.bytes.set_len(self.whole);
        if self.whole == 0 {
            let _ = fs::remove_file(timing_path(&self.path));
            let _ = fs::remove_file(&self.path);
        }
        anyhow::Error::new(error).context(format!("cannot write {}", self.path.display()))
    }
}

/// Both files, or none.
fn create(path: &Path) -> io::Result<(File, File)> {
    let bytes = File::create_new(path)?;
    match File::create_new(timing_path(path)) {
        Ok(timing) => Ok((bytes, timing)),
        Err(error) => {
            let _ = fs::remove_file(path);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_taken_is_never_overwritten_and_leaves_no_half_pair() {
        let folder = tempfile::tempdir().unwrap();
        let names = CaptureNames::new(&folder.path().join("x.http"));
        let taken = names.path(1);
        fs::write(&taken, "precious").unwrap();
        let create = || CaptureFile::create(&names, Durability::Closed, &Clock::simulated()).unwrap();
        let mut file = create();
        assert_eq!(file.path, names.path(2));
        file.write(b"HEAD", Duration::from_secs(5)).unwrap();
        assert!(fs::read_to_string(timing_path(&file.path)).unwrap().ends_with("\n4 0.000000\n"));
        file.write(b"body", Duration::from_secs(7)).unwrap();
        assert_eq!((file.len, file.time()), (8, (Duration::from_secs(5), Duration::from_secs(7))));
        file.close("reset", Duration::from_secs(8)).unwrap();
        assert_eq!(fs::read(names.path(2)).unwrap(), b"HEADbody");
        let timing = fs::read_to_string(timing_path(&names.path(2))).unwrap();
        assert!(timing.ends_with("\n4 0.000000\n8 2.000000\n# end reset 3.000000\n"), "{timing}");
        assert_eq!(fs::read(&taken).unwrap(), b"precious");
        // Another process has created the times of the next number meanwhile.
        let next = super::create(&names.path(2)).unwrap_err();
        assert_eq!(next.kind(), io::ErrorKind::AlreadyExists);
        fs::write(timing_path(&names.path(7)), "").unwrap();
        assert!(super::create(&names.path(7)).is_err() && !names.path(7).exists());
        assert_eq!(create().path, names.path(8));
    }
}
