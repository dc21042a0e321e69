//! File operations in a thread that can be left behind when one of them hangs.
//!
//! Even a regular file can block without end: on a network file system whose server is gone, or in `/proc`. No system call
//! ends such a read, so the thread that made it is lost until the read returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::channel::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use crate::threads;

/// How long an operation may make no progress. A disk that starts to spin takes longer: its result comes late.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How often a wait looks whether it is stopped.
const STOP_CHECK: Duration = Duration::from_millis(50);
/// The most threads that are left behind at the same time.
const MOST_LEFT: usize = 4;

/// A thread for file operations.
#[derive(Debug)]
pub struct IoThread {
    patience: Duration,
    worker: Option<Worker>,
    /// Threads whose operation hangs.
    left: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Worker {
    jobs: Sender<Job>,
    progress: Progress,
    thread: JoinHandle<()>,
}

type Job = Box<dyn FnOnce(&Progress) + Send>;

/// Counts the steps of an operation. An operation that makes steps does not hang.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Records a step.
    pub fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn steps(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The result of an operation.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It has ended.
    Done(T),
    /// It hangs. The receiver gets its result if it ends after all.
    Hangs(Receiver<T>),
    /// It was not started: too many earlier operations hang, or no thread can be started.
    Refused,
}

impl IoThread {
    /// A thread whose operations may be without progress for `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { patience, worker: None, left: Vec::new() }
    }

    /// Runs an operation and waits until it ends, or until it has made no progress for too long.
    pub fn run<T: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> Outcome<T> {
        self.run_until(operation, || false)
    }

    /// The same. The wait also ends, as if the operation hangs, when `is_stopped` says so.
    pub fn run_until<T: Send + 'static>(
        &mut self,
        operation: impl FnOnce(&Progress) -> T + Send + 'static,
        is_stopped: impl Fn() -> bool,
    ) -> Outcome<T> {
        let Some(worker) = self.worker() else { return Outcome::Refused };
        let (send, result) = sync_channel(1);
        let job = Box::new(move |progress: &Progress| drop(send.send(operation(progress))));
        if worker.jobs.send(job).is_err() {
            self.worker = None;
            return Outcome::Refused;
        }
        let progress = worker.progress.clone();
        let (mut steps, mut waited) = (progress.steps(), Duration::ZERO);
        loop {
            let pause = STOP_CHECK.min(self.patience - waited);
            match result.recv_timeout(pause) {
                Ok(result) => return Outcome::Done(result),
                Err(RecvTimeoutError::Timeout) if waited + pause < self.patience && !is_stopped() => {
                    waited += pause;
                }
                Err(RecvTimeoutError::Timeout) if progress.steps() != steps && !is_stopped() => {
                    (steps, waited) = (progress.steps(), Duration::ZERO);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.left.extend(self.worker.take().map(|worker| worker.thread));
                    return Outcome::Hangs(result);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.worker = None;
                    return Outcome::Refused;
                }
            }
        }
    }

    fn worker(&mut self) -> Option<&Worker> {
        if self.worker.is_none() {
            self.left.retain(|thread| !thread.is_finished());
            if self.left.len() < MOST_LEFT {
                self.worker = Worker::start();
            }
        }
        self.worker.as_ref()
    }
}

impl Worker {
    fn start() -> Option<Self> {
        let (jobs, inbox) = channel::<Job>();
        let progress = Progress::default();
        let of_thread = progress.clone();
        let thread =
            threads::start("files", 256 * 1024, move || inbox.into_iter().for_each(|job| job(&of_thread)))
                .ok()?;
        Some(Self { jobs, progress, thread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn an_operation_that_hangs_is_left_behind_and_its_result_may_come_later() {
        let mut files = IoThread::new(SHORT);
        assert!(matches!(files.run(|_| 1), Outcome::Done(1)));
        let (end, wait) = channel::<()>();
        let Outcome::Hangs(result) = files.run(move |_| wait.recv().is_err()) else { panic!("it hangs") };
        assert!(matches!(files.run(|_| 2), Outcome::Done(2)));
        drop(end);
        assert_eq!(result.recv_timeout(LONG), Ok(true));
    }

    #[test]
    fn a_wait_can_be_stopped() {
        let (end, wait) = channel::<()>();
        let start = std::time::Instant::now();
        let outcome = IoThread::new(2 * LONG).run_until(move |_| wait.recv().is_err(), || true);
        assert!(matches!(outcome, Outcome::Hangs(_)) && start.elapsed() < LONG);
        drop(end);
    }

    #[test]
    fn the_number_of_threads_left_behind_is_bounded() {
        let mut files = IoThread::new(SHORT);
        let mut ends = Vec::new();
        for _ in 0..MOST_LEFT {
            let (end, wait) = channel::<()>();
            assert!(matches!(files.run(move |_| wait.recv().is_err()), Outcome::Hangs(_)));
            ends.push(end);
        }
        assert!(matches!(files.run(|_| ()), Outcome::Refused));
        ends.pop();
        let start = std::time::Instant::now();
        while !matches!(files.run(|_| ()), Outcome::Done(())) {
            assert!(start.elapsed() < LONG);
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_slow_operation_that_makes_progress_does_not_hang() {
        let mut files = IoThread::new(4 * SHORT);
        let slow = |progress: &Progress| {
            for _ in 0..10 {
                std::thread::sleep(SHORT);
                progress.step();
            }
        };
        assert!(matches!(files.run(slow), Outcome::Done(())));
    }
}
