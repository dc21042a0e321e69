//! The progress of all recordings of a run: an updated line for each on a terminal, plain lines every few seconds elsewhere.
//!
//! A thread shows it, so the age of the last frame grows while nothing comes, and a blocked terminal does not delay the
//! recordings.

use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::goal::Goal;
use super::progress::{Display, Progress};
use crate::channel::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use crate::clock::Clock;
use crate::threads;

/// Time between two plain lines of a recording, at least.
const PLAIN: Duration = Duration::from_secs(5);
/// Time between two plain lines of any recordings.
const PLAIN_EACH: Duration = Duration::from_millis(250);
/// Time between two updates of a terminal.
const DRAWN: Duration = Duration::from_millis(200);
/// The longest wait for a thread that is blocked by its terminal.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows progress until it is dropped.
pub struct Board {
    /// `None` when nothing is shown.
    thread: Option<Thread>,
}

struct Thread {
    orders: Sender<Order>,
    ended: Receiver<()>,
    handle: JoinHandle<()>,
}

#[derive(Debug)]
enum Order {
    Add(Box<Display>),
    /// Clear the lines, say so, and wait until the other end of the last channel is dropped.
    Pause(SyncSender<()>, Receiver<()>),
    End,
}

/// Adds lines to a board, and clears them while a result is printed.
#[derive(Debug, Clone)]
pub struct Showing(Option<Sender<Order>>);

/// The lines are cleared until it is dropped.
pub struct Pause {
    _resume: SyncSender<()>,
}

impl Board {
    /// Nothing is shown with `quiet`; otherwise the form that fits standard error.
    pub fn start(quiet: bool) -> Self {
        if quiet {
            return Self { thread: None };
        }
        let (orders, waiting) = channel();
        let (has_ended, ended) = sync_channel(1);
        let show = move || {
            Lines::new().run(&waiting);
            let _ = has_ended.send(());
        };
        // Without the thread there is no progress: frames matter more.
        let handle = threads::start("progress", 256 * 1024, show).ok();
        Self { thread: handle.map(|handle| Thread { orders, ended, handle }) }
    }

    /// What the recordings have of it.
    pub fn showing(&self) -> Showing {
        Showing(self.thread.as_ref().map(|thread| thread.orders.clone()))
    }
}

/// Clears the lines.
impl Drop for Board {
    fn drop(&mut self) {
        let Some(Thread { orders, ended, handle }) = self.thread.take() else { return };
        let _ = orders.send(Order::End);
        if ended.recv_timeout(PATIENCE).is_ok() {
            let _ = handle.join();
        }
    }
}

impl Showing {
    /// Adds a recording that started at `started` of the clock. `name`: that of its target, among several ones.
    pub fn add(&self, name: Option<String>, goal: Goal, clock: &Clock, started: Duration) -> Progress {
        let display = Display::new(name, goal, clock, started);
        let progress = display.progress.clone();
        if let Some(orders) = &self.0 {
            // If its thread is gone, nothing is shown.
            let _ = orders.send(Order::Add(Box::new(display)));
        }
        progress
    }

    /// Clears the lines. A terminal that is blocked is not waited for.
    pub fn pause(&self) -> Pause {
        let (resume, is_resumed) = sync_channel(0);
        let (cleared, is_cleared) = sync_channel(1);
        if let Some(orders) = &self.0
            && orders.send(Order::Pause(cleared, is_resumed)).is_ok()
        {
            let _ = is_cleared.recv_timeout(PATIENCE);
        }
        Pause { _resume: resume }
    }
}

/// The lines that are shown.
struct Lines {
    bars: MultiProgress,
    displays: Vec<Display>,
}

impl Lines {
    fn new() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { bars, displays: Vec::new() }
    }

    fn run(&mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(self.interval()) {
                Ok(Order::Add(mut display)) => {
                    if !self.bars.is_hidden() {
                        display.bar = self.bars.add(display.bar);
                    }
                    self.displays.push(*display);
                }
                Ok(Order::Pause(cleared, is_resumed)) => {
                    self.leave_out_ended();
                    let _ = self.bars.clear();
                    let _ = cleared.send(());
                    let _ = is_resumed.recv();
                }
                Err(RecvTimeoutError::Timeout) => self.show(),
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let _ = self.bars.clear();
    }

    /// Many recordings have their plain lines less often.
    fn interval(&self) -> Duration {
        let recordings = u32::try_from(self.displays.len()).unwrap_or(u32::MAX);
        if self.bars.is_hidden() { PLAIN.max(PLAIN_EACH.saturating_mul(recordings)) } else { DRAWN }
    }

    fn show(&mut self) {
        self.leave_out_ended();
        let is_terminal = !self.bars.is_hidden();
        self.displays.iter_mut().for_each(|display| display.show(is_terminal));
    }

    fn leave_out_ended(&mut self) {
        self.displays.retain(|display| {
            let is_ended = display.progress.is_ended();
            if is_ended {
                display.bar.finish_and_clear();
                self.bars.remove(&display.bar);
            }
            !is_ended
        });
    }
}
