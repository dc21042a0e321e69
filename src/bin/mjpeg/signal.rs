//! SIGINT, SIGTERM and SIGHUP: the first asks a run to end, the second of its kind ends it at once.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/// Whether a signal has asked this run to end, and which one.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Installs the handlers. Call once, early in `main`.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub fn install() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let asked = Arc::new(AtomicBool::new(false));
            // Order matters: the second signal must find the flag that the first one set.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&asked))?;
            signal_hook::flag::register(signal, asked)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&stop.signal), signal as usize)?;
        }
        // A limit on the size of files is our side's failure, to be told like a full disk.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        Ok(stop)
    }

    /// The signal that asked for the end, if one has.
    pub fn signal(&self) -> Option<i32> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal as i32),
        }
    }

    /// A descriptor that becomes readable when one of the signals arrives, for loops that sleep in
    /// `poll`.
    ///
    /// # Errors
    ///
    /// When the socket pair cannot be made.
    pub fn waker(&self) -> io::Result<Waker> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        let mut waker = Waker { read: read.into(), actions: Vec::new() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            waker.actions.push(signal_hook::low_level::pipe::register(signal, write.try_clone()?)?);
        }
        Ok(waker)
    }
}

/// Becomes readable when a signal has asked for the end. Dropping it undoes what it took.
#[derive(Debug)]
pub struct Waker {
    read: OwnedFd,
    actions: Vec<SigId>,
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        for action in self.actions.drain(..) {
            signal_hook::low_level::unregister(action);
        }
    }
}
