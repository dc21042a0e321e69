//! One camera: what its thread and the thread that closes the windows share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::options::CameraOptions;
use super::state::{Change, Standing, State};
use super::totals::Totals;
use super::window::{Seen, Window};
use crate::clock::Clock;
use crate::flight::FlightRecorder;
use crate::output;
use crate::transport::{Cut, End, Target};

/// A camera that is watched.
#[derive(Debug)]
pub struct Camera {
    /// Its name, which no other camera has.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// How it is read and judged.
    pub options: CameraOptions,
    /// Its captures, with `--captures`.
    pub recorder: Option<FlightRecorder>,
    /// It is no longer watched: its thread ends when it next looks.
    gone: AtomicBool,
    /// Ends its connection.
    pub cut: Cut,
    /// Changes that were captured.
    captured: AtomicU64,
    watched: Mutex<Watched>,
}

/// What is known of a camera.
#[derive(Debug)]
pub struct Watched {
    /// The open window.
    pub window: Window,
    /// When it is to be closed, by the clock; `None`: the thread of the camera closes it.
    due: Option<Duration>,
    state: State,
    /// Since when it is what it is: the time of day, since 1970-01-01 UTC.
    since: Duration,
    /// What the last window has shown, and when it was closed.
    pub last: Option<(Seen, Duration)>,
    /// Whether there is a stream at the moment.
    pub is_connected: bool,
    /// The counters.
    pub totals: Totals,
    /// Changes that are not said yet.
    news: Vec<News>,
}

/// A change that is to be said.
#[derive(Debug)]
pub struct News {
    /// The change.
    pub change: Change,
    /// The window that made it.
    pub seen: Seen,
    /// When that was closed, since 1970-01-01 UTC.
    pub unix: Duration,
    /// How long the state before had lasted.
    pub lasted: Duration,
}

/// Most changes of a camera that wait to be said.
const MOST_NEWS: usize = 16;

impl Camera {
    /// A camera whose first window begins at `begins` of the clock.
    pub fn new(
        name: String,
        target: Target,
        options: CameraOptions,
        recorder: Option<FlightRecorder>,
        begins: Duration,
        clock: &Clock,
    ) -> Self {
        let due = options.interval.is_none().then(|| begins + options.window);
        let watched = Watched {
            window: Window::new(&Arc::new(options.rules())),
            due,
            state: State::new(options.patience()),
            since: clock.unix(),
            last: None,
            is_connected: false,
            totals: Totals::default(),
            news: Vec::new(),
        };
        let gone = AtomicBool::new(false);
        let captured = AtomicU64::new(0);
        Self {
            name,
            target,
            options,
            recorder,
            gone,
            cut: Cut::default(),
            captured,
            watched: Mutex::new(watched),
        }
    }

    /// Ends the watch and the connection.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::SeqCst);
        self.cut.cut();
    }

    /// Whether the watch is to end.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Notes for the captures how a response ended.
    pub fn note_end(&self, end: &End) {
        if let Some(recorder) = &self.recorder {
            recorder.ended(end.word("goal").unwrap_or("closed"));
        }
    }

    /// Captures a change, unless there are `most` captures. The first one that is left out is said.
    pub fn capture(&self, recorder: &FlightRecorder, most: u64) {
        let before = self.captured.fetch_add(1, Ordering::Relaxed);
        if before < most {
            recorder.trigger();
        } else if before == most {
            let text =
                format!("{}: no more captures: {most} changes were captured (--captures-most)", self.name);
            output::event("monitor", &text);
        }
    }

    /// What is known of it.
    pub fn watched(&self) -> MutexGuard<'_, Watched> {
        // Nothing panics while it holds the lock; if it did, the numbers would still be whole.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the window if it is due. Returns the changes that are to be said, and when the next window is due.
    pub fn tick(&self, clock: &Clock) -> (Vec<News>, Option<Duration>) {
        let now = clock.now();
        let mut watched = self.watched();
        if let Some(due) = watched.due.filter(|due| *due <= now) {
            watched.close(now, clock.unix());
            // A process that was stopped does not catch up on windows.
            let next = due + self.options.window;
            watched.due = Some(if next <= now { now + self.options.window } else { next });
        }
        (std::mem::take(&mut watched.news), watched.due)
    }
}

impl Watched {
    /// Closes the window at `now` of the clock.
    pub fn close(&mut self, now: Duration, unix: Duration) {
        let Some(seen) = self.window.close(now) else { return };
        self.totals.window(&seen);
        if seen.behind > Duration::from_millis(500) {
            self.totals.behind = seen.behind;
        }
        if let Some(change) = self.state.window(&seen) {
            let lasted = unix.saturating_sub(self.since);
            if change.from != change.to {
                self.since = unix;
                self.totals.became_bad += u64::from(change.to == Standing::Bad);
            }
            if self.news.len() < MOST_NEWS {
                self.news.push(News { change, seen: seen.clone(), unix, lasted });
            }
        }
        self.last = Some((seen, unix));
    }

    /// What the camera is, and since when (since 1970-01-01 UTC).
    pub fn standing(&self) -> (Standing, Duration) {
        (self.state.standing, self.since)
    }
}

#[cfg(test)]
mod tests;
