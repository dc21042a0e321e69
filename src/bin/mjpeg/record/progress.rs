//! Progress of a recording: its figures, and the line that shows them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use mjpeg::counted::Counted;

use super::goal::Goal;
use crate::clock::Clock;
use crate::output;

/// Rates are those of this time.
const WINDOW: Duration = Duration::from_secs(5);
/// Characters of the bar in front of the figures.
const BAR: usize = 20;

/// The figures that are shown.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Frames written.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Damaged frames.
    pub damaged: u64,
    /// When the last good frame came, since the start.
    pub last: Option<Duration>,
    /// Times that the stream was opened again.
    pub reconnects: u64,
    /// The pause before the next connection, if there is one.
    pub waiting: Option<Waiting>,
}

/// A pause before a connection.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// When it ends, since the start.
    pub until: Duration,
    /// Why the stream is not there.
    pub why: Arc<str>,
}

/// The figures that are shown, as they change.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<Count>>);

#[derive(Debug, Default)]
struct Count {
    now: Figures,
    /// Those of the frames that are in their files.
    written: Figures,
}

impl Shown {
    /// The figures now.
    pub fn now(&self) -> Figures {
        self.count().now.clone()
    }

    /// The figures of the frames that are in their files.
    pub fn written(&self) -> Figures {
        self.count().written.clone()
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a recording shows of its progress. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    shown: Shown,
    ended: Arc<AtomicBool>,
}

impl Progress {
    /// Sets the figures.
    pub fn update(&self, figures: Figures) {
        self.shown.count().now = figures;
    }

    /// All frames so far are in their files.
    pub fn written(&self) {
        let mut count = self.shown.count();
        count.written = count.now.clone();
    }

    /// The figures, which change.
    pub fn figures(&self) -> Shown {
        self.shown.clone()
    }

