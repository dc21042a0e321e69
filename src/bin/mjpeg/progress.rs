//! How far the reading of targets has come: one line on a terminal, nothing elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mjpeg::counted::Counted;

use crate::channel::{RecvTimeoutError, Sender, channel};
use crate::clock::Clock;
use crate::output;
use crate::threads;

/// Time between two updates.
const DRAWN: Duration = Duration::from_millis(200);

/// Parts that were read, of all targets together.
pub type Parts = Arc<AtomicU64>;

/// The line.
pub struct Progress {
    bar: Option<ProgressBar>,
    done: Arc<AtomicU64>,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows the progress of this many targets, of which `most` parts are read if that is known; nothing with `quiet`, or if standard
    /// error is no terminal.
    pub fn start(targets: usize, most: Option<u64>, parts: &Parts, quiet: bool, clock: &Clock) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        if quiet || !output::stderr_is_terminal() {
            return Self { bar: None, done, end: None, thread: None };
        }
        let bar = ProgressBar::no_length();
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        let (end, is_ended) = channel();
        let (shown, started) = (bar.clone(), clock.now());
        let (done_now, parts, clock) = (Arc::clone(&done), Arc::clone(parts), clock.clone());
        let show = move || {
            while is_ended.recv_timeout(DRAWN) == Err(RecvTimeoutError::Timeout) {
                let elapsed = clock.now().saturating_sub(started);
                let parts = parts.load(Ordering::Relaxed);
                shown.set_message(text(targets, done_now.load(Ordering::Relaxed), parts, most, elapsed));
                shown.tick();
            }
        };
        // Without the thread there is no progress.
        let thread = threads::start("progress", threads::STACK_BYTES, show).ok();
        Self { bar: Some(bar), done, end: Some(end), thread }
    }

    /// One more target is done. Prints its result while the line is away.
    pub fn done<R>(&self, print: impl FnOnce() -> R) -> R {
        self.done.fetch_add(1, Ordering::Relaxed);
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Removes the line.
    pub fn end(mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn text(targets: usize, done: u64, parts: u64, most: Option<u64>, elapsed: Duration) -> String {
    let of = most.map_or_else(
        || Counted(parts, "part").to_string(),
        |most| format!("{parts} of {}", Counted(most, "part")),
    );
    let read = format!("{of}, {:.1} s", elapsed.as_secs_f64());
    match targets {
        1 => read,
        _ => format!("{done} of {targets} targets, {read}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_targets_only_if_there_are_several() {
        let second = Duration::from_millis(1250);
        assert_eq!(text(1, 0, 1, None, second), "1 part, 1.2 s");
        assert_eq!(text(1, 0, 1, Some(500), second), "1 of 500 parts, 1.2 s");
        assert_eq!(text(12, 3, 40, None, second), "3 of 12 targets, 40 parts, 1.2 s");
    }
}
