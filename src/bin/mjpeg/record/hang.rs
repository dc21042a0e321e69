//! Notices that an operation on a file of the recording hangs: on a network file system whose server is gone.
//!
//! No system call ends such an operation, so the recording has a thread of its own, which is left behind.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::channel::{RecvTimeoutError, sync_channel};
use crate::clock::Clock;
use crate::threads;

/// How often to look whether an operation hangs.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// The least time that an operation may take, also at the end of a run: a disk may have to start to spin, and a close on a
/// network file system writes what waits.
const LEAST: Duration = Duration::from_secs(10);
/// A look that comes later than this was late because the process was stopped (SIGSTOP), or the machine slept.
const LATEST_CHECK: Duration = Duration::from_secs(1);

/// The stack of the thread that records.
const STACK_BYTES: usize = 1 << 20;

/// The operations on files: their starts and ends are counted. Clones share the count, and one thread runs them.
#[derive(Debug, Clone, Default)]
pub struct Operations(Arc<AtomicU64>);

/// The count when the recording was left behind.
const LEFT_BEHIND: u64 = u64::MAX;

impl Operations {
    /// Runs one. Does not return if the recording was left behind meanwhile: it is over.
    pub fn run<T>(&self, operation: impl FnOnce() -> T) -> T {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let result = operation();
        while self.0.compare_exchange(number, number + 1, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            thread::park();
        }
        result
    }

    /// The number of the one that runs.
    fn current(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|count| count % 2 == 1)
    }

    /// Leaves the recording behind, if this operation still runs.
    fn leave_behind(&self, number: u64) -> bool {
        self.0.compare_exchange(number, LEFT_BEHIND, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// How a recording ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Watched<T> {
    /// By itself.
    Ended(T),
    /// An operation hangs, since this long.
    Hangs(Duration),
}

/// When an operation hangs.
#[derive(Debug, Clone)]
pub struct Watch {
    /// `--idle`.
    pub idle: Duration,
    /// The clock.
    pub clock: Clock,
}

impl Watch {
    /// Runs a recording in a thread until it ends, or until one of its operations hangs.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn over<T: Send + 'static>(
        &self,
        operations: &Operations,
        recording: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Watched<T>> {
        let (send, ended) = sync_channel(1);
        let thread = threads::start("record", STACK_BYTES, move || drop(send.send(recording())))?;
        let mut waits = Waits { last: None, since: self.clock.now(), looked: self.clock.now() };
        loop {
            match ended.recv_timeout(CHECK_INTERVAL) {
                Ok(result) => return Ok(Watched::Ended(result)),
                // The thread sends unless it panics.
                Err(RecvTimeoutError::Disconnected) => match thread.join() {
                    Err(panic) => resume_unwind(panic),
                    Ok(()) => return Err(io::Error::other("its thread ended")),
                },
                Err(RecvTimeoutError::Timeout) => {}
            }
            let (number, waited) = waits.look(operations.current(), self.clock.now());
            if let Some(number) = number
                && waited >= self.idle.max(LEAST)
                && operations.leave_behind(number)
            {
                return Ok(Watched::Hangs(waited));
            }
        }
    }
}

/// How long the operation has run that runs.
#[derive(Debug)]
struct Waits {
    last: Option<u64>,
    since: Duration,
    looked: Duration,
}

impl Waits {
    /// Looks at `now` which operation runs, and since when. The time in which this process was stopped does not count.
    fn look(&mut self, current: Option<u64>, now: Duration) -> (Option<u64>, Duration) {
        let pause = now.saturating_sub(self.looked);
        if current != self.last || current.is_none() {
            (self.last, self.since) = (current, now);
        } else if pause > LATEST_CHECK {
            self.since += pause;
        }
        self.looked = now;
        (current, now.saturating_sub(self.since))
    }
}

#[cfg(test)]
mod tests {
    use crate::channel::channel;

    use super::*;

    #[test]
    fn only_an_operation_that_does_not_end_hangs() {
        let watch = Watch { idle: Duration::ZERO, clock: Clock::real() };
        let operations = Operations::default();
        let of_thread = operations.clone();
        let many = watch.over(&operations, move || (0..1000).map(|n| of_thread.run(|| n)).sum::<u64>());
        assert_eq!(many.unwrap(), Watched::Ended(499_500));
        // Waiting for the network is no operation.
        let slow = watch.over(&operations, || thread::sleep(3 * CHECK_INTERVAL));
        assert_eq!(slow.unwrap(), Watched::Ended(()));
        // It ends too late: the thread does not go on.
        let (went_on, goes_on) = channel();
        let (end, wait) = channel::<()>();
        let of_thread = operations.clone();
        let hangs = watch.over(&operations, move || {
            of_thread.run(|| wait.recv().is_ok());
            let _ = went_on.send(());
        });
        assert!(matches!(hangs.unwrap(), Watched::Hangs(waited) if waited >= LEAST));
        drop(end);
        assert_eq!(goes_on.recv_timeout(CHECK_INTERVAL), Err(RecvTimeoutError::Timeout));
    }

    #[test]
    fn the_time_in_which_the_process_is_stopped_is_no_wait() {
        let ms = Duration::from_millis;
        let mut waits = Waits { last: None, since: ms(0), looked: ms(0) };
        let mut look = |current, now| waits.look(current, ms(now)).1.as_millis();
        assert_eq!([look(Some(1), 100), look(Some(1), 200), look(Some(1), 300)], [0, 100, 200]);
        // An hour, with SIGSTOP.
        assert_eq!([look(Some(1), 3_600_300), look(Some(1), 3_600_400)], [200, 300]);
        assert_eq!([look(Some(3), 3_600_500), look(None, 3_600_600), look(None, 3_600_700)], [0, 0, 0]);
    }
}
