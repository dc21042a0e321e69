//! What the socket knows and an HTTP client forgets: when bytes came, and how they ended.
//!
//! An HTTP client maps a reset to a clean end of a close-delimited body and has no notion of a stall.
//! So the sockets are ours, and they leave word here.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mjpeg::http::Head;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock::Clock;
use crate::signal::{Stop, Waker};

/// How the bytes of a connection, a pipe or a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireEnd {
    /// The peer closed in an orderly way, or the file ended.
    Closed,
    /// The connection was torn down: the system's word for it.
    Reset(String),
    /// Nothing came until the deadline.
    Expired,
    /// A signal asked this run to end.
    Stopped,
}

/// What one connection shares between the socket below the HTTP client and the reader above it.
#[derive(Debug)]
pub struct Wire {
    clock: Clock,
    stop: Stop,
    stop_fd: Waker,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    deadline: Option<Duration>,
    last_read: Duration,
    end: Option<WireEnd>,
    head: Option<Head>,
}

impl Wire {
    /// A wire on which nothing has happened yet.
    ///
    /// # Errors
    ///
    /// When the descriptor that wakes it on a signal cannot be made.
    pub fn new(clock: &Clock, stop: &Stop) -> io::Result<Arc<Self>> {
        let (clock, stop_fd) = (clock.clone(), stop.waker()?);
        Ok(Arc::new(Self { clock, stop: stop.clone(), stop_fd, state: Mutex::default() }))
    }

    /// Sets the time (of the clock) at which waiting for a byte ends.
    pub fn set_deadline(&self, deadline: Option<Duration>) {
        self.state().deadline = deadline;
    }

    /// When the last bytes came.
    pub fn last_read(&self) -> Duration {
        self.state().last_read
    }

    /// The signal that asked for the end, if one has.
    pub fn signal(&self) -> Option<i32> {
        self.stop.signal()
    }

    /// How the bytes ended, once they have.
    pub fn end(&self) -> Option<WireEnd> {
        self.state().end.clone()
    }

    /// Takes the response head that was read.
    pub fn take_head(&self) -> Option<Head> {
        self.state().head.take()
    }

    /// Leaves the response head for the reader.
    pub fn set_head(&self, head: Head) {
        self.state().head = Some(head);
    }

    /// Waits until `source` has bytes, then reads. Zero bytes mean the end, which [`Wire::end`] names.
    pub fn read<S: AsFd>(
        &self,
        source: &S,
        mut read: impl FnMut() -> io::Result<usize>,
    ) -> Result<usize, WireEnd> {
        match self.try_read(source, &mut read) {
            Ok(0) => Err(self.ended(WireEnd::Closed)),
            Ok(n) => {
                self.state().last_read = self.clock.now();
                Ok(n)
            }
            Err(end) => Err(self.ended(end)),
        }
    }

    /// Says that the bytes ended like this. The first word counts.
    pub fn ended(&self, end: WireEnd) -> WireEnd {
        self.state().end.get_or_insert(end).clone()
    }

    fn try_read<S: AsFd>(
        &self,
        source: &S,
        read: &mut impl FnMut() -> io::Result<usize>,
    ) -> Result<usize, WireEnd> {
        loop {
            self.wait(source, PollFlags::IN)?;
            match read() {
                Ok(n) => return Ok(n),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(error) => return Err(WireEnd::Reset(error.to_string())),
            }
        }
    }

    /// Waits until one of `events` is there, the deadline has come, or a signal asks for the end.
    ///
    /// # Errors
    ///
    /// Why there is nothing to wait for any more.
    pub fn wait<S: AsFd>(&self, source: &S, events: PollFlags) -> Result<(), WireEnd> {
        loop {
            if self.stop.signal().is_some() {
                return Err(WireEnd::Stopped);
            }
            let left = self.state().deadline.map(|deadline| deadline.saturating_sub(self.clock.now()));
            let mut fds = [PollFd::new(source, events), PollFd::new(&self.stop_fd, PollFlags::IN)];
            let timeout = left.map(|left| Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            match poll(&mut fds, timeout.as_ref()) {
                Ok(0) => return Err(WireEnd::Expired),
                // Errors and hang-ups count as readable: the read says what they are.
                Ok(_) if !fds[0].revents().is_empty() => return Ok(()),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(WireEnd::Reset(io::Error::from(error).to_string())),
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if it did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
