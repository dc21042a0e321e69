//! Files and standard input: whole responses, bare multipart bodies, concatenated JPEGs.
//!
//! Any operation on a file may hang, on a network file system whose server is gone, so threads make them: a signal, `--duration`
//! and `--idle` end the wait, and the thread is left behind.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Stdin};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use super::pumped::Pumped;
use super::scheme;
use super::wire::Wire;
use super::wired_reader::Descriptor;
use crate::channel::{RecvTimeoutError, channel};
use crate::clock::Clock;
use crate::problem::Problem;
use crate::redacted::shown_path;
use crate::threads;

/// How often to look for a signal while a file does not open.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// An open file, or standard input.
pub enum Local {
    /// A producer may let its bytes wait. The system reports when there are some: a pipe, a socket, a terminal.
    Pipe(File),
    /// Only as slow as this machine, or hanging: a file on a disk.
    Disk(Pumped),
}

impl Local {
    /// Opens a file to read a stream from, until `deadline` of the clock at the latest.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, is a directory, or does not answer.
    pub fn open(path: &Path, wire: &Wire, clock: &Clock, deadline: Duration) -> Result<Self, Problem> {
        let typed = path.to_path_buf();
        // Opening a FIFO that has no writer would block. The wire waits for its bytes, and may give up.
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let open = move || OpenOptions::new().read(true).custom_flags(nonblocking).open(typed);
        let local = in_thread(open, wire, clock, deadline).map_err(|error| cannot_open(path, error))?;
        match local {
            Some(local) => Ok(local),
            None => Err(anyhow!("{} is a directory; name a file in it, or a URL", path.display()).into()),
        }
    }

    /// Standard input.
    ///
    /// # Errors
    ///
    /// When it is closed, is a directory, or does not answer.
    pub fn stdin(stdin: &Stdin, wire: &Wire, clock: &Clock, deadline: Duration) -> Result<Self, Problem> {
        // Not through the standard library's buffer: bytes in it would not show in a poll.
        let file = stdin.as_fd().try_clone_to_owned().map(File::from);
        let local = in_thread(move || file, wire, clock, deadline)
            .map_err(|error| anyhow::Error::new(error).context("cannot open standard input"))?;
        local.ok_or_else(|| anyhow!("standard input is a directory").into())
    }

    /// What an open file is; `None`: a directory.
    fn of(file: File) -> io::Result<Option<Self>> {
        let kind = file.metadata()?.file_type();
        Ok(match kind {
            _ if kind.is_dir() => None,
            _ if kind.is_file() || kind.is_block_device() => Some(Self::Disk(Pumped::new(file)?)),
            _ => Some(Self::Pipe(file)),
        })
    }
}

/// Opens a file in a thread.
fn in_thread(
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
    wire: &Wire,
    clock: &Clock,
    deadline: Duration,
) -> io::Result<Option<Local>> {
    let (answer, answers) = channel();
    threads::start("open file", 64 * 1024, move || {
        // The receiver is gone if the file opens too late.
        let _ = answer.send(open().and_then(Local::of));
    })?;
    let started = clock.now();
    loop {
        let left = deadline.saturating_sub(clock.now());
        match answers.recv_timeout(left.min(STOP_CHECK_INTERVAL)) {
            Ok(opened) => return opened,
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("its thread ended")),
            Err(RecvTimeoutError::Timeout) if wire.signal().is_some() => {
                return Err(io::Error::other("interrupted by a signal"));
            }
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                let waited = deadline.saturating_sub(started).as_secs_f64();
                let why = format!("it did not answer within {waited:.1} s; a mount that hangs?");
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The problem of a file that does not open, which may be meant as a URL.
fn cannot_open(path: &Path, error: io::Error) -> Problem {
    let shown = shown_path(path);
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let problem = Problem::new(anyhow::Error::new(error).context(format!("cannot open {shown}")));
    match scheme::hint(path).filter(|_| is_missing) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

impl Descriptor for File {
    // A FIFO without a writer reads as if it had ended.
    fn is_nonblocking(&self) -> bool {
        false
    }

    fn read_some(&self, room: &mut [u8], _: &Wire) -> io::Result<usize> {
        (&mut &*self).read(room)
    }
}