    /// Nothing more is shown.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Whether nothing more is shown.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// The line of one recording.
#[derive(Debug)]
pub struct Display {
    /// The bar, on a terminal.
    pub bar: ProgressBar,
    /// What is shown.
    pub progress: Progress,
    /// The name of the target, among several ones.
    name: Option<String>,
    goal: Goal,
    clock: Clock,
    started: Duration,
    /// Frames and bytes of the last seconds.
    window: VecDeque<(Duration, u64, u64)>,
}

impl Display {
    /// The line of a recording that started at `started` of the clock.
    pub fn new(name: Option<String>, goal: Goal, clock: &Clock, started: Duration) -> Self {
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
        let template = match length {
            Some(_) => format!("{{bar:{BAR}}} {{wide_msg}}"),
            None => "{spinner} {wide_msg}".into(),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self {
            bar,
            progress: Progress::default(),
            name,
            goal,
            clock: clock.clone(),
            started,
            window: VecDeque::from([(Duration::ZERO, 0, 0)]),
        }
    }

    /// Shows the figures now: on the bar, or in a line where there is no terminal.
    pub fn show(&mut self, is_terminal: bool) {
        let figures = self.progress.shown.now();
        let elapsed = self.clock.now().saturating_sub(self.started);
        let name = self.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let width = if is_terminal { output::stderr_width() } else { None };
        let taken = name.chars().count() + if self.bar.length().is_some() { BAR + 1 } else { 2 };
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(taken));
        let text = name + &self.text(&figures, elapsed, room);
        if !is_terminal {
            output::event("record", &text);
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

    /// The figures, in at most `room` characters if that can be.
    fn text(&mut self, figures: &Figures, elapsed: Duration, room: usize) -> String {
        while self.window.get(1).is_some_and(|(at, ..)| elapsed.saturating_sub(*at) >= WINDOW) {
            self.window.pop_front();
        }
        let oldest = self.window.front().copied().unwrap_or_default();
        self.window.push_back((elapsed, figures.frames, figures.bytes));
        let span = elapsed.saturating_sub(oldest.0).as_secs_f64().max(0.001);
        let fps = figures.frames.saturating_sub(oldest.1) as f64 / span;
        let rate = figures.bytes.saturating_sub(oldest.2) as f64 / span / 1e6;
        let Figures { frames, bytes, damaged, last, reconnects, ref waiting } = *figures;
        let seconds = elapsed.as_secs();
        let reconnecting = |Waiting { until, why }: &Waiting| {
            let left = until.saturating_sub(elapsed).as_secs_f64().ceil();
            format!("reconnecting in {left} s: {}", output::printable(why))
        };
        // In the order of the line. The most important ones have the lowest numbers.
        let pieces = [
            (
                0,
                Some(match self.goal.frames {
                    Some(goal) => format!("{frames}/{}", Counted(goal, "frame")),
                    None => Counted(frames, "frame").to_string(),
                }),
            ),
            (7, Some(output::bytes(bytes))),
            (5, Some(format!("{fps:.1} fps"))),
            (8, Some(format!("{rate:.2} MB/s"))),
            (
                2,
                Some(match last {
                    Some(last) => {
                        format!("last frame {:.1} s ago", elapsed.saturating_sub(last).as_secs_f64())
                    }
                    None => "no frame yet".into(),
                }),
            ),
            (3, (damaged > 0).then(|| format!("{damaged} damaged"))),
            (6, (reconnects > 0).then(|| Counted(reconnects, "reconnect").to_string())),
            (
                4,
                Some(match self.goal.duration {
                    Some(goal) => format!("{seconds}/{} s", goal.as_secs()),
                    None => format!("{seconds} s"),
                }),
            ),
            (1, waiting.as_ref().map(reconnecting)),
        ];
        fitted(pieces.into_iter().filter_map(|(rank, piece)| Some((rank, piece?))).collect(), room)
    }
}

/// The pieces in a line of at most `room` characters: those of the highest ranks are left out, except for the first piece.
fn fitted(mut pieces: Vec<(u8, String)>, room: usize) -> String {
    loop {
        let text = pieces.iter().map(|(_, piece)| &**piece).collect::<Vec<_>>().join(", ");
        let least = pieces.iter().enumerate().skip(1).max_by_key(|(_, (rank, _))| *rank);
        match least {
            Some((at, _)) if text.chars().count() > room => drop(pieces.remove(at)),
            _ => return text,
        }
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
        let mut display = Display::new(None, goal, &Clock::simulated(), Duration::ZERO);
        let mut at = |second, frames, damaged| {
            let last = Some(Duration::from_secs(10));
            let figures = Figures { frames, bytes: frames * 1_000_000, damaged, last, ..Figures::default() };
            display.text(&figures, Duration::from_secs(second), usize::MAX)
        };
        assert_eq!(at(5, 50, 0), "50 frames, 50.0 MB, 10.0 fps, 10.00 MB/s, last frame 0.0 s ago, 5/60 s");
        assert!(at(10, 150, 0).contains("20.0 fps, 20.00 MB/s"));
        let still = at(15, 150, 2);
        assert!(still.contains("0.0 fps, 0.00 MB/s, last frame 5.0 s ago, 2 damaged"), "{still}");
    }

    #[test]
    fn a_pause_before_a_connection_counts_down() {
        let mut display = Display::new(None, Goal::default(), &Clock::simulated(), Duration::ZERO);
        let mut at = |millis| {
            let waiting = Waiting { until: Duration::from_secs(10), why: "connection \x1b[2Jrefused".into() };
            let figures = Figures { frames: 3, reconnects: 1, waiting: Some(waiting), ..Figures::default() };
            display.text(&figures, Duration::from_millis(millis), usize::MAX)
        };
        let text = at(7_500);
        assert!(text.contains(", 1 reconnect, 7 s, reconnecting in 3 s: connection "), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert!(at(9_100).contains("in 1 s") && at(11_000).contains("in 0 s"));
    }

    #[test]
    fn a_narrow_terminal_shows_the_most_important_figures() {
        let goal = Goal { frames: Some(300), ..Goal::default() };
        let mut display = Display::new(None, goal, &Clock::simulated(), Duration::ZERO);
        let mut at = |room, damaged, waiting| {
            let last = Some(Duration::from_secs(8));
            let figures = Figures { frames: 123, bytes: 5_600_000, damaged, last, reconnects: 1, waiting };
            display.text(&figures, Duration::from_secs(8), room)
        };
        let whole = at(usize::MAX, 2, None);
        assert_eq!(
            whole,
            "123/300 frames, 5.6 MB, 15.4 fps, 0.70 MB/s, last frame 0.0 s ago, 2 damaged, 1 reconnect, 8 s"
        );
        assert_eq!(at(whole.len(), 2, None), whole);
        for (room, damaged, text) in [
            (70, 0, "123/300 frames, 15.4 fps, last frame 0.0 s ago, 1 reconnect, 8 s"),
            (70, 2, "123/300 frames, 15.4 fps, last frame 0.0 s ago, 2 damaged, 8 s"),
            (59, 2, "123/300 frames, last frame 0.0 s ago, 2 damaged, 8 s"),
            (39, 2, "123/300 frames, last frame 0.0 s ago"),
            (5, 2, "123/300 frames"),
        ] {
            assert_eq!(at(room, damaged, None), text, "{room}");
        }
        let waiting = Waiting { until: Duration::from_secs(10), why: "connection refused".into() };
        assert_eq!(at(59, 2, Some(waiting)), "123/300 frames, reconnecting in 2 s: connection refused");
    }
}
