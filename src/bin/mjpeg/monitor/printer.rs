//! The lines on standard output, written by a thread: a reader that stops reading must not stop the watch.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::exit::Failure;
use crate::output;

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
                if let Err(error) = output::result(&line) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("changes".into()).stack_size(128 * 1024).spawn(write).ok();
        Self { lines: Some(lines), thread, failure }
    }

    /// Writes a line, if the reader takes it.
    pub fn print(&self, line: String) {
        if let Some(lines) = &self.lines
            && let Err(TrySendError::Full(_)) = lines.try_send(line)
        {
            output::message("monitor", "a change was not written: standard output is blocked");
        }
    }

    /// Why nothing more can be written. A reader that has left ends the run without a message.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Writes what waits. A reader that takes nothing is left behind.
    pub fn end(mut self) {
        self.lines = None;
        let Some(thread) = self.thread.take() else { return };
        for _ in 0..50 {
            if thread.is_finished() {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}
