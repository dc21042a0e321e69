//! A timer that wakes the event loop when a frame is due.

use std::io;
use std::time::Duration;

use mio::Registry;
#[cfg(target_os = "linux")]
use {
    mio::{Interest, Token, unix::SourceFd},
    rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
    std::os::fd::{AsRawFd, OwnedFd},
};

/// Wakes a poll at a given time. It is more precise than the timeout of the poll, which counts milliseconds.
#[derive(Debug)]
pub struct Timer {
    #[cfg(target_os = "linux")]
    file: OwnedFd,
    set: Option<Duration>,
}

impl Timer {
    /// Creates a timer that is not set and registers it as `token`.
    ///
    /// # Errors
    ///
    /// When the system cannot create or register it.
    #[cfg(target_os = "linux")]
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let file = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&file.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { file, set: None })
    }

    /// Sets the timer to `due`, or disarms it. Returns a timeout for the poll if the timer cannot be used.
    ///
    /// The event is edge-triggered and setting the timer clears it, so the descriptor is never read.
    #[cfg(target_os = "linux")]
    pub fn set(&mut self, due: Option<Duration>, now: Duration) -> Option<Duration> {
        if self.set == due {
            return None;
        }
        let left = due.map_or(Duration::ZERO, |due| due.saturating_sub(now).max(Duration::from_nanos(1)));
        let spec = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) },
        };
        match timerfd_settime(&self.file, TimerfdTimerFlags::empty(), &spec) {
            Ok(_) => {
                self.set = due;
                None
            }
            // Not expected; the timeout of the poll is a sufficient replacement.
            Err(_) => due.map(|_| left),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn new(_: &Registry, _: mio::Token) -> io::Result<Self> {
        Ok(Self { set: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn set(&mut self, due: Option<Duration>, now: Duration) -> Option<Duration> {
        self.set = due;
        due.map(|due| due.saturating_sub(now))
    }

    /// Records that the timer has expired.
    pub fn expired(&mut self) {
        self.set = None;
    }
}
