//! Progress on standard error: a bar on a terminal, otherwise a line every five seconds.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mjpeg::counted::Counted;

use crate::clock::Clock;
use crate::output;

/// The time between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Displays the progress of a measurement.
#[derive(Debug)]
pub struct ProgressDisplay {
    shown: Shown,
    clock: Clock,
    rows: u64,
    done: u64,
    /// The estimated time of the whole measurement.
    total: Duration,
    started: Duration,
    next_line: Duration,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl ProgressDisplay {
    /// Displays the progress over `rows` rows that take about `total`; nothing if `quiet`.
    pub fn start(rows: usize, total: Duration, clock: &Clock, quiet: bool) -> Self {
        let shown = if quiet {
            Shown::Nothing
        } else if output::stderr_is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(millis(total)), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("bench chunks [{bar:30}] {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            Shown::Bar(bar)
        } else {
            Shown::Lines
        };
        let started = clock.now();
        let rows = rows as u64;
        Self { shown, clock: clock.clone(), rows, done: 0, total, started, next_line: started + EVERY }
    }

    /// Counts a measured row.
    pub fn row_done(&mut self) {
        self.done += 1;
        self.tick();
    }

    /// Updates the display; called regularly.
    pub fn tick(&mut self) {
        let now = self.clock.now();
        let passed = now - self.started;
        let left = self.total.saturating_sub(passed).as_secs_f64().ceil();
        let line = format!("{} of {} measured, about {left} s left", self.done, Counted(self.rows, "row"));
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_message(line);
                bar.set_position(millis(passed.min(self.total)));
            }
            Shown::Lines if now >= self.next_line => {
                self.next_line = now + EVERY;
                output::message("bench", &line);
            }
            Shown::Lines | Shown::Nothing => {}
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
