//! A pause that a signal ends.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock::Clock;
use crate::signal::Stop;

/// Waits until `time` of the clock, or a signal.
pub fn pause(time: Duration, clock: &Clock, stop: &Stop) {
    loop {
        let left = time.saturating_sub(clock.now());
        let Some(fd) = stop.fd() else { return clock.advance(left) };
        if left.is_zero() || stop.signal().is_some() {
            return;
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // An interrupted wait is one round of this loop.
        let _ = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&timeout));
    }
}
