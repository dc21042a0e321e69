//! Notices that an operation on a file of the recording hangs: on a network file system whose server is gone.
//!
//! No system call ends such an operation, so the recording has a thread of its own, which is left behind.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::signal::Stop;

/// How often to look whether an operation hangs.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// The least time that an operation may take: a disk may have to start to spin.
const LEAST: Duration = Duration::from_secs(10);
/// The time that an operation may take after a signal, or after the end of `--duration`.
const LEAST_AT_END: Duration = Duration::from_secs(2);

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
    /// The end of `--duration`, by the clock.
    pub deadline: Option<Duration>,
    /// The clock.
    pub clock: Clock,
    /// A signal ends the recording.
    pub stop: Stop,
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
        let thread = thread::Builder::new().name("record".into()).stack_size(STACK_BYTES);
        let thread = thread.spawn(move || drop(send.send(recording())))?;
        let mut last = None;
        let mut since = self.clock.now();
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
            let now = self.clock.now();
            let current = operations.current();
            let Some(number) = current.filter(|_| current == last) else {
                (last, since) = (current, now);
                continue;
            };
            let waited = now.saturating_sub(since);
            if waited >= self.limit(now) && operations.leave_behind(number) {
                return Ok(Watched::Hangs(waited));
            }
        }
    }

    fn limit(&self, now: Duration) -> Duration {
        let is_over = self.stop.signal().is_some() || self.deadline.is_some_and(|deadline| now >= deadline);
        if is_over { LEAST_AT_END } else { self.idle.max(LEAST) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn watch(deadline: Option<Duration>) -> Watch {
        Watch { idle: Duration::ZERO, deadline, clock: Clock::real(), stop: Stop::default() }
    }

    #[test]
    fn only_an_operation_that_does_not_end_hangs() {
        let over = watch(Some(Duration::ZERO));
        let operations = Operations::default();
        let of_thread = operations.clone();
        let many = over.over(&operations, move || (0..1000).map(|n| of_thread.run(|| n)).sum::<u64>());
        assert_eq!(many.unwrap(), Watched::Ended(499_500));
        // Waiting for the network is no operation.
        let slow = over.over(&operations, || thread::sleep(LEAST_AT_END + 3 * CHECK_INTERVAL));
        assert_eq!(slow.unwrap(), Watched::Ended(()));
        let (end, wait) = channel::<()>();
        let of_thread = operations.clone();
        let hangs = over.over(&operations, move || of_thread.run(|| wait.recv().is_ok()));
        assert!(matches!(hangs.unwrap(), Watched::Hangs(waited) if waited >= LEAST_AT_END));
        // It ends too late: the thread does not go on.
        let (went_on, goes_on) = channel();
        let (end_2, wait) = channel::<()>();
        let operations = Operations::default();
        let of_thread = operations.clone();
        let late = move || {
            of_thread.run(|| wait.recv().is_ok());
            let _ = went_on.send(());
        };
        assert!(matches!(over.over(&operations, late).unwrap(), Watched::Hangs(_)));
        drop((end, end_2));
        assert_eq!(goes_on.recv_timeout(CHECK_INTERVAL), Err(RecvTimeoutError::Timeout));
    }

    #[test]
    fn a_running_recording_waits_longer_than_one_that_is_over() {
        let now = Duration::from_secs(1000);
        assert_eq!(watch(None).limit(now), LEAST);
        assert_eq!(Watch { idle: 3 * LEAST, ..watch(Some(2 * now)) }.limit(now), 3 * LEAST);
        assert_eq!(watch(Some(now)).limit(now), LEAST_AT_END);
    }
}
