//! Frames on standard output, whose reader may be slow, stuck or gone.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use anyhow::anyhow;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::SendFlags;

use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::value::in_words;

/// A pipe that polls as writable takes this many bytes at once (PIPE_BUF of Linux).
const PIPE_BYTES: usize = 4096;
/// How long the rest of a frame may take after the time was up or a signal came.
const GRACE: Duration = Duration::from_millis(500);

/// Standard output as a place for frames.
pub struct FrameOutput {
    stdout: Stdout,
    kind: Kind,
    clock: Clock,
    stop: Stop,
    /// When the time is up, by the clock.
    deadline: Option<Duration>,
    /// The longest time in which no byte is taken.
    patience: Duration,
    /// When the last frame must be with the reader: set once, when the time is up or a signal is first seen.
    end: Option<Duration>,
    /// Whether the reader has the beginning of a frame only.
    is_cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    Socket,
    /// A file or a device. Its writes do not wait for a reader.
    Other,
}

/// Where a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// To the reader.
    Whole,
    /// Nowhere: the reader has closed its end.
    ReaderGone,
    /// Nowhere: the time was up, or a signal came, before the reader took the first byte.
    Late,
}

impl FrameOutput {
    /// Whether it is a file: a write may hang.
    pub fn is_file(&self) -> bool {
        self.kind == Kind::Other
    }

    /// Standard output, which must not be waited for after `deadline`, after a signal, or when its reader takes nothing
    /// for `patience`.
    pub fn new(clock: &Clock, stop: &Stop, deadline: Option<Duration>, patience: Duration) -> Self {
        let stdout = io::stdout();
        let file_type = stdout
            .as_fd()
            .try_clone_to_owned()
            .and_then(|fd| File::from(fd).metadata())
            .map(|metadata| metadata.file_type());
        let kind = match file_type {
            Ok(it) if it.is_fifo() => Kind::Pipe,
            Ok(it) if it.is_socket() => Kind::Socket,
            _ => Kind::Other,
        };
        let (clock, stop) = (clock.clone(), stop.clone());
        Self { stdout, kind, clock, stop, deadline, patience, end: None, is_cut: false }
    }

    /// Whether standard output is a terminal, which takes no pictures.
    pub fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Whether the output ends inside a frame.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Writes a frame. The time or a signal that ends the run leaves one frame a little time, all pieces of it together, and
    /// no other frame begins behind it.
    ///
    /// # Errors
    ///
    /// When it cannot be written, when its reader takes nothing, or when it is cut because the run must end.
    pub fn write(&mut self, jpeg: &[u8]) -> Result<Taken, Problem> {
        let mut left = jpeg;
        while !left.is_empty() {
            match self.wait(left.len() == jpeg.len())? {
                Wait::Ready => {}
                Wait::Over if left.len() == jpeg.len() => return Ok(Taken::Late),
                Wait::Over => {
                    let cause = anyhow!("the reader of standard output did not take the last frame in time");
                    return Err(Problem::new(cause).hint("the output ends inside a frame"));
                }
            }
            match self.write_some(left) {
                Ok(n) => {
                    left = &left[n..];
                    self.is_cut = !left.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Taken::ReaderGone),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    return Err(anyhow::Error::new(error).context("cannot write to standard output").into());
                }
            }
        }
        Ok(Taken::Whole)
    }

    /// Writes at least a byte without waiting for the reader.
    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = match self.kind {
            Kind::Pipe => rustix::io::write(&self.stdout, &bytes[..bytes.len().min(PIPE_BYTES)])?,
            // SIGPIPE is ignored, as in all programs in Rust.
            Kind::Socket => rustix::net::send(&self.stdout, bytes, SendFlags::DONTWAIT)?,
            Kind::Other => {
                let mut out = self.stdout.lock();
                out.write_all(bytes).and_then(|()| out.flush()).map(|()| bytes.len())?
            }
        };
        Ok(n)
    }

    /// Waits until the reader takes bytes. A frame that has not begun is not waited for once the run must end.
    fn wait(&mut self, is_start: bool) -> Result<Wait, Problem> {
        if self.kind == Kind::Other {
            return Ok(Wait::Ready);
        }
        if is_start && self.end.is_some() {
            return Ok(Wait::Over);
        }
        let impatient = self.clock.now().saturating_add(self.patience);
        loop {
            let now = self.clock.now();
            let is_stopped = self.stop.signal().is_some();
            if self.end.is_none() && (is_stopped || self.deadline.is_some_and(|deadline| deadline <= now)) {
                self.end = Some(now + GRACE);
            }
            let limit = match (self.end, self.deadline) {
                (Some(_), _) if is_start => now,
                (Some(end), _) => end,
                (None, Some(deadline)) => deadline.min(impatient),
                (None, None) => impatient,
            };
            let mut fds = vec![PollFd::new(&self.stdout, PollFlags::OUT)];
            if let Some(fd) = self.stop.fd().filter(|_| !is_stopped) {
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
            }
            let left = limit.saturating_sub(now);
            let timeout = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            match poll(&mut fds, Some(&timeout)) {
                // Errors and hang-ups count as ready: the write says what they are.
                Ok(1..) if !fds[0].revents().is_empty() => return Ok(Wait::Ready),
                Ok(0) if self.end.is_some_and(|end| is_start || end <= self.clock.now()) => {
                    return Ok(Wait::Over);
                }
                Ok(0) if self.end.is_none() && limit == impatient => {
                    let patience = in_words(self.patience);
                    return Err(
                        anyhow!("the reader of standard output took no byte within {patience}").into()
                    );
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    let error = anyhow::Error::new(io::Error::from(error));
                    return Err(error.context("cannot write to standard output").into());
                }
            }
        }
    }
}

enum Wait {
    Ready,
    Over,
}
