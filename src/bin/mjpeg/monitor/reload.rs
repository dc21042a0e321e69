//! The list that is read again at SIGHUP, in a thread: it may be on a file system that hangs, and the watch goes on.

use std::sync::Arc;

use anyhow::anyhow;

use super::Monitor;
use super::fleet::Wanted;
use crate::channel::{Receiver, TryRecvError, channel};
use crate::output;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::threads;

/// Reads the list again when it is asked to, one time after the other.
pub struct Reload {
    monitor: Arc<Monitor>,
    stop: Stop,
    running: Option<Receiver<Result<Vec<Wanted>, Problem>>>,
    /// It was asked for while it ran.
    is_due: bool,
}

impl Reload {
    /// Reads nothing yet.
    pub fn new(monitor: &Arc<Monitor>, stop: &Stop) -> Self {
        Self { monitor: Arc::clone(monitor), stop: stop.clone(), running: None, is_due: false }
    }

    /// Starts to read the list, or will do so when the read that goes on has ended.
    pub fn start(&mut self) {
        if self.running.is_some() {
            if !std::mem::replace(&mut self.is_due, true) {
                output::event(
                    "monitor",
                    "the targets are still being read; they are read once more after that",
                );
            }
            return;
        }
        let (answer, running) = channel();
        let (monitor, stop) = (Arc::clone(&self.monitor), self.stop.clone());
        let read = move || {
            let wanted = monitor.is_readable_again().and_then(|()| monitor.wanted(&stop));
            // The receiver is gone at the end of the run.
            let _ = answer.send(wanted);
        };
        match threads::start("targets", 512 * 1024, read) {
            Ok(_) => self.running = Some(running),
            Err(error) => output::event("monitor", &format!("the targets cannot be read again: {error}")),
        }
    }

    /// What was read, once it is there.
    pub fn take(&mut self) -> Option<Result<Vec<Wanted>, Problem>> {
        let read = match self.running.as_ref()?.try_recv() {
            Ok(read) => read,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                Err(anyhow!("the thread that reads the targets has failed").into())
            }
        };
        self.running = None;
        if std::mem::take(&mut self.is_due) {
            self.start();
        }
        Some(read)
    }

    /// Whether a read goes on.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }
}
