//! SIGINT, SIGTERM and SIGHUP. The first one ends a run in an orderly way; the same signal again kills it, unless it comes at the
//! same time: `timeout` sends each signal twice, to its child and to the group of both.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use crate::threads;

/// The signals that end a run.
const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];
/// Two of the same signal within this time are one.
const ONE_SIGNAL: Duration = Duration::from_millis(100);
/// The signals that mean something to a child process only. Without a child process they end this one, as by default;
/// SIGUSR1 does not after [`on_user_signal`].
const OTHERS: [i32; 3] = [SIGQUIT, SIGUSR1, SIGUSR2];

/// Whether a signal has arrived that ends this run, and which one. Clones share it and its one descriptor.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicUsize>,
    readable: Option<Arc<OwnedFd>>,
    /// Whether the same signal again does not kill.
    is_guarded: Arc<AtomicBool>,
    /// All handlers of SIGHUP.
    hangup: Arc<[SigId]>,
}

/// Makes the same signal kill if it comes again later.
struct Arming {
    /// Whether a signal has come, and whether the next one kills.
    signals: Vec<(Arc<AtomicBool>, Arc<AtomicBool>)>,
    readable: UnixStream,
}

impl Arming {
    /// In a thread, so that a second signal also ends a run that hangs.
    fn spawn(self, is_guarded: Arc<AtomicBool>) -> io::Result<()> {
        let Self { signals, mut readable } = self;
        let run = move || {
            while matches!(io::Read::read(&mut readable, &mut [0; 64]), Ok(1..)) {
                thread::sleep(ONE_SIGNAL);
                let is_guarded = is_guarded.load(Ordering::SeqCst);
                for (came, kills) in signals.iter().filter(|_| !is_guarded) {
                    kills.store(came.load(Ordering::SeqCst), Ordering::SeqCst);
                }
            }
        };
        threads::start("signals", 64 * 1024, run).map(drop)
    }
}

/// The SIGHUPs that have come, for programs that read their lists again.
#[derive(Debug)]
pub struct Hangups {
    came: Arc<AtomicBool>,
    readable: UnixStream,
}

impl Hangups {
    /// Whether one has come since the last call.
    pub fn take(&mut self) -> bool {
        // First the bytes, then the flag: one that comes between them is seen by the next call.
        while matches!(io::Read::read(&mut self.readable, &mut [0; 64]), Ok(1..)) {}
        self.came.swap(false, Ordering::SeqCst)
    }

    /// A descriptor that is readable while [`Hangups::take`] has something.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

/// The signals that arrive while a child process runs, with their origins.
#[derive(Debug)]
pub struct Arrivals(SignalDelivery<UnixStream, WithOrigin>);

/// A signal that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number.
    pub signal: i32,
    /// Whether a terminal sent it, for example because of Ctrl-C: then the child processes have it too.
    pub is_of_terminal: bool,
}

impl Arrival {
    /// Whether it ends a run. The others concern only the child process.
    pub fn is_ending(self) -> bool {
        ENDING.contains(&self.signal)
    }
}

impl Arrivals {
    /// A descriptor that is readable while signals wait for [`Arrivals::take`].
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }

    /// The signals since the last call, in the order of their arrival. It does not wait.
    pub fn take(&mut self) -> impl Iterator<Item = Arrival> {
        self.0
            .pending()
            .map(|origin| Arrival { signal: origin.signal, is_of_terminal: origin.cause == Cause::Kernel })
    }
}

/// Calls `wanted` in a thread at each SIGUSR1, which no longer ends the process.
///
/// # Errors
///
/// When the system refuses a handler or a thread.
pub fn on_user_signal(wanted: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGUSR1])?;
    threads::start("SIGUSR1", 128 * 1024, move || signals.forever().for_each(|_| wanted()))?;
    Ok(())
}

impl Stop {
    /// Installs the handlers. Call once, early in `main`. A `Stop::default()` never sees one.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler or a descriptor.
    pub fn install() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        write.set_nonblocking(true)?;
        let mut stop = Self {
            signal: Arc::default(),
            readable: Some(Arc::new(read.into())),
            is_guarded: Arc::default(),
            hangup: Arc::default(),
        };
        // The library loses a signal that comes between two of its steps, so they wait until all handlers are there.
        let ending: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
        let before = ending.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let installed = stop.install_handlers(&write);
        before.thread_set_mask()?;
        installed?.spawn(Arc::clone(&stop.is_guarded))?;
        // A limit on the size of files is our side's failure and is reported like a full disk.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        Ok(stop)
    }

    fn install_handlers(&mut self, write: &UnixStream) -> io::Result<Arming> {
        let (read, arm) = UnixStream::pair()?;
        arm.set_nonblocking(true)?;
        let mut arming = Arming { signals: Vec::new(), readable: read };
        for signal in ENDING {
            let [came, kills] = [false; 2].map(|flag| Arc::new(AtomicBool::new(flag)));
            // Order matters: a thread that a descriptor wakes must find the flags set.
            let ids = [
                signal_hook::flag::register_conditional_default(signal, Arc::clone(&kills))?,
                signal_hook::flag::register(signal, Arc::clone(&came))?,
                signal_hook::flag::register_usize(signal, Arc::clone(&self.signal), signal as usize)?,
                signal_hook::low_level::pipe::register(signal, write.try_clone()?)?,
                signal_hook::low_level::pipe::register(signal, arm.try_clone()?)?,
            ];
            arming.signals.push((came, kills));
            if signal == SIGHUP {
                self.hangup = ids.into();
            }
        }
        Ok(arming)
    }

    /// Prepares for child processes: the same signal again and SIGQUIT, SIGUSR1 and SIGUSR2 no longer kill this
    /// process, which must end its children first, and the status of a child is kept even if our parent ignored SIGCHLD.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub fn guard_children(&self) -> io::Result<Arrivals> {
        let (read, write) = UnixStream::pair()?;
        let signals = ENDING.into_iter().chain(OTHERS);
        let arrivals = SignalDelivery::with_pipe(read, write, WithOrigin::default(), signals)?;
        signal_hook::flag::register(SIGCHLD, Arc::new(AtomicBool::new(false)))?;
        self.is_guarded.store(true, Ordering::SeqCst);
        Ok(Arrivals(arrivals))
    }

    /// From now on, SIGHUP does not end the run.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler or a descriptor.
    pub fn keep_hangups(&self) -> io::Result<Hangups> {
        let (readable, write) = UnixStream::pair()?;
        readable.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        let came = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGHUP, Arc::clone(&came))?;
        signal_hook::low_level::pipe::register(SIGHUP, write)?;
        for id in self.hangup.iter() {
            signal_hook::low_level::unregister(*id);
        }
        Ok(Hangups { came, readable })
    }

    /// The signal that ended the run, if there was one.
    pub fn signal(&self) -> Option<i32> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal as i32),
        }
    }

    /// A descriptor that is readable from the first signal on, for loops that sleep in `poll`. Do not
    /// read from it: all loops share it.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.readable.as_ref().map(|fd| fd.as_fd())
    }
}
