//! The response as received, in a file, and beside it the times of its reads: `--raw FILE`.
//!
//! At each moment, also after kill -9 or on a full disk, the lines of the timing file concern bytes that are in the
//! file: the bytes of a read are written first, then its line.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;

use super::existing::Existing;
use super::hang::Operations;
use super::out_file::OutFile;
use crate::capture::{TimingWriter, timing_path};
use crate::clock::Clock;
use crate::durability::Durability;
use crate::problem::Problem;
use crate::transport::Tap;

/// The files. Clones share them: the stream writes to them, and the recorder decides when they replace earlier ones.
#[derive(Debug, Clone)]
pub struct RawFile {
    files: Rc<RefCell<Option<Files>>>,
    operations: Operations,
}

/// Whether the reads have times. Those of a file on a disk mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// They are written.
    Written,
    /// There are none.
    None,
}

#[derive(Debug)]
struct Files {
    bytes: OutFile,
    timing: Option<Timing>,
    /// The timing file of an earlier capture, until it is replaced.
    earlier_timing: Option<PathBuf>,
}

#[derive(Debug)]
struct Timing {
    file: OutFile,
    lines: TimingWriter,
    clock: Clock,
    /// A buffer that is used again.
    text: String,
}

impl RawFile {
    /// Creates the files. Earlier ones stay until [`RawFile::replace`].
    ///
    /// # Errors
    ///
    /// When they cannot be created.
    pub fn create(
        path: &Path,
        existing: Existing,
        times: Times,
        durability: Durability,
        clock: &Clock,
        operations: &Operations,
    ) -> Result<Self, Problem> {
        let timing_path = timing_path(path);
        let is_earlier = fs::symlink_metadata(&timing_path).is_ok();
        // A file and the times of another one must never be side by side.
        let is_replaced = existing == Existing::Overwrite && (is_earlier || path.exists());
        let create = |path: &Path| {
            if is_replaced {
                OutFile::create_hidden(path, durability)
            } else {
                OutFile::create(path, Existing::Refuse, durability)
            }
        };
        let bytes = create(path)?;
        let timing = match times {
            Times::None => None,
            Times::Written => match create(&timing_path) {
                Ok(file) => {
                    let (lines, text) = (TimingWriter::default(), String::new());
                    Some(Timing { file, lines, clock: clock.clone(), text })
                }
                Err(problem) => {
                    // A capture without its times would be in the way of the next try.
                    bytes.discard();
                    return Err(problem);
                }
            },
        };
        let earlier_timing = (is_replaced && is_earlier).then_some(timing_path);
        let files = Rc::new(RefCell::new(Some(Files { bytes, timing, earlier_timing })));
        Ok(Self { files, operations: operations.clone() })
    }

    /// A good frame is in hand: with the first one, earlier files are replaced. Under `--fsync` what came so far is
    /// written to the disk.
    ///
    /// # Errors
    ///
    /// When they cannot be replaced or written.
    pub fn replace(&self) -> Result<(), Problem> {
        self.operations.run(|| self.files.borrow_mut().as_mut().map_or(Ok(()), Files::replace))
    }

    /// Writes how the response ended.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn ended(&self, word: &str) -> Result<(), Problem> {
        let mut files = self.files.borrow_mut();
        let Some(timing) = files.as_mut().and_then(|files| files.timing.as_mut()) else { return Ok(()) };
        timing.text.clear();
        timing.lines.end(word, timing.clock.now(), &mut timing.text);
        self.operations.run(|| timing.file.write(timing.text.as_bytes()))
    }

    /// Closes the files.
    ///
    /// # Errors
    ///
    /// Those of the close.
    pub fn close(&self) -> Result<(), Problem> {
        let Some(files) = self.files.borrow_mut().take() else { return Ok(()) };
        self.operations.run(|| {
            let timing = files.timing.map_or(Ok(()), |timing| timing.file.close());
            files.bytes.close().and(timing)
        })
    }
}

impl Tap for RawFile {
    fn bytes(&mut self, bytes: &[u8], at: Duration) -> Result<(), Problem> {
        let mut files = self.files.borrow_mut();
        let Some(files) = files.as_mut() else { return Ok(()) };
        self.operations.run(|| {
            files.bytes.write_unsettled(bytes)?;
            files.timing.as_mut().map_or(Ok(()), |timing| timing.read(files.bytes.len(), at))
        })
    }
}

impl Files {
    /// Between two steps a kill leaves either capture without its times, never with those of the other one.
    fn replace(&mut self) -> Result<(), Problem> {
        if let Some(earlier) = self.earlier_timing.take() {
            match fs::remove_file(&earlier) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot replace {}", earlier.display()))?;
                }
                _ => {}
            }
        }
        self.bytes.settle()?;
        self.bytes.replace()?;
        let Some(timing) = &mut self.timing else { return Ok(()) };
        timing.file.settle()?;
        timing.file.replace()
    }
}

impl Timing {
    fn read(&mut self, end: u64, at: Duration) -> Result<(), Problem> {
        let clock = &self.clock;
        self.text.clear();
        self.lines.read(
            end,
            at,
            |at| clock.unix().saturating_sub(clock.now().saturating_sub(at)),
            &mut self.text,
        );
        self.file.write_unsettled(self.text.as_bytes())
    }
}
