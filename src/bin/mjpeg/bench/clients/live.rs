//! Progress on standard error: a table that is redrawn on a terminal, otherwise a line every five seconds.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report;
use super::row::{Measured, Row};
use crate::output;
use crate::paint::Paint;

/// Time between two drawings, and between two lines.
const DRAWN: Duration = Duration::from_millis(500);
const LINES: Duration = Duration::from_secs(5);

/// Shows how far the rows have come.
pub struct Live {
    shown: Shown,
    next: Option<Duration>,
    done: Vec<Row>,
}

enum Shown {
    Table(ProgressBar),
    Lines,
    Nothing,
}

impl Live {
    /// Shows progress; nothing if `quiet`.
    pub fn start(quiet: bool) -> Self {
        let shown = if quiet {
            Shown::Nothing
        } else if output::stderr_is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            Shown::Table(bar)
        } else {
            Shown::Lines
        };
        Self { shown, next: None, done: Vec::new() }
    }

    /// The time between two updates.
    pub fn interval(&self) -> Duration {
        DRAWN
    }

    /// Shows the row that is being measured, if an update is due.
    pub fn show(&mut self, clients: u64, now: Duration, measured: impl FnOnce() -> Option<Measured>) {
        let every = match self.shown {
            Shown::Nothing => return,
            Shown::Table(_) => DRAWN,
            Shown::Lines => LINES,
        };
        if *self.next.get_or_insert(now + every) > now {
            return;
        }
        self.next = Some(now + every);
        let Some(measured) = measured() else { return };
        let row = measured.row(measured.fps_p50());
        match &self.shown {
            Shown::Table(bar) => {
                let rows: Vec<&Row> = self.done.iter().chain([&row]).collect();
                bar.set_message(report::table_within(&rows, output::stderr_width()).text(Paint::Plain));
                bar.tick();
            }
            Shown::Lines => {
                let fps = row.fps_p50.map(|fps| format!(", {fps:.1} fps")).unwrap_or_default();
                let line = format!(
                    "{clients} clients: {} served{fps}, {:.1} s of the window",
                    row.served,
                    row.window.as_secs_f64()
                );
                output::message("bench", &line);
            }
            Shown::Nothing => {}
        }
    }

    /// A row is done.
    pub fn done(&mut self, row: Row) {
        self.done.push(row);
    }

    /// Removes the table.
    pub fn finish(self) {
        if let Shown::Table(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}
