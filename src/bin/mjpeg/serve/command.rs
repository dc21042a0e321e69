//! A command that runs beside the server: it gets the URL of the stream, and the server ends with it.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::urls::Urls;
use crate::clock::Clock;
use crate::exit::Outcome;
use crate::signal::{Arrivals, Stop};
use crate::threads;

/// How long a command may run after a signal was passed on to it, before it is killed.
const END_TIME: Duration = Duration::from_secs(5);
/// How long to wait for the origin of a signal. If it arrived before the command was started, its origin is not known.
const ORIGIN_TIME: Duration = Duration::from_millis(50);

/// Why a command could not be started.
#[derive(Debug)]
pub struct StartError {
    /// The command.
    pub name: String,
    /// The reason.
    pub error: io::Error,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start `{}`: {}", self.name, self.error)
    }
}

impl StartError {
    /// The outcome of the run, as of a shell, env(1) and timeout(1): 127 if the command does not exist, else 126.
    pub fn outcome(&self) -> Outcome {
        Outcome::Foreign(if self.error.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
    }
}

/// A running command. It is killed when dropped.
#[derive(Debug)]
pub struct Command {
    child: Child,
    pid: Pid,
    /// Closed by a thread when the command has ended.
    ended: UnixStream,
    stop: Stop,
    arrivals: Arrivals,
    /// Since when the origin of a first signal is missing.
    unknown_since: Option<Duration>,
    /// When it was asked to end, by us or by the terminal.
    asked_at: Option<Duration>,
    killed: bool,
    /// Its exit code, or 128 and the number of the signal that ended it.
    status: Option<u8>,
}

impl Command {
    /// Starts a command, which inherits standard output and standard error. It has the URLs in its environment.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: &[OsString], stdin: Stdio, urls: &Urls, stop: &Stop) -> Result<Self, StartError> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(StartError { name: String::new(), error: io::ErrorKind::NotFound.into() });
        };
        let mut process = std::process::Command::new(program);
        process
            .args(arguments)
            .stdin(stdin)
            .env("MJPEG_URL", urls.url("/stream"))
            .env("MJPEG_SNAPSHOT_URL", urls.url("/snapshot"))
            .env_remove("MJPEG_UNIX_SOCKET")
            // These sockets are ours: sd_listen_fds(3).
            .env_remove("LISTEN_FDS")
            .env_remove("LISTEN_PID")
            .env_remove("LISTEN_FDNAMES");
        if let Some(path) = urls.socket() {
            process.env("MJPEG_UNIX_SOCKET", path);
        }
        let failed = |error| StartError { name: program.to_string_lossy().into_owned(), error };
        let arrivals = stop.guard_children().map_err(failed)?;
        let (ended, end) = UnixStream::pair().map_err(failed)?;
        let mut child = process.spawn().map_err(failed)?;
        // Process ids are positive and fit.
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else {
            let _ = child.kill();
            return Err(failed(io::Error::other("it has no process id")));
        };
        let command = Self {
            child,
            pid,
            ended,
            stop: stop.clone(),
            arrivals,
            unknown_since: None,
            asked_at: None,
            killed: false,
            status: None,
        };
        let wait = move || {
            // NOWAIT leaves the process to `tick`, so its id stays valid until then.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
            drop(end);
        };
        // If this fails, dropping the command kills it.
        threads::start("command", 64 * 1024, wait).map_err(failed)?;
        Ok(command)
    }

    /// Readable when [`Command::tick`] has work: when the command has ended, and when a signal has arrived.
    pub fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.ended.as_fd(), self.arrivals.fd()]
    }

    /// When [`Command::tick`] must be called at the latest.
    pub fn due(&self) -> Option<Duration> {
        match (self.status, self.asked_at) {
            (None, Some(at)) if !self.killed => Some(at + END_TIME),
            (None, None) => self.unknown_since.map(|since| since + ORIGIN_TIME),
            _ => None,
        }
    }

    /// Passes signals on, and kills the command if it does not end in time or a signal is repeated. Returns whether the
    /// command has ended. Never blocks.
    pub fn tick(&mut self, now: Duration) -> bool {
        if self.status.is_none() {
            self.status = match self.child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) => {
                    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
                    Some(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
                }
                // Its status is lost.
                Err(_) => Some(u8::MAX),
            };
        }
        if self.status.is_some() {
            return true;
        }
        let mut is_repeated = false;
        for arrival in self.arrivals.take() {
            if arrival.is_ending() && self.asked_at.is_some() {
                is_repeated = true;
                continue;
            }
            if arrival.is_ending() {
                self.asked_at = Some(now);
            }
            // What a terminal sends, the command has too: it is in the same process group. Many programs end at once,
            // without cleaning up, when they get it twice.
            if !arrival.is_of_terminal {
                send(self.pid, arrival.signal);
            }
        }
        match (self.asked_at, self.stop.signal()) {
            (Some(at), _) if !self.killed && (is_repeated || now >= at + END_TIME) => {
                // An error means that it has just ended.
                let _ = self.child.kill();
                self.killed = true;
            }
            (None, Some(signal)) => {
                let since = *self.unknown_since.get_or_insert(now);
                if now >= since + ORIGIN_TIME {
                    self.ask(signal, now);
                }
            }
            _ => {}
        }
        false
    }

    /// Asks the command to end, with this signal.
    fn ask(&mut self, signal: i32, now: Duration) {
        self.asked_at = Some(now);
        send(self.pid, signal);
    }

    /// Asks the command to end because it has nothing left to do.
    pub fn end(&mut self, now: Duration) {
        if !self.tick(now) && self.asked_at.is_none() {
            self.ask(Signal::TERM.as_raw(), now);
        }
    }

    /// Waits until the command has ended. Returns its status.
    pub fn wait(mut self, clock: &Clock) -> Outcome {
        while !self.tick(clock.now()) {
            let mut files: Vec<_> =
                self.fds().into_iter().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
            // A signal from before the command was started. The descriptor stays readable.
            let signal = self.stop.fd().filter(|_| self.asked_at.is_none() && self.unknown_since.is_none());
            files.extend(signal.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            let left = self.due().map(|due| due.saturating_sub(clock.now()));
            let timeout = left.and_then(|left| left.try_into().ok());
            let _ = poll(&mut files, timeout.as_ref());
        }
        Outcome::Foreign(self.status.unwrap_or(u8::MAX))
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        if self.status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn send(pid: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        // An error means that it has just ended.
        let _ = kill_process(pid, signal);
    }
}
