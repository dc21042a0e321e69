//! The lines on standard output, written by a thread: a reader that stops reading must not stop the watch.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::anyhow;

use crate::channel::{SyncSender, TrySendError, sync_channel};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::threads;

/// Lines that may wait.
const WAITING: usize = 1000;

/// Writes lines to standard output.
pub struct Printer {
    lines: Option<SyncSender<String>>,
    /// Absent if the system refused it.
    thread: Option<JoinHandle<()>>,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Printer {
    /// Starts the thread.
    pub fn start() -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let failure = Arc::new(Mutex::new(None));
        let failed = Arc::clone(&failure);
        let write = move || {
            for line in waiting {
                if let Err(failure) = output::result(&line) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(said(failure));
                    return;
                }
            }
        };
        let thread = threads::start("changes", 128 * 1024, write).ok();
        Self { lines: Some(lines), thread, failure }
    }

    /// Writes a line, if the reader takes it.
    pub fn print(&self, line: String) {
        if let Some(lines) = &self.lines
            && let Err(TrySendError::Full) = lines.try_send(line)
        {
            output::event("monitor", "a change was not written: standard output is blocked");
        }
    }

    /// Why nothing more can be written.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Writes what waits. Returns why that failed. A reader that takes nothing is left behind.
    pub fn end(mut self) -> Option<Failure> {
        self.lines = None;
        let thread = self.thread.take()?;
        for _ in 0..50 {
            if thread.is_finished() {
                break;
            }
            thread::sleep(std::time::Duration::from_millis(10));
        }
        self.failure()
    }
}

/// A watch has no end of its own: a reader that has left takes the purpose of it away, which a script is to see.
fn said(failure: Failure) -> Failure {
    if failure.cause.is_some() {
        return failure;
    }
    let cause = anyhow!("the reader of standard output has left: changes cannot be written");
    let hint = Some("for a watch without a reader: `> /dev/null`".into());
    Failure { hint, ..Failure::new(Exit::No, cause) }
}
