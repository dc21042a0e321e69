//! Progress of a recording: one updated line on a terminal, a plain line every few seconds elsewhere.
//!
//! A thread shows it, so the age of the last frame grows while nothing comes, and a blocked terminal does not delay the
//! recording.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mjpeg::counted::Counted;

use super::goal::Goal;
use crate::clock::Clock;
use crate::output;

/// Time between two plain lines.
const PLAIN: Duration = Duration::from_secs(5);
/// Time between two updates of a terminal.
const DRAWN: Duration = Duration::from_millis(200);
/// Rates are those of this time.
const WINDOW: Duration = Duration::from_secs(5);
/// The longest wait for a thread that is blocked by its terminal.
const PATIENCE: Duration = Duration::from_millis(500);

/// The figures that are shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Frames written.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Damaged frames.
    pub damaged: u64,
    /// When the last good frame came, since the start.
    pub last: Option<Duration>,
}

/// The figures that are shown, as they change.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<Figures>>);

impl Shown {
    /// The figures now.
    pub fn now(&self) -> Figures {
        *self.figures()
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The progress display.
pub struct Progress {
    shown: Shown,
    /// `None` when nothing is shown.
    thread: Option<Thread>,
}

struct Thread {
    /// Dropped to end the thread.
    end: SyncSender<()>,
    ended: Receiver<()>,
    handle: JoinHandle<()>,
}

impl Progress {
    /// Nothing with `quiet`; otherwise the form that fits standard error.
    pub fn start(goal: Goal, quiet: bool, clock: &Clock, started: Duration) -> Self {
        let shown = Shown::default();
        if quiet {
            return Self { shown, thread: None };
        }
        let (end, is_ended) = sync_channel(0);
        let (has_ended, ended) = sync_channel(1);
        let mut display = Display::new(goal, clock.clone(), started, shown.clone());
        let show = move || {
            let every = if display.bar.is_hidden() { PLAIN } else { DRAWN };
            while is_ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                display.show();
            }
            display.bar.finish_and_clear();
            let _ = has_ended.send(());
        };
        // Without the thread there is no progress: frames matter more.
        let handle = std::thread::Builder::new().name("progress".into()).spawn(show).ok();
        Self { shown, thread: handle.map(|handle| Thread { end, ended, handle }) }
    }

    /// Sets the figures.
    pub fn update(&self, figures: Figures) {
        *self.shown.figures() = figures;
    }

    /// The figures, which change.
    pub fn figures(&self) -> Shown {
        self.shown.clone()
    }

    /// Clears the line before the result is printed.
    pub fn end(&mut self) {
        let Some(Thread { end, ended, handle }) = self.thread.take() else { return };
        drop(end);
        if ended.recv_timeout(PATIENCE).is_ok() {
            let _ = handle.join();
        }
    }
}

struct Display {
    bar: ProgressBar,
    goal: Goal,
    clock: Clock,
    started: Duration,
    shown: Shown,
    /// Frames and bytes of the last seconds.
    window: VecDeque<(Duration, u64, u64)>,
}

impl Display {
    fn new(goal: Goal, clock: Clock, started: Duration, shown: Shown) -> Self {
        let length = match goal {
            Goal { frames: Some(frames), .. } => Some(frames),
            Goal { bytes: Some(bytes), .. } => Some(bytes),
            Goal { duration: Some(duration), .. } => Some(millis(duration)),
            _ => None,
        };
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::no_length(),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let template = if length.is_some() { "{bar:20} {wide_msg}" } else { "{spinner} {wide_msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, goal, clock, started, shown, window: VecDeque::from([(Duration::ZERO, 0, 0)]) }
    }

    fn show(&mut self) {
        let figures = self.shown.now();
        let elapsed = self.clock.now().saturating_sub(self.started);
        let text = self.text(figures, elapsed);
        if self.bar.is_hidden() {
            output::message("record", &text);
            return;
        }
        self.bar.set_position(match self.goal {
            Goal { frames: Some(_), .. } => figures.frames,
            Goal { bytes: Some(_), .. } => figures.bytes,
            _ => millis(elapsed),
        });
        self.bar.set_message(text);
        self.bar.tick();
    }

    fn text(&mut self, figures: Figures, elapsed: Duration) -> String {
        while self.window.get(1).is_some_and(|(at, ..)| elapsed.saturating_sub(*at) >= WINDOW) {
            self.window.pop_front();
        }
        let oldest = self.window.front().copied().unwrap_or_default();
        self.window.push_back((elapsed, figures.frames, figures.bytes));
        let span = elapsed.saturating_sub(oldest.0).as_secs_f64().max(0.001);
        let fps = figures.frames.saturating_sub(oldest.1) as f64 / span;
        let rate = figures.bytes.saturating_sub(oldest.2) as f64 / span / 1e6;
        let Figures { frames, bytes, damaged, last } = figures;
        let mut text = match self.goal.frames {
            Some(goal) => format!("{frames}/{}", Counted(goal, "frame")),
            None => Counted(frames, "frame").to_string(),
        };
        let _ = write!(text, ", {}, {fps:.1} fps, {rate:.2} MB/s", output::bytes(bytes));
        let _ = match last {
            Some(last) => {
                write!(text, ", last frame {:.1} s ago", elapsed.saturating_sub(last).as_secs_f64())
            }
            None => write!(text, ", no frame yet"),
        };
        if damaged > 0 {
            let _ = write!(text, ", {damaged} damaged");
        }
        let seconds = elapsed.as_secs();
        let _ = match self.goal.duration {
            Some(goal) => write!(text, ", {seconds}/{} s", goal.as_secs()),
            None => write!(text, ", {seconds} s"),
        };
        text
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_seconds_and_the_age_of_the_last_frame_grows() {
        let goal = Goal { duration: Some(Duration::from_secs(60)), ..Goal::default() };
        let mut display = Display::new(goal, Clock::simulated(), Duration::ZERO, Shown::default());
        let mut at = |second, frames, damaged| {
            let last = Some(Duration::from_secs(10));
            let figures = Figures { frames, bytes: frames * 1_000_000, damaged, last };
            display.text(figures, Duration::from_secs(second))
        };
        assert_eq!(at(5, 50, 0), "50 frames, 50.0 MB, 10.0 fps, 10.00 MB/s, last frame 0.0 s ago, 5/60 s");
        assert!(at(10, 150, 0).contains("20.0 fps, 20.00 MB/s"));
        let still = at(15, 150, 2);
        assert!(still.contains("0.0 fps, 0.00 MB/s, last frame 5.0 s ago, 2 damaged"), "{still}");
    }
}
